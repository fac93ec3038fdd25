"""A person's last searches: in the person's own browser, sealed for this session alone; nobody else ever reads them.

Not in the session's row: a search is a read, and a read that writes waits for whoever publishes. The browser holds too
whether something was opened after the last search: whoever searches anew without that has not found it.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.middleware import after_each_answer
from portal.notices.feed import Resume
from portal.requests import PersonRequest

COOKIE, UNOPENED = "raccordo_cercati", "raccordo_da_aprire"
KEPT = 3
LONGEST = 80


def remember(request: HttpRequest, response: HttpResponse, words: str) -> None:
    """Put the words first among the last searches of whoever has entered."""
    if not request.user.is_authenticated or not words or len(words) > LONGEST:
        return
    before = _held(request)
    after = [words, *(each for each in before if each != words)][:KEPT]
    if after != before:
        _keep(request, response, COOKIE, after)


def _keep(request: HttpRequest, response: HttpResponse, name: str, words: list[str]) -> None:
    sealed = signing.dumps(words, salt=_seal(request, name))
    response.set_cookie(name, sealed, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def is_new(request: HttpRequest, words: str) -> bool:
    """Whether the words are not among the last searches: a page loaded again asks nothing anew."""
    return words not in _held(request)


def forget(response: HttpResponse) -> None:
    """The person's last searches are the person's to erase."""
    response.delete_cookie(COOKIE, samesite="Lax")
    await_nothing(response)


def await_opening(request: HttpRequest, response: HttpResponse, words: str) -> None:
    """Results are shown: they wait for one of them to be opened."""
    if request.user.is_authenticated and words and len(words) <= LONGEST:
        _keep(request, response, UNOPENED, [words])


def await_nothing(response: HttpResponse) -> None:
    """The search left unopened is counted: whatever is asked next counts it no more."""
    response.delete_cookie(UNOPENED, samesite="Lax")


def left_unopened(request: HttpRequest) -> str:
    """The words after which nothing was opened; empty where something was, or nothing was found."""
    return next(iter(_held(request, UNOPENED)), "")


def _opened(request: HttpRequest, response: HttpResponse) -> None:
    """Whatever is opened next, the last search is no longer left unopened; asked of the browser alone."""
    if UNOPENED in request.COOKIES and not request.path.startswith(reverse("search")):
        await_nothing(response)


after_each_answer.append(_opened)


def searches(request: PersonRequest) -> Iterable[Resume]:
    """The last searches, each with its address."""
    for words in _held(request):
        yield Resume(words, f"{reverse('search')}?{urlencode({'q': words})}", _("l’hai cercato poco fa"))


def _held(request: HttpRequest, name: str = COOKIE) -> list[str]:
    """What the browser brings, if it was sealed in this session."""
    try:
        return list(signing.loads(request.COOKIES.get(name, ""), salt=_seal(request, name)))
    except signing.BadSignature:
        return []


def _seal(request: HttpRequest, name: str) -> str:
    return f"{name}.{request.session.session_key}"
