"""What somebody sent as the session had ended, or from a window opened before they entered anew in another.

It is kept in the session, shown after the login, and sent with a button, by the form's own rules.

A form that keeps its words itself (`unfinished.py`) shows them where they were typed, which is better.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal import typed
from portal.requests import PersonRequest

from . import unfinished

KEPT = "interrupted"  # in the session
LONGEST = 100_000  # characters of one form; whoever is nobody yet fills no database
NEVER_KEPT = re.compile(r"password|otp|credential")  # also outside the login: who is invited chooses a password
OF_LOGIN = "/accesso/"
WHY_ENDED, WHY_ANOTHER = "ended", "another"


class InterruptedMiddleware:
    """Keeps the form of whoever has to enter first, and shows it to them afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _waits(request):
            return redirect("interrupted")
        response = self.get_response(request)
        if request.method == "POST":
            self._after_sending(request, response)
        return response

    def _after_sending(self, request: HttpRequest, response: HttpResponse) -> None:
        if request.user.is_authenticated:
            if _was_sent(request, response):
                del request.session[KEPT]
        elif _leads_to_login(response) and unfinished.LEFT not in request.session and keep(request, WHY_ENDED):
            messages.warning(request, _("La sessione era finita. Entra: ritrovi quello che hai scritto."))


def _was_sent(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the form that was kept has now come to its own door."""
    kept = request.session.get(KEPT)
    if not kept or kept["address"] != request.get_full_path() or response.status_code >= 400:
        return False
    return response.headers.get("Location") != reverse("interrupted")  # else it has just been kept


def _leads_to_login(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


def _waits(request: HttpRequest) -> bool:
    """Whether what was kept has not been shown yet, and this is where the login leads."""
    if request.method != "GET" or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    kept = request.session.get(KEPT)
    return kept is not None and not kept["is_shown"] and request.path in (urlsplit(kept["address"]).path, "/")


def keep(request: HttpRequest, why: str) -> bool:
    """Whether the form could be kept: not one that a script sends, nor one of the login, nor a book."""
    fields = [(name, values) for name, values in request.POST.lists() if name != typed.TOKEN]
    length = sum(len(name) + len(value) for name, values in fields for value in values)
    by_script = "x-requested-with" in request.headers or request.headers.get("sec-fetch-mode", "navigate") != "navigate"
    of_login = request.path.startswith(OF_LOGIN) or any(NEVER_KEPT.search(name) for name, _values in fields)
    if by_script or of_login or not fields or length > LONGEST:
        return False
    files = [file.name for _name, several in request.FILES.lists() for file in several]
    request.session[KEPT] = {
        "address": request.get_full_path(), "fields": fields, "why": why, "is_shown": False,
        "files": files, "came_from": _came_from(request),
    }  # fmt: skip
    return True


def _came_from(request: HttpRequest) -> str:
    came_from = request.headers.get("referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if is_ours else "/"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def interrupted(request: PersonRequest) -> HttpResponse:
    """What was typed, whose it will be, and the buttons: send it, or let it be."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept is None:
        raise Http404
    if request.method == "POST":
        del request.session[KEPT]
        return redirect(kept["came_from"])
    kept["is_shown"] = True
    request.session.modified = True
    values = [(name, value) for name, values in kept["fields"] for value in values]
    texts = [value for _name, value in values if typed.is_text(value)]
    return render(request, "portal/interrupted.html", {"kept": kept, "values": values, "texts": texts})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a window opened before its person entered anew: from our own page, so it may be offered again."""
    if typed.is_from_here(request) and request.user.is_authenticated and keep(request, WHY_ANOTHER):
        return redirect("interrupted")
    return render(request, "403_csrf.html", typed.unsent(request), status=403)
