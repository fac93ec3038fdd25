"""What meetings and shifts bring to people: the days to keep; and whom to call."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, prepared
from portal.models import User
from portal.navigation import Entry, entries
from portal.notices.feed import Appointment, Contact, Figure, sources
from portal.pages import kinds
from portal.words import dates

from . import shifts
from .models import Action, MeetingPage, ServicePage, Shift
from .models.directory import ServiceKind


def services(user: User) -> Iterable[Contact]:
    """The services that the person may see, those of the whole zone before the desks of single Comuni."""
    pages = access.allowed(ServicePage.objects.exclude(telephone=""), user).order_by("title")
    for page in sorted(pages, key=lambda page: page.service_kind == ServiceKind.DESK):
        yield Contact(page.title, page.url, page.telephone, page.hours)


def meetings(
    people: Sequence[User], start: date, end: date, beneath: Sequence[str] = (), most: int | None = None
) -> dict[int, list[Appointment]]:
    """Those from one day to another; of one person, also those in these branches alone, and the first so many."""
    # Moments, not days: of moments there is an index.
    begins, ends = dates.midnight(start), dates.midnight(end + timedelta(days=1))
    if len(people) == 1:  # somebody's own page
        branches = prepared.paths("branch", beneath)
        question, form = partial(_seen, branches, most), ("meetings", len(branches), most)
        rows = access.by_pages_seen(form, question, people[0], begins=begins, ends=ends, **branches)
    else:
        rows = list(access.seen_by_some(_between(begins, ends), people))
    seen = access.seen_by_each(rows, people)
    return {user.pk: [_appointment(row, user) for row in rows if row.pk in seen[user.pk]] for user in people}


def _between(begins: Any, ends: Any) -> QuerySet[MeetingPage]:
    rows = MeetingPage.objects.filter(starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at", "pk")
    return rows.only(*kinds.NAME, "owner", "starts_at", "minutes_long", "place")


def _seen(branches: dict[str, str], most: int | None, rule: Q) -> QuerySet[MeetingPage]:
    rows = _between(*(prepared.given(name, DateTimeField()) for name in ("begins", "ends"))).filter(rule)
    return rows.filter(path__beneath=prepared.branches(branches))[:most] if branches else rows[:most]


def _appointment(meeting: MeetingPage, user: User) -> Appointment:
    space = access.spaces_of([meeting], user).get(meeting.pk)
    return Appointment(
        key=f"page:{meeting.pk}", starts_at=meeting.starts_at, ends_at=meeting.ends_at, place=meeting.place,
        title=meeting.title, url=meeting.url, why=_("riunione"), space_id=space.pk if space else None,
    )  # fmt: skip


def own_shifts(people: Sequence[User], start: date, end: date) -> dict[int, list[Appointment]]:
    """The hours in which each answers for a service."""
    return {pk: [_on_call(row) for row in rows] for pk, rows in shifts.of_each(people, end).items()}


def _on_call(row: Shift) -> Appointment:
    """Of a service that the person does not read nothing is named."""
    card, reads_card = row.service, row.reads_card  # type: ignore[attr-defined]  # said by `of_each`
    title = _("Sei reperibile: %(title)s") % {"title": card.title} if reads_card else _("Sei reperibile")
    return Appointment(
        key=f"shift:{row.pk}", starts_at=row.since, ends_at=row.until, title=title,
        url=card.url if reads_card else reverse("directory"),
        why=_("fino alle %(until)s") % {"until": shifts.in_words(row.until)},
    )  # fmt: skip


def late_actions(user: User) -> Iterable[Figure]:
    """Actions past their day, of anybody, in the meetings that the person may see."""
    past = Action.objects.filter(done_at=None, withdrawn_at=None, due__lt=timezone.localdate())
    late = list(access.allowed(past, user).select_related("meeting").order_by("due"))
    codes = sorted({action.meeting.slug.upper() for action in late})
    what = ngettext("azione scaduta", "azioni scadute", len(late))
    url = f"{late[0].meeting.url}#azioni" if late else ""  # where the oldest one was decided
    yield Figure(len(late), what, url, ", ".join(codes))


sources.figures.append(late_actions)
sources.agenda.append(meetings)
sources.own_agenda.append(own_shifts)
sources.contacts.append(services)
entries.append(Entry(40, "riunioni", gettext_lazy("Riunioni"), "/riunioni/", "meetingpage"))
entries.append(Entry(90, "rubrica", gettext_lazy("Rubrica"), "/rubrica/"))
