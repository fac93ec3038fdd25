"""A person is told of the hours in which somebody put them on call at a service, or took them off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.background import jobs
from portal.models import User
from portal.models.jobs import Lane
from portal.notices import emails
from portal.words import dates

from .models import ServicePage, Shift


def ask_of_given(person: User, rows: Sequence[Shift], *, by: User) -> None:
    """Tell the person, unless the act was the person's own; in the transaction of the act."""
    if person != by:
        _ask("tell_given", person.pk, [row.pk for row in rows], str(by))


def ask_of_taken(row: Shift, *, by: User) -> None:
    """As above; the row goes, so its hours stand in the work."""
    if row.person != by and row.person.is_current():
        hours = [row.since.isoformat(), row.until.isoformat()]
        _ask("tell_taken", row.person.pk, row.service.pk, hours, str(by))


def _ask(what: str, *said: Any) -> None:
    jobs.ask(f"shift-mail:{uuid4()}", f"coordination.shift_mail.{what}", *said, lane=Lane.MAIL)


def tell_given(person_id: int, keys: list[int], by: str) -> None:
    """Job: of the shifts that are still the person's, and not over, when the mail leaves."""
    rows = Shift.objects.filter(pk__in=keys, person=person_id, until__gt=timezone.now()).select_related("service")
    if found := list(rows):
        _tell(person_id, found[0].service, [(row.since, row.until) for row in found], by, given=True)


def tell_taken(person_id: int, card_id: int, hours: list[str], by: str) -> None:
    """Job."""
    since, until = map(datetime.fromisoformat, hours)
    if card := ServicePage.objects.filter(pk=card_id).first():
        _tell(person_id, card, [(since, until)], by, given=False)


def _tell(person_id: int, card: ServicePage, hours: list[tuple[datetime, datetime]], by: str, *, given: bool) -> None:
    """The service is named to whoever may read its card now."""
    person = User.objects.current().filter(pk=person_id).first()
    if person is None:
        return
    reads = access.can(person, "view", card)
    emails.shifts_mail(
        person, hours=[(_said(since), _said(until)) for since, until in hours], given=given, by=by,
        title=card.title if reads else "", url=card.url if reads else "",
    ).send()  # fmt: skip


def _said(moment: datetime) -> str:
    """With its day always: nobody knows when a mail is read."""
    time, day = f"{timezone.localtime(moment):%H:%M}", dates.in_words(moment, "l j F Y")
    return _("%(time)s di %(day)s") % {"time": time, "day": day}
