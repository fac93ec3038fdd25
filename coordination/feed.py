"""What meetings and shifts bring to people: the days to keep; and whom to call."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access
from portal.models import User
from portal.navigation import Entry, entries
from portal.notices.feed import Appointment, Contact, Figure, sources

from . import shifts
from .models import Action, MeetingPage, ServicePage
from .models.directory import ServiceKind


def services(user: User) -> Iterable[Contact]:
    """The services that the person may see, those of the whole zone before the desks of single Comuni."""
    pages = access.allowed(ServicePage.objects.exclude(telephone=""), user).order_by("title")
    for page in sorted(pages, key=lambda page: page.service_kind == ServiceKind.DESK):
        yield Contact(page.title, page.url, page.telephone, page.hours)


def meetings(user: User, start: date, end: date) -> Iterable[Appointment]:
    found = access.allowed(MeetingPage.objects.filter(starts_at__date__gte=start, starts_at__date__lte=end), user)
    homes = access.spaces_of(found, user)
    for meeting in found:
        space = homes.get(meeting.pk)
        yield Appointment(
            key=f"page:{meeting.pk}", starts_at=meeting.starts_at, ends_at=meeting.ends_at, place=meeting.place,
            title=meeting.title, url=meeting.url, why=_("riunione"), space_id=space.pk if space else None,
        )  # fmt: skip


def own_shifts(user: User, start: date, end: date) -> Iterable[Appointment]:
    """The hours in which the person answers for a service; of one that is not read nothing is named."""
    for row in shifts.of_person(user, end):
        card = row.service
        title = _("Sei reperibile: %(title)s") % {"title": card.title} if row.reads_card else _("Sei reperibile")
        url = card.url if row.reads_card else reverse("directory")
        yield Appointment(
            key=f"shift:{row.pk}", starts_at=row.since, ends_at=row.until, title=title, url=url,
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
