"""The index as one person sees it: every question carries the person's tokens, none goes round them."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import cast

import tantivy
from tantivy import DocAddress, Occur
from tantivy import Query as Clause

from search.engines.embedded.matching import unscored
from search.engines.embedded.tantivy_index import schema

Scored = tuple[float, DocAddress]


class Reader:
    def __init__(self, searcher: tantivy.Searcher, tokens: Iterable[str], refused: Iterable[int] = ()) -> None:
        """`refused` are the numbers of groups that the tokens would still open and the rights no longer do."""
        self._searcher = searcher
        self._allowed = unscored(Clause.term_set_query(schema(), "audience", sorted(tokens)))
        self._refused = [Clause.term_set_query(schema(), "group_no", sorted(refused))] if refused else []

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        return self._searcher.search(self._visible(clause), max(limit, 1), count=False).hits

    def every(self, clause: Clause) -> list[Scored]:
        return self.best(clause, self._searcher.num_docs)

    @cached_property
    def documents(self) -> int:
        """How many this person sees."""
        return self.count(Clause.all_query())

    def count(self, clause: Clause) -> int:
        return self._searcher.search(self._visible(unscored(clause)), 1).count  # type: ignore[attr-defined]  # its stubs forget it

    def column(self, field: str, addresses: Sequence[DocAddress]) -> list[int]:
        values = self._searcher.fast_field_values(field, list(addresses)) if addresses else []
        return cast(list[int], values)

    def groups(self, clause: Clause) -> set[int]:
        return set(self.column("group_no", [address for _, address in self.every(unscored(clause))]))

    def document(self, address: DocAddress) -> tantivy.Document:
        return self._searcher.doc(address)

    def written_at_all(self, field: str, value: str) -> bool:
        """Whether anybody wrote it, hidden or not: only to spare a question whose answer must be no."""
        return self._searcher.doc_freq(field, value) > 0

    def _visible(self, clause: Clause) -> Clause:
        refused = [(Occur.MustNot, each) for each in self._refused]
        return Clause.boolean_query([(Occur.Must, self._allowed), (Occur.Must, clause), *refused])


def found_by(what: Clause, scored: Iterable[Clause], excluded: Iterable[Clause] = ()) -> Clause:
    """`what` alone decides what is found; the scored clauses say in which order."""
    order = [(Occur.Should, clause) for clause in scored]
    out = [(Occur.MustNot, clause) for clause in excluded]
    return Clause.boolean_query([(Occur.Must, unscored(what)), *order, *out])


def within(clause: Clause, required: Iterable[Clause]) -> Clause:
    """The clause keeps its score; what is required adds none."""
    return Clause.boolean_query([(Occur.Must, clause), *((Occur.Must, unscored(each)) for each in required)])
