"""What meetings ask of people: their actions, and the days to keep."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.feed import Appointment, Todo, sources
from portal.models import User
from portal.navigation import Entry, entries

from .models import Action, MeetingPage


def open_actions(user: User) -> Iterable[Todo]:
    """The person's open actions, of meetings that the person may see now."""
    meetings = access.allowed(MeetingPage.objects.all(), user)
    for action in Action.objects.filter(person=user, done_at=None, page__in=meetings).select_related("page"):
        yield Todo(
            title=action.text,
            url=f"{action.page.url}#azioni",
            verb=_("Completa"),
            why=_("azione decisa nella riunione %(code)s") % {"code": action.page.code},
            due=action.due,
            action_url=reverse("close_action", args=[action.pk]),
        )


def meetings(user: User, start: date, end: date) -> Iterable[Appointment]:
    found = access.allowed(MeetingPage.objects.filter(starts_at__date__gte=start, starts_at__date__lte=end), user)
    for meeting in found:
        when = timezone.localtime(meeting.starts_at)
        yield Appointment(when.date(), meeting.title, meeting.url, f"{when:%H:%M}", _("riunione"))


sources.todos.append(open_actions)
sources.agenda.append(meetings)
entries.append(Entry(40, "riunioni", gettext_lazy("Riunioni"), "/riunioni/", "meetingpage"))
entries.append(Entry(90, "rubrica", gettext_lazy("Rubrica"), "/rubrica/"))
