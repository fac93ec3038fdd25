"""Searches that a person keeps: what is new in them stands in the digest; a wish is told once, when it is there.

Each is asked again as the person would ask it at that moment, so that nothing hidden is ever told.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal import access
from portal.accounts import own_data
from portal.background import jobs
from portal.background.schedules import every
from portal.models import User
from portal.models.jobs import Lane
from portal.notices import emails, feed
from portal.personal_data import guard
from portal.words import dates

from . import asking, pins, rights, vocabulary
from .engines.contract import EngineDown
from .models import Followed
from .query import key_of

logger = logging.getLogger(__name__)
READ = 50  # what is new further down answers the words only by the way
SHOWN = 5
MOST = 20  # of one person: each is asked anew for every digest
LONGEST = 80
KEPT = timedelta(days=365)  # of a wish that nothing has fulfilled
LONG_NUMBER = re.compile(r"\d[\d ./-]{4,}\d")
PARAMETERS = {"kind": "tipo", "space": "spazio", "organisation": "ente", "year": "anno"}
access.own(Followed, "person")


class TooMany(Exception):
    """The person keeps as many searches as one may."""


def may_be_kept(words: str) -> bool:
    """Whether the words may be written down: nothing in them looks like somebody's data."""
    return len(words) <= LONGEST and not LONG_NUMBER.search(words) and not guard.find([("", words)])


def kept_for(person: Any, words: str, filters: Mapping[str, str], *, is_wish: bool) -> Followed | None:
    """What the person keeps already of this very search."""
    return _same(of(person), _wanted(words, filters, is_wish=is_wish))


def _wanted(words: str, filters: Mapping[str, str], *, is_wish: bool) -> dict[str, Any]:
    return {"key": key_of(words), "filters": {} if is_wish else dict(filters), "is_wish": is_wish}


def _same(mine: Iterable[Followed], wanted: Mapping[str, Any]) -> Followed | None:
    return next((each for each in mine if all(getattr(each, name) == value for name, value in wanted.items())), None)


def follow(person: User, words: str, filters: Mapping[str, str], *, is_wish: bool) -> Followed:
    """Keep the search; kept already it stays as it is."""
    wanted = _wanted(words, filters, is_wish=is_wish)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        mine = of(person)
        known = _same(mine, wanted)
        if known is not None:
            return known
        if len(mine) >= MOST:
            raise TooMany
        return Followed.objects.create(person=person, words=words, **wanted)


def of(person: Any) -> list[Followed]:
    """The person's own, the newest first."""
    return list(access.allowed(Followed.objects.all(), person))


def address(words: str, filters: Mapping[str, str]) -> str:
    asked = {"q": words, **{PARAMETERS[name]: value for name, value in filters.items() if name in PARAMETERS}}
    return f"{reverse('search')}?{urlencode(asked)}"


def said(each: Followed, reader: Any) -> str:
    """The words, and what they are narrowed to: the same may be kept twice."""
    narrowed = (_value(name, value, reader) for name, value in each.filters.items())
    return " · ".join(filter(None, [each.words, *narrowed]))


def _value(name: str, value: str, reader: Any) -> str:
    """As the page of results says it; a space that the reader does not read any more is not named."""
    if name == "kind":
        return vocabulary.kind_plural(value)
    if name == "space":
        return next((space.name for space in access.spaces_read(reader) if space.code == value), "")
    return value


# --- What is new in them ---------------------------------------------------------------------------------


def alerts(
    windows: Sequence[feed.Window], changes: Callable[[feed.Window], list[feed.Change]]
) -> dict[feed.Window, list[feed.Alert]]:
    """Of the searches that people keep, those that find a page published in these days."""
    kept = access.addressed_to_each(
        Followed.objects.filter(is_wish=False), [window.user for window in windows], "person"
    )  # fmt: skip
    return {
        window: list(_new_in(kept[window.user.pk], window.user, changes(window)))
        for window in windows
        if kept[window.user.pk]
    }


def _new_in(mine: list[Followed], user: User, changes: Iterable[feed.Change]) -> Iterable[feed.Alert]:
    """Whoever keeps searches and has news is asked for: with the rights of that person, who searches anew."""
    changed = {change.page_id: change for change in changes}
    if not changed:
        return
    known, admits = vocabulary.of(user), rights.admits_of_all(user)
    asked = [asking.query(each.words, user, each.filters, per_page=READ, known=known, admits=admits) for each in mine]
    try:
        answered = asking.ask_each(asked)
    except EngineDown:
        logger.exception("The searches that somebody keeps were not asked again")
        return
    for each, found in zip(mine, answered, strict=False):
        new = [changed[hit.page_id] for hit in found.hits if hit.page_id in changed]
        if new:
            yield feed.Alert(said(each, user), address(each.words, each.filters), new[:SHOWN])


# --- Wishes ----------------------------------------------------------------------------------------------


def waiting(keys: Iterable[str]) -> dict[str, int]:
    """Key → how many persons wait for it."""
    found: dict[str, int] = {}
    for key in Followed.objects.filter(is_wish=True, key__in=list(keys)).values_list("key", flat=True):
        found[key] = found.get(key, 0) + 1
    return found


def answer(key: str, words: str) -> None:
    """Nothing will be there: who waits is told why."""
    for wish in Followed.objects.filter(is_wish=True, key=key):
        wish.answer = words
        wish.save(update_fields=["answer"])
        _ask_to_tell(wish)


@every(minutes=60)
def look(key: str = "") -> int:
    """Ask each wish again, or those for these words; returns how many are fulfilled."""
    wishes = Followed.objects.filter(is_wish=True, answer="", person__in=User.objects.current())
    if key:
        wishes = wishes.filter(key=key)
    try:
        fulfilled = [wish for wish in wishes.select_related("person") if _is_there(wish)]
    except EngineDown:
        logger.exception("The wishes were not looked at")
        return 0
    for wish in fulfilled:
        with transaction.atomic():
            _ask_to_tell(wish)
    return len(fulfilled)


def _is_there(wish: Followed) -> bool:
    """Whether the person would find now what holds all the words."""
    if pins.shown(wish.key, wish.person):
        return True
    found = asking.ask(asking.query(wish.words, wish.person, {}, per_page=1))
    return found is not None and found.all_words > 0


def _ask_to_tell(wish: Followed) -> None:
    jobs.ask(f"wish:{wish.pk}", "search.followed.tell", wish.pk, lane=Lane.MAIL)


def tell(pk: int) -> None:
    """Mail it, unless it is no longer so for the person; told, it is kept no longer."""
    wish = Followed.objects.select_related("person").filter(pk=pk, is_wish=True).first()
    if wish is None or not wish.person.is_current() or not (wish.answer or _is_there(wish)):
        return
    emails.wish_mail(wish.person, words=wish.words, url=address(wish.words, {}), answer=wish.answer).send()
    wish.delete()


# --- What is kept ----------------------------------------------------------------------------------------


def forget_old() -> int:
    """Old wishes, and whatever was kept by somebody who has left."""
    old = Followed.objects.filter(is_wish=True, since__lt=timezone.now() - KEPT)
    left = Followed.objects.exclude(person__in=User.objects.current())
    return old.delete()[0] + left.delete()[0]


def kept_of(person: User) -> Iterable[own_data.Kept]:
    rows = Followed.objects.filter(person=person)
    yield own_data.Kept(_("Ricerche salvate e attese"), _("finché non le togli; chi lascia la rete le perde"), [
        {_("parole"): each.words, _("dal"): dates.local_day(each.since)} for each in rows
    ])  # fmt: skip


own_data.sources.append(kept_of)
