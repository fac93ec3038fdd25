"""The index as one person sees it, whichever the engine: no question goes round the person's tokens."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from search.engines.clauses import Clause, Term
from search.engines.contract import Document
from search.engines.spelling import Vocabulary

# Where a document lies in the index as it is read now; only the reader that gave it knows what it means.
Address = Any
Scored = tuple[float, Address]


class Reader(Protocol):
    @property
    def documents(self) -> int:
        """How many this person sees."""

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        """The best of what is found, best first."""

    def every(self, clause: Clause) -> list[Scored]:
        """All that is found, best first."""

    def counts(self, clauses: Iterable[Clause]) -> list[int]:
        """How many documents each finds."""

    def written(self, terms: Sequence[Term]) -> tuple[int, list[int]]:
        """Of the whole index, hidden documents too, as the engine counts them when it scores: how many there are, and
        how many have each word. Only to be taken out of a score again (`search.engines.statistics`)."""

    def column(self, field: str, addresses: Sequence[Address]) -> list[int]:
        """The numbers of documents that were found by this reader, in the same order."""

    def shown(self, addresses: Sequence[Address]) -> list[Document]:
        """The documents as they are shown, in the same order."""

    def names(self, field: str, examples: Mapping[int, Address]) -> dict[int, str]:
        """What a number of the column stands for, read in a document that has it."""

    def written_at_all(self, field: str, value: str) -> bool:
        """Whether anybody may have written it, hidden or not: only to spare a question whose answer must be no."""

    def near(self, word: str) -> Vocabulary:
        """The words of the index that the word may have meant, among others; hidden ones too."""
