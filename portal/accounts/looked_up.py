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


def may_look_up(request: Any, who: User) -> bool:
    """Whether the reader may open the person's page."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return False
    if who.pk == user.pk or access.knows_everybody(user):
        return who.is_current()
    known = _known(request)
    if who.pk not in known.asked and not known.is_everybody:
        _ask(known, user, who)
    return who.pk in known.found


def _known(request: Any) -> _Known:
    found: _Known = request.__dict__.setdefault("_looked_up", _Known())
    return found


def _ask(known: _Known, user: User, who: User) -> None:
    people = access.allowed(User.objects.current(), user).order_by()
    if known.questions < ONE_BY_ONE:
        new = {who.pk} | known.expected - known.asked
        known.asked |= new
        people = people.filter(pk__in=new)
    else:
        known.is_everybody = True
    known.questions += 1
    known.found |= set(people.values_list("pk", flat=True))
