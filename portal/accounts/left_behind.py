"""What nobody has in hand: of an account that is closed, or for a space whose responsabile is about to move.

An account closes by many doors (the editors' admin, its own end, a coordinator) and some of them must not wait. So
none is held shut; what is left behind is asked of those who keep accounts until it is handed over.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models.people import Organisation, User
from portal.models.spaces import Space
from portal.notices import obligations
from portal.notices.obligations import Duty

from . import ends, handover

HANDS, MOVE = "left", "move-waits"


def on_person_saved(
    sender: type[User], instance: User, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    """Another end, or none, or an account that is closed or opens again; a new one has nothing in hand."""
    if created:
        return
    if not update_fields or {"is_active", "valid_until"} & set(update_fields):
        ask_about(instance)


def ask_all() -> int:
    """Each day, for accounts that have come to their end meanwhile; returns how many leave something behind."""
    return sum(ask_about(person) for person in User.objects.exclude(pk__in=User.objects.current().values("pk")))


@transaction.atomic
def ask_about(person: User) -> bool:
    """Ask for what the closed account has in hand, once; or ask no more. Whether something is left."""
    key = f"{HANDS}:{person.pk}"
    if person.is_current() or not is_something(person):
        obligations.settle(key)
        return False
    who = ends.keepers(person)
    if ends.nobody_was_asked(who, key):
        obligations.ask(who, key, Duty(
            title=_("L’account di %(person)s è chiuso: passa le consegne") % {"person": person},
            verb=_("Passa le consegne"),
            why=_("quello che aveva in mano non è più di nessuno"),
            url=reverse("hand_over", args=[person.pk]),
        ))  # fmt: skip
    obligations.settle(key, but=who)
    return True


def is_something(person: User) -> bool:
    """Whether the closed account has something that goes on without it; its own readings and lessons do not."""
    if person.is_current() or person.invitations.waiting().exists():
        return False
    return any(True for _each in handover.needed(person, person))


def ask_about_move(person: User, body: Organisation, since: date, alone: list[Space]) -> None:
    """The day has come, and the move waits: without the person these spaces would be nobody's."""
    names = ", ".join(f"«{space}»" for space in alone)
    words = {"person": person, "body": body, "names": names}
    who, key = ends.keepers(person), _move_key(person)
    obligations.ask(who, key, Duty(
        title=_("%(person)s non passa ancora a «%(body)s»") % words,
        verb=_("Apri la scheda"),
        why=_("senza responsabile resterebbe %(names)s: nominane un altro, e il passaggio avviene da sé") % words,
        url=reverse("person_card", args=[person.pk]),
        due=since,
    ))  # fmt: skip
    obligations.settle(key, but=who)


def move_is_done(person: User) -> None:
    obligations.settle(_move_key(person))


def _move_key(person: User) -> str:
    return f"{MOVE}:{person.pk}"
