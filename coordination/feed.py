"""What meetings ask of people: their actions, and the days to keep."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access
from portal.feed import Appointment, Figure, Todo, sources
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
    homes = access.spaces_of(found, user)
    for meeting in found:
        when = timezone.localtime(meeting.starts_at)
        space = str(homes.get(meeting.pk, ""))
        yield Appointment(when.date(), meeting.title, meeting.url, f"{when:%H:%M}", _("riunione"), space)


def late_actions(user: User) -> Iterable[Figure]:
    """Actions past their day, of anybody, in the meetings that the person may see."""
    meetings = access.allowed(MeetingPage.objects.all(), user)
    late = Action.objects.filter(done_at=None, due__lt=timezone.localdate(), page__in=meetings)
    late = list(late.select_related("page").order_by("due"))
    codes = sorted({action.page.slug.upper() for action in late})
    what = ngettext("azione scaduta", "azioni scadute", len(late))
    url = f"{late[0].page.url}#azioni" if late else ""  # where the oldest one was decided
    yield Figure(len(late), what, url, ", ".join(codes))


sources.todos.append(open_actions)
sources.figures.append(late_actions)
sources.agenda.append(meetings)
entries.append(Entry(40, "riunioni", gettext_lazy("Riunioni"), "/riunioni/", "meetingpage"))
entries.append(Entry(90, "rubrica", gettext_lazy("Rubrica"), "/rubrica/"))
