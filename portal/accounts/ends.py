"""The end of an account: partners' have one always, and whoever gave it is asked before it comes."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models.invitations import Invitation
from portal.models.obligations import Obligation
from portal.models.people import User
from portal.notices import obligations
from portal.notices.obligations import Duty
from portal.words import dates
from portal.words.terms import Direction, Term, Unit

STAGES = (30, 7)  # calendar days before the end: asked then, and again then
NEEDED = gettext_lazy("L’account di chi lavora per il Terzo settore ha sempre una fine: scrivi fino a quando.")


def is_needed(organisation: Any) -> bool:
    """Whether an account of the body must have an end."""
    return organisation is not None and organisation.is_partner


def on_person_saved(sender: type[User], instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """Another end, or none, or an account that is closed."""
    if not update_fields or {"is_active", "valid_until"} & set(update_fields):
        ask_about(instance)


def ask_all() -> int:
    """Each day, for whatever came about otherwise; returns how many accounts have an end."""
    ending = list(User.objects.current().exclude(valid_until=None))
    for person in ending:
        ask_about(person)
    return len(ending)


@transaction.atomic
def ask_about(person: User) -> None:
    """What is asked of the end that holds now, once; about any other end nothing is asked any more."""
    mine = Obligation.objects.filter(key__startswith=f"account-end:{person.pk}:")
    keys = _keys(person) if person.is_current() and person.valid_until else {}
    obligations.settle(*mine.exclude(key__in=keys.values()).values_list("key", flat=True))
    if not keys:
        return
    who, answered = keepers(person), _answered(mine)
    for days, key in keys.items():
        if key not in answered and nobody_was_asked(who, key):
            obligations.ask(who, key, _duty(person, days))
    obligations.settle(*keys.values(), but=who)


def _answered(rows: QuerySet[Obligation]) -> set[str]:
    """What was asked and is open to nobody any more."""
    return set(rows.values_list("key", flat=True)) - set(rows.filter(settled_at=None).values_list("key", flat=True))


def nobody_was_asked(people: list[User], key: str) -> bool:
    """Whether none of these has it to do: those who keep accounts come and go, and what is asked of them stays."""
    return not Obligation.objects.filter(key=key, settled_at=None, person__in=people).exists()


def let_end(person: User) -> None:
    """«Lascia che finisca»: about this end nobody is asked again."""
    obligations.settle(*_keys(person).values())


def is_asked(person: User) -> bool:
    return Obligation.objects.filter(key__in=_keys(person).values(), settled_at=None).exists()


def _keys(person: User) -> dict[int, str]:
    day = dates.local_day(person.valid_until).isoformat() if person.valid_until else ""
    return {days: f"account-end:{person.pk}:{day}:{days}" for days in STAGES}


def keepers(person: User) -> list[User]:
    """Whoever invited the person and still keeps accounts; else the coordinators, else the administrators."""
    giver = Invitation.objects.filter(person=person, invited_by__in=access.coordinators()).first()
    if giver and giver.invited_by:
        return [giver.invited_by]
    return list(access.coordinators()) or list(access.administrators())


def _duty(person: User, days: int) -> Duty:
    end = dates.local_day(person.valid_until) if person.valid_until else None
    begins = Term(days, Unit.DAYS, Direction.BEFORE)
    until = Term(min(STAGES) + 1, Unit.DAYS, Direction.BEFORE) if days == max(STAGES) else Term(0, Unit.DAYS)
    words = {"person": person, "day": dates.in_words(end, article="il") if end else ""}
    return Duty(
        title=_("L’account di %(person)s finisce %(day)s") % words,
        verb=_("Decidi"),
        why=_("lo prolunghi, o lasci che finisca"),
        url=reverse("person_card", args=[person.pk]),
        due=end,
        starts_on=begins.day(end) if end else None,
        ends_on=until.day(end) if end else None,
    )
