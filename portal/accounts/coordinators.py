"""Entrusting the network to somebody, and ending it: administrators do both, and it stays written."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.models.activity import Verb
from portal.models.coordinators import NetworkCoordinator
from portal.models.people import User
from portal.notices.activity import record


class AlreadyCoordinates(Exception):
    """The person has the role now."""


class AlreadyEnded(Exception):
    """Somebody else has ended it meanwhile."""


def entrust(person: User, *, by: User | None, reason: str, until: datetime | None = None) -> NetworkCoordinator:
    """From now on the person keeps the network."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two administrators who give it at once
        if NetworkCoordinator.objects.current().filter(person=person).exists():
            raise AlreadyCoordinates(_("%(person)s coordina già la rete.") % {"person": person})
        row = NetworkCoordinator.objects.create(person=person, reason=reason, until=until, given_by=by)
        sentence = _("ha affidato a %(person)s il coordinamento della rete") % {"person": person}
        record(Verb.COORDINATION_GIVEN, by=by, sentence=sentence, note=reason)
    access.forget(person)
    return row


def end(row: NetworkCoordinator, *, by: User | None, reason: str) -> None:
    """From now on not any more; the row stays."""
    with transaction.atomic():
        now = timezone.now()
        if not NetworkCoordinator.objects.current().filter(pk=row.pk).update(until=now):
            raise AlreadyEnded
        sentence = _("ha finito il coordinamento della rete di %(person)s") % {"person": row.person}
        record(Verb.COORDINATION_ENDED, by=by, sentence=sentence, note=reason)
    access.forget(row.person)
