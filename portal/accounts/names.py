"""A changed name is a proposal: roles are given by it, so somebody else says yes."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access
from portal.background import jobs
from portal.models.activity import Verb
from portal.models.jobs import Lane
from portal.models.name_proposals import NameProposal
from portal.models.people import User
from portal.notices import emails, obligations
from portal.notices.activity import record
from portal.notices.obligations import Duty


class NothingAsked(Exception):
    """Somebody has decided meanwhile, the person thinks otherwise, or asks for another name by now."""


def is_free(person: User) -> bool:
    """Whoever keeps the network, and whoever has no name yet, writes the own name as it is."""
    return access.coordinates(person) or not (person.first_name and person.last_name)


def propose(person: User, first_name: str, last_name: str) -> None:
    with transaction.atomic():
        given = {"first_name": first_name, "last_name": last_name}
        row, _new = NameProposal.objects.update_or_create(person=person, defaults=given)
        duty = Duty(
            title=_("%(person)s chiede di chiamarsi %(name)s") % {"person": person, "name": row},
            verb=_("Decidi"),
            why=_("il nome lo conferma chi coordina la rete"),
            url=reverse("person_card", args=[person.pk]),
        )
        obligations.ask(list(access.coordinators()) or list(access.administrators()), _key(person), duty)


def withdraw(person: User) -> None:
    """Whoever asked for another name has thought better of it."""
    with transaction.atomic():
        NameProposal.objects.filter(person=person).delete()
        obligations.settle(_key(person))


def decide(row: NameProposal, *, accepted: bool, by: User) -> None:
    """Yes to the name that the row holds: it changes, wherever it is read. No: it stays. Whoever asked is told."""
    with transaction.atomic():
        standing = NameProposal.objects.select_for_update(of=("self",)).select_related("person").filter(pk=row.pk)
        held = standing.first()  # the second of two who decide waits, and finds that it is decided
        if held is None or str(held) != str(row):
            raise NothingAsked
        person = held.person
        before = str(person)
        if accepted:
            person.first_name, person.last_name = row.first_name, row.last_name
            person.save()
            words = {"before": before, "after": person}
            sentence = _("ha accettato il nome nuovo di %(before)s: %(after)s") % words
            record(Verb.PERSON_CHANGED, by=by, sentence=sentence)
        obligations.settle(_key(person))
        jobs.ask(f"name-decided:{row.pk}", "portal.accounts.names.tell", person.pk, accepted, str(by), lane=Lane.MAIL)
        row.delete()


def tell(person_id: int, accepted: bool, by: str) -> None:
    """The answer, to whoever asked."""
    if person := User.objects.current().filter(pk=person_id).first():
        emails.name_decided_mail(person, accepted=accepted, by=by).send()


def _key(person: User) -> str:
    return f"name:{person.pk}"
