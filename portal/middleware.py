"""What happens around every request: what leads nowhere, what is refused or fails in words, private caching."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.sessions import middleware as sessions
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from . import busy, errors, network
from .models import kept
from .pages import drafts, writing
from .pages.atomic_acts import NotDone
from .pages.publication import Refused
from .wagtail_admin.scope import ADMIN

logger = logging.getLogger(__name__)
ANNOUNCED = "#annuncio"  # where `base.html` says what an act has done


class NullCharacterMiddleware:
    """PostgreSQL can look for no text with such a character: an address with one leads nowhere, on both databases."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)


class KeptMiddleware:
    """What is kept in memory is compared with its rows once a request; the site is of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Where Wagtail keeps the site of a request, for as long as it lasts: found when it is first asked for.
        request._wagtail_site = SimpleLazyObject(partial(network.site_of, request))  # type: ignore[attr-defined]
        with kept.asked_once():
            return self.get_response(request)


class SessionMiddleware(sessions.SessionMiddleware):
    """Reading goes on while nothing can be written: what a page would remember is no reason not to show it."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, DatabaseError) as problem:
            if request.method not in {"GET", "HEAD"} or not busy.reason(problem):
                raise
            logger.warning("Not remembered: %s: %r", request.path, problem)
            return response


class RefusalMiddleware:
    """An act that is refused or could not be whole says why, at whatever door; nothing of it has happened."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_bare = response.status_code == 405 and not response.streaming and not response.content
        return errors.by_button_only(request, response) if is_bare else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            messages.error(request, " ".join(exception.messages))
            return redirect(_before(request))
        if isinstance(exception, drafts.NotYet):
            return writing.not_yet(exception)
        if isinstance(exception, NotDone) and (why := busy.reason(exception)):
            return busy.answer(request, why, exception)
        if isinstance(exception, NotDone) and request.path_info.startswith(ADMIN):
            return errors.not_done(request, exception)
        return None


def _before(request: HttpRequest) -> str:
    """Where the person came from, when that is a page of this portal; else the first one."""
    came_from = request.headers.get("referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if is_ours else "/"


class AnnouncedMiddleware:
    """Back on the same page one sees what was said of the act: else a browser keeps the place that the form named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == 302 and not request.path_info.startswith(ADMIN):
            to = urlsplit(response.headers["Location"])
            is_same = to.path == request.path and not to.fragment and not to.netloc
            if is_same and getattr(messages.get_messages(request), "added_new", False):
                response.headers["Location"] += ANNOUNCED
        return response


after_each_answer: list[Callable[[HttpRequest, HttpResponse], None]] = []


class EachAnswerMiddleware:
    """What the packages do with each answer: in no row, and asking nothing, or every page would pay for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for act in after_each_answer:
            act(request, response)
        return response


class CompressedPagesMiddleware(GZipMiddleware):
    """Pages leave compressed; files, which are compressed in themselves, as they are.

    A page's length would tell of its secrets to whoever can add to it and watch (BREACH): Django's own answer holds, a
    random length in each page and a CSRF token that is masked anew each time.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return response if response.streaming else super().process_response(request, response)


class PrivateCacheMiddleware:
    """Pages differ from person to person: no shared cache may keep one, and no browser one of who has entered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            # On a shared computer «indietro» shows nothing after one has left.
            has_entered = settings.SESSION_COOKIE_NAME in request.COOKIES
            patch_cache_control(response, private=True, no_cache=True, **({"no_store": True} if has_entered else {}))
        patch_vary_headers(response, ["Cookie"])
        return response
