"""Which edition holds at a body on a day: arithmetic over editions and adoptions, asking nothing of anybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .models import Adoption, Edition
from .models.adoptions import State


@dataclass(frozen=True)
class Held:
    """What a body works by: an edition, by its adoption or from the signature, with its local text; or nothing."""

    edition: Edition | None = None
    adoption: Adoption | None = None  # by which it holds, or does not
    since: date | None = None
    is_adapted: bool = False
    has_expired: bool = False

    @property
    def holds(self) -> bool:
        return self.edition is not None and not self.is_refused and not self.has_expired

    @property
    def is_refused(self) -> bool:
        return self.adoption is not None and self.adoption.state == State.NOT_APPLICABLE


@dataclass(frozen=True)
class Binding:
    """An edition, and how it binds: from the signature these bodies, or each body by its own rows."""

    edition: Edition
    begins: date
    ends: date | None
    signed_by: frozenset[int]  # bodies, where it holds from the signature
    said: dict[int, list[Adoption]]  # body → its rows, where each adopts by itself

    @property
    def is_by_body(self) -> bool:
        return bool(self.said)


def standing(rows: Iterable[Adoption]) -> list[Adoption]:
    """Without those that a later row corrects, by day and then as they were written."""
    rows = list(rows)
    corrected = {row.corrects_id for row in rows}
    return sorted((row for row in rows if row.pk not in corrected), key=lambda row: (row.since, row.pk))


def said_on(rows: Iterable[Adoption], day: date) -> Adoption | None:
    """The body's word that counts on the day."""
    return next((row for row in reversed(standing(rows)) if row.since <= day), None)


def last_said(rows: Iterable[Adoption]) -> Adoption | None:
    """The body's newest word, whatever day it is for."""
    return max(standing(rows), key=lambda row: row.pk, default=None)


def held(bindings: Sequence[Binding], body: int, day: date) -> Held:
    """The newest edition that has begun and binds the body, with what the body made of it. Bindings come oldest first.

    A later edition that the body has not decided on changes nothing there: it goes on with the one before.
    """
    for each in reversed(bindings):
        if each.begins > day:
            continue
        if not each.is_by_body:
            if body in each.signed_by:
                return Held(each.edition, since=each.begins, has_expired=_is_over(each, day))
            continue
        row = said_on(each.said.get(body, ()), day)
        if row is not None and row.is_decided:
            since = max(row.since, each.begins)
            return Held(each.edition, row, since, row.is_adapted_on(day), _is_over(each, day))
    return Held()


def _is_over(each: Binding, day: date) -> bool:
    return each.ends is not None and each.ends < day
