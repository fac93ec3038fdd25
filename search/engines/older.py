"""An index that another version of the schema made: read as far as it goes, while the next one is written.

What it has not, or has in another way, is as if nobody had ever written it there. Without the fields by which rights
are kept and results are counted it is not read at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from search.engines.clauses import Clause, without_fields
from search.engines.contract import Document, IndexOutdated
from search.engines.reader import Address, Close, Reader, Scored
from search.engines.spelling import Vocabulary

NEEDED = frozenset({"id", "group", "audience", "group_no", "unit_no", "section", "superseded", "text"})
MEANINGS = frozenset({"meaning", "meaning_no"})  # whichever of them an engine has
# What another version may have left where this one looks for something else.
UNREADABLE: tuple[type[Exception], ...] = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def lacking(index: str, held: Mapping[str, Any], wanted: Mapping[str, Any], needed: Iterable[str]) -> frozenset[str]:
    """The fields that the index has not, or not in the way they are wanted; IndexOutdated where it needs them."""
    found = frozenset(name for name, how in wanted.items() if held.get(name) != how)
    if missed := found & {*NEEDED, *needed}:
        raise IndexOutdated(f"{index} cannot be read: {', '.join(sorted(missed))}")
    return found


@contextmanager
def as_far_as_it_goes(index: str, other: type[Exception] = ValueError) -> Iterator[None]:
    """Around a question to such an index: what it answers in a way that nobody understands is told as IndexOutdated."""
    try:
        yield
    except (*UNREADABLE, other) as problem:
        raise IndexOutdated(f"{index} cannot be read: {problem!r}") from problem


class OlderReader:
    """Stands before an engine's reader of such an index, and asks it for nothing that is not there."""

    def __init__(self, reader: Reader, lacking: frozenset[str]) -> None:
        self._reader = reader
        self._lacking = lacking

    @property
    def documents(self) -> int:
        return self._reader.documents

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        return self._reader.best(without_fields(clause, self._lacking), limit)

    def every(self, clause: Clause) -> list[Scored]:
        return self._reader.every(without_fields(clause, self._lacking))

    def counts(self, clauses: Iterable[Clause]) -> list[int]:
        return self._reader.counts(without_fields(clause, self._lacking) for clause in clauses)

    def together(self, asked: Sequence[tuple[Clause, int]]) -> list[list[Scored]]:
        return self._reader.together([(without_fields(clause, self._lacking), limit) for clause, limit in asked])

    def column(self, field: str, addresses: Sequence[Address]) -> list[int]:
        return [0] * len(addresses) if field in self._lacking else self._reader.column(field, addresses)

    def shown(self, addresses: Sequence[Address]) -> list[Document]:
        return self._reader.shown(addresses)

    def names(self, field: str, examples: Mapping[int, Address]) -> dict[int, str]:
        if {field, f"{field}_no"} & self._lacking:
            return dict.fromkeys(examples, "")
        return self._reader.names(field, examples)

    def close(self, meaning: bytes, limit: int, asked: Sequence[Address]) -> Close | None:
        return None if self._lacking & MEANINGS else self._reader.close(meaning, limit, asked)

    def near(self, word: str) -> Vocabulary:
        return Vocabulary([]) if "text_exact" in self._lacking else self._reader.near(word)
