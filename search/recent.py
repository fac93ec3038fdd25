"""A person's last searches: kept in the session, so that they end with it and nobody else ever reads them."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.notices.feed import Resume
from portal.requests import PersonRequest

KEY = "recent_searches"
KEPT = 3
LONGEST = 80


def remember(request: HttpRequest, words: str) -> None:
    """Put the words first among the last searches of whoever has entered."""
    if not request.user.is_authenticated or not words or len(words) > LONGEST:
        return
    before = request.session.get(KEY, [])
    after = [words, *(each for each in before if each != words)][:KEPT]
    if after != before:
        request.session[KEY] = after


def searches(request: PersonRequest) -> Iterable[Resume]:
    """The last searches, each with its address."""
    for words in request.session.get(KEY, []):
        yield Resume(words, f"{reverse('search')}?{urlencode({'q': words})}", _("l’hai cercato poco fa"))
