"""A person is told that somebody gave, changed or took a delegation of theirs, or made them a substitute in one."""

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.background import jobs
from portal.models.delegations import Delegation, Purpose
from portal.models.jobs import Lane
from portal.models.people import Organisation, User
from portal.notices import emails
from portal.words import dates


def ask(row: Delegation, *, by: User) -> None:
    """Tell the delegate and the substitute, but for who does it; in the transaction of the act."""
    for person in {row.person_id, row.substitute_id} - {None, by.pk}:
        jobs.ask(
            f"delegation-mail:{row.organisation_id}:{row.purpose}:{person}", "portal.accounts.delegation_mail.tell",
            person, row.organisation_id, row.purpose, str(by), lane=Lane.MAIL,
        )  # fmt: skip


def tell(person_id: int, organisation_id: int, purpose: str, by: str) -> None:
    """Say what holds at this moment: it may have changed again since it was asked."""
    person = User.objects.current().filter(pk=person_id).first()
    body = Organisation.objects.filter(pk=organisation_id).first()
    if person and body:
        held = lasting(person).filter(organisation=body, purpose=purpose)
        said = [days_in_words(row, person) for row in held]
        emails.delegation_mail(person, body=body, purpose=str(Purpose(purpose).label), held=said, by=by).send()


def lasting(person: User) -> QuerySet[Delegation]:
    """What the person does in somebody's name, alone or as a substitute, today or from a day to come."""
    rows = Delegation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.localdate()))
    rows = rows.filter(Q(person=person) | Q(substitute=person))
    return rows.select_related("organisation", "person").order_by("organisation__name", "valid_from", "pk")


def days_in_words(row: Delegation, person: User) -> str:
    """«dal 3 dicembre 2026 al 9 gennaio 2027», and in whose place."""
    days = [dates.in_words(row.valid_from, article="dal")]
    days += [dates.in_words(row.valid_until, article="al")] if row.valid_until else []
    place = [] if row.person_id == person.pk else [_("al posto di %(person)s") % {"person": row.person}]
    return ", ".join([*place, " ".join(days)])
