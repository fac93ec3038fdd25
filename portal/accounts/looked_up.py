"""Whom the reader of a page may look up in the directory: asked a few times a page view, whatever the names on it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portal import access
from portal.models.people import User

ONE_BY_ONE = 2  # questions for those named so far, before all whom the reader may look up are asked for at once


@dataclass
class _Known:
    expected: set[int] = field(default_factory=set)  # named further down: asked for with the first
    asked: set[int] = field(default_factory=set)
    found: set[int] = field(default_factory=set)
    questions: int = 0
    is_everybody: bool = False


def expect(request: Any, people: Iterable[User | None]) -> None:
    """These will be named on the page."""
    _known(request).expected |= {who.pk for who in people if who is not None}


def known(request: Any, who: User) -> None:
    """The reader may: it follows from how the person was found."""
    found = _known(request)
    found.asked.add(who.pk)
    found.found.add(who.pk)


def may_look_up(request: Any, who: User) -> bool:
    """Whether the reader may open the person's page."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return False
    if who.pk == user.pk or access.knows_everybody(user):
        return who.is_current()
    seen = _known(request)
    if who.pk not in seen.asked and not seen.is_everybody:
        _ask(seen, user, who)
    return who.pk in seen.found


def _known(request: Any) -> _Known:
    found: _Known = request.__dict__.setdefault("_looked_up", _Known())
    return found


def _ask(seen: _Known, user: User, who: User) -> None:
    if seen.questions < ONE_BY_ONE:
        new = {who.pk} | seen.expected - seen.asked
        seen.asked |= new
        seen.found |= access.people_seen(user, new)
    else:
        seen.is_everybody = True
        seen.found |= access.everybody_seen(user)
    seen.questions += 1
