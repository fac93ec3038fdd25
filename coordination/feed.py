"""What meetings ask of people: their actions, and the days to keep."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access
from portal.models import User
from portal.navigation import Entry, entries
from portal.notices.feed import Appointment, Contact, Figure, Todo, sources

from . import actions
from .models import Action, MeetingPage, ServicePage
from .models.directory import ServiceKind


def open_actions(user: User) -> Iterable[Todo]:
    """The person's open actions; of a meeting that the person may not see, no more than the action itself."""
    mine = list(actions.of(user).filter(done_at=None))
    readable = access.allowed(MeetingPage.objects.filter(pk__in=[each.meeting_id for each in mine]), user)
    seen = set(readable.values_list("pk", flat=True))
    for action in mine:
        own_page = reverse("action", args=[action.pk])
        here, why = own_page, _("azione decisa in una riunione")
        if action.meeting_id in seen:
            here = f"{action.meeting.url}#azioni"
            why = _("azione decisa nella riunione %(meeting)s") % {"meeting": action.meeting.code or action.meeting}
        yield Todo(action.text, here, _("Completa"), why, action.due, own_page)


def due_actions(user: User, start: date, end: date) -> Iterable[Appointment]:
    """The days of the person's own actions, among the appointments."""
    for todo in open_actions(user):
        if todo.due is not None and start <= todo.due <= end:
            yield Appointment(todo.due, todo.title, todo.url, why=_("entro questo giorno"), is_todo=True)


def services(user: User) -> Iterable[Contact]:
    """The services that the person may see, those of the whole zone before the desks of single Comuni."""
    pages = access.allowed(ServicePage.objects.exclude(telephone=""), user).order_by("title")
    for page in sorted(pages, key=lambda page: page.service_kind == ServiceKind.DESK):
        yield Contact(page.title, page.url, page.telephone, page.hours)


def meetings(user: User, start: date, end: date) -> Iterable[Appointment]:
    found = access.allowed(MeetingPage.objects.filter(starts_at__date__gte=start, starts_at__date__lte=end), user)
    homes = access.spaces_of(found, user)
    for meeting in found:
        when = timezone.localtime(meeting.starts_at)
        space = str(homes.get(meeting.pk, ""))
        yield Appointment(when.date(), meeting.title, meeting.url, f"{when:%H:%M}", _("riunione"), space)


def late_actions(user: User) -> Iterable[Figure]:
    """Actions past their day, of anybody, in the meetings that the person may see."""
    meetings = access.allowed(MeetingPage.objects.all(), user)
    found = Action.objects.filter(done_at=None, withdrawn_at=None, due__lt=timezone.localdate(), meeting__in=meetings)
    late = list(found.select_related("meeting").order_by("due"))
    codes = sorted({action.meeting.slug.upper() for action in late})
    what = ngettext("azione scaduta", "azioni scadute", len(late))
    url = f"{late[0].meeting.url}#azioni" if late else ""  # where the oldest one was decided
    yield Figure(len(late), what, url, ", ".join(codes))


sources.todos.append(open_actions)
sources.figures.append(late_actions)
sources.agenda.append(meetings)
sources.agenda.append(due_actions)
sources.contacts.append(services)
entries.append(Entry(40, "riunioni", gettext_lazy("Riunioni"), "/riunioni/", "meetingpage"))
entries.append(Entry(90, "rubrica", gettext_lazy("Rubrica"), "/rubrica/"))
