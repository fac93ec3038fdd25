"""The one table of what is to be done: by whom, by when, why, about what.

`ask` and `settle` are called inside the transaction of the act that makes or ends the duty. A duty is addressed:
its row reaches its owner. What it says of a page is asked of `access` each time it is read.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal import access
from portal.models.obligations import Obligation
from portal.models.people import User

Need = Obligation.Need
KEPT = timedelta(days=90)  # a duty that is settled
# Whoever stands in, and duties of people who are away → of each, the keys of those that each does for oneself, and
# the one who stands in has done
StandingIn = Mapping[int, list[Obligation]]
done_in_own_name: list[Callable[[StandingIn], Mapping[int, Collection[str]]]] = []


@dataclass(frozen=True)
class Closed:
    """What a duty says to an owner without the right on its page: no word of the page, no address of it."""

    title: str
    why: str
    url: str


@dataclass(frozen=True)
class Duty:
    """What is asked. About a page, it says what its reader must be allowed to do there."""

    title: str
    verb: str
    why: str
    url: str
    action_url: str = ""
    due: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    page: int | None = None
    needs: str = ""
    closed: Closed | None = None
    by_mandate: bool = False  # of a body, to this person: who stands in during an absence does not have it


def ask(people: Iterable[User], key: str, duty: Duty) -> None:
    """Ask it of these people. Asked again under one key it takes the new words, and is open again."""
    people, words, now = list(people), _fields(duty), timezone.now()
    rows = Obligation.objects.filter(key=key, person__in=people)
    with transaction.atomic():
        rows.exclude(settled_at=None).update(asked_at=now, settled_at=None)
        rows.update(**words)
        new = [Obligation(person=person, key=key, asked_at=now, **words) for person in people]
        Obligation.objects.bulk_create(new, ignore_conflicts=True)


def _fields(duty: Duty) -> dict[str, Any]:
    words = asdict(duty)
    closed = words.pop("closed") or {"title": "", "why": "", "url": ""}
    page = words.pop("page")
    return words | {"page_id": page} | {f"closed_{name}": said for name, said in closed.items()}


def settle(*keys: str, person: User | None = None, but: Iterable[User] = ()) -> None:
    """It is done, or asked no more: of one person, of everybody, or of everybody but these."""
    rows = Obligation.objects.filter(key__in=keys, settled_at=None).exclude(person__in=list(but))
    if person is not None:
        rows = rows.filter(person=person)
    rows.update(settled_at=timezone.now())


def forget(*keys: str) -> None:
    """Nothing of it stays, where what it was about is kept no longer."""
    Obligation.objects.filter(key__in=keys).delete()


def open_of(user: User) -> list[Obligation]:
    """What is asked of the person today, each with `page_is_open`; one question, however many rows."""
    return _told({user.pk: access.owed(_open, user)})[user.pk]


def open_of_each(people: Iterable[User]) -> dict[int, list[Obligation]]:
    """Person id → the same; the questions do not grow with people."""
    return _told(access.owed_by_each(_open, people))


def _open(today: Any) -> QuerySet[Obligation]:
    rows = Obligation.objects.filter(settled_at=None)
    rows = rows.filter(Q(starts_on=None) | Q(starts_on__lte=today), Q(ends_on=None) | Q(ends_on__gte=today))
    return rows.select_related("person")


def _told(owed: Mapping[int, list[Obligation]]) -> dict[int, list[Obligation]]:
    """One row of each thing, the person's own first; none of what she did in her own name for whoever is away."""
    rows = {pk: [row for row in found if row.page_is_open or row.closed_title] for pk, found in owed.items()}  # type: ignore[attr-defined]
    of_others = {pk: [row for row in found if row.person_id != pk] for pk, found in rows.items()}
    of_others = {pk: found for pk, found in of_others.items() if found}
    done = [asked(of_others) for asked in done_in_own_name] if of_others else []
    return {
        pk: _once(pk, found, {key for each in done for key in each.get(pk, ())}) if pk in of_others else found
        for pk, found in rows.items()
    }


def _once(person: int, rows: list[Obligation], done: Collection[str]) -> list[Obligation]:
    of_others = [row for row in rows if row.person_id != person]
    first = {row.key: row for row in reversed(of_others)} | {row.key: row for row in rows if row.person_id == person}
    return [row for row in rows if first[row.key] is row and (row.person_id == person or row.key not in done)]


def forget_old() -> int:
    """Take away what was settled long ago; what is open stays."""
    count, _rows = Obligation.objects.filter(settled_at__lt=timezone.now() - KEPT).delete()
    return count
