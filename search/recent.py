"""A person's last searches: in the person's own browser, sealed for this session alone; nobody else ever reads them.

Not in the session's row: a search is a read, and a read that writes waits for whoever publishes.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.notices.feed import Resume
from portal.requests import PersonRequest

COOKIE = "raccordo_cercati"
KEPT = 3
LONGEST = 80


def remember(request: HttpRequest, response: HttpResponse, words: str) -> None:
    """Put the words first among the last searches of whoever has entered."""
    if not request.user.is_authenticated or not words or len(words) > LONGEST:
        return
    before = _held(request)
    after = [words, *(each for each in before if each != words)][:KEPT]
    if after != before:
        response.set_cookie(
            COOKIE, signing.dumps(after, salt=_seal(request)), httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip


def is_new(request: HttpRequest, words: str) -> bool:
    """Whether the words are not among the last searches: a page loaded again asks nothing anew."""
    return words not in _held(request)


def forget(response: HttpResponse) -> None:
    """The person's last searches are the person's to erase."""
    response.delete_cookie(COOKIE, samesite="Lax")


def searches(request: PersonRequest) -> Iterable[Resume]:
    """The last searches, each with its address."""
    for words in _held(request):
        yield Resume(words, f"{reverse('search')}?{urlencode({'q': words})}", _("l’hai cercato poco fa"))


def _held(request: HttpRequest) -> list[str]:
    """What the browser brings, if it was sealed in this session."""
    try:
        return list(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_seal(request)))
    except signing.BadSignature:
        return []


def _seal(request: HttpRequest) -> str:
    return f"{COOKIE}.{request.session.session_key}"
