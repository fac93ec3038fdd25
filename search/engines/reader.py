"""The index as one person sees it, whichever the engine: no question goes round the person's tokens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from search.engines.clauses import Clause
from search.engines.contract import Document
from search.engines.spelling import Vocabulary

# Where a document lies in the index as it is read now; only the reader that gave it knows what it means.
Address = Any
Scored = tuple[float, Address]
ALL = 0
DECIMALS = 3  # of a score: what lies beyond depends on the order in which an engine adds


@dataclass(frozen=True)
class Close:
    """How close documents are to a meaning: cosines, and how they lie over all documents that this person sees."""

    mean: float
    deviation: float
    nearest: list[Scored]
    asked: list[float | None]  # of the documents asked about; None of one that has no meaning

    def stands_out(self, cosine: float) -> float:
        """By how many standard deviations; one that is no closer than most tells nothing."""
        return max((cosine - self.mean) / self.deviation, 0.0)


class Counts:
    """How many documents clauses find, each asked once."""

    def __init__(self, ask: Callable[[Sequence[Clause]], Iterable[int]]) -> None:
        self._ask = ask
        self._known: dict[Clause, int] = {}

    def of(self, clauses: Iterable[Clause]) -> list[int]:
        asked = list(clauses)
        unknown = [clause for clause in dict.fromkeys(asked) if clause not in self._known]
        if unknown:
            self._known |= zip(unknown, self._ask(unknown), strict=True)
        return [self._known[clause] for clause in asked]


class Reader(Protocol):
    @property
    def documents(self) -> int:
        """How many this person sees."""

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        """The best of what is found, best first."""

    def every(self, clause: Clause) -> list[Scored]:
        """All that is found, best first."""

    def together(self, asked: Sequence[tuple[Clause, int]]) -> list[list[Scored]]:
        """The best of what each finds, so many of each, or all with `ALL`: a server is asked once."""

    def counts(self, clauses: Iterable[Clause]) -> list[int]:
        """How many documents each finds."""

    def column(self, field: str, addresses: Sequence[Address]) -> list[int]:
        """The numbers of documents that were found by this reader, in the same order."""

    def shown(self, addresses: Sequence[Address]) -> list[Document]:
        """The documents as they are shown, in the same order."""

    def names(self, field: str, examples: Mapping[int, Address]) -> dict[int, str]:
        """What a number of the column stands for, read in a document that has it."""

    def close(self, meaning: bytes, limit: int, asked: Sequence[Address]) -> Close | None:
        """The documents closest to a meaning, and how close those asked about are; None where it cannot be told."""

    def near(self, word: str) -> Vocabulary:
        """The words of the index that the word may have meant, among others; hidden ones too."""
