"""Browsers from which a person has already entered: nobody else's wrong passwords shut them out.

The cookie names accounts by a keyed hash, is signed, and opens nothing: it only decides which limit counts.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "raccordo_conosciuto"
SALT = "raccordo.known-device"
KEPT_SECONDS = 180 * 24 * 60 * 60
MOST = 8  # persons of one shared computer


def knows(request: HttpRequest, email: str) -> bool:
    """Whether the person has entered from this browser before."""
    names = _names(request)
    return any(_name(email, key) in names for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    name = _name(email)
    names = [name, *(each for each in _names(request) if each != name)][:MOST]
    response.set_cookie(
        COOKIE,
        signing.dumps(names, salt=SALT),
        max_age=KEPT_SECONDS,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _names(request: HttpRequest) -> list[str]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return []
    return [str(name) for name in found]


def _name(email: str, key: str | None = None) -> str:
    return salted_hmac(SALT, email.strip().lower(), key).hexdigest()[:16]
