"""One's own sessions: in which browsers I have entered, and a button to end each of them."""

import re

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.requests import PersonRequest

access.own(UserSession, "user")
# In this order: Edge and Opera say that they are Chrome, and Chrome that it is Safari.
BROWSERS = [(re.compile(words), name) for words, name in [
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox|FxiOS", "Firefox"), ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"),
]]  # fmt: skip
SYSTEMS = [(re.compile(words), name) for words, name in [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]]  # fmt: skip


@login_required
def sessions(request: PersonRequest) -> HttpResponse:
    """The list; those that have ended by themselves are not in it."""
    rows = sorted(UserSession.objects.purge_and_list(request.user), key=lambda row: row.created_at, reverse=True)
    shown = [(row, browser(row.user_agent), row.session_key == request.session.session_key) for row in rows]
    return render(request, "portal/sessions.html", {"rows": shown})


@login_required
def end_session(request: PersonRequest, pk: int) -> HttpResponse:
    """Whoever sits at that browser must enter again."""
    row = access.get_or_404(UserSession.objects.all(), request.user, pk=pk)
    if request.method == "POST":
        end_sessions(request, [row])
        messages.success(request, _("Fatto: da quel browser si deve entrare di nuovo."))
    return redirect("sessions")


def browser(agent: str) -> str:
    """«Firefox su Windows»; as far as a browser says so."""
    name = next((name for pattern, name in BROWSERS if pattern.search(agent)), _("Un browser"))
    system = next((name for pattern, name in SYSTEMS if pattern.search(agent)), "")
    return _("%(browser)s su %(system)s") % {"browser": name, "system": system} if system else name


def purge() -> int:
    """Take away what is known of sessions that have ended."""
    held = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    count, _rows = UserSession.objects.exclude(session_key__in=held).delete()
    return count
