"""The embedded index as one person sees it: every question carries the person's tokens, none goes round them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

import tantivy
from tantivy import DocAddress, Occur

from search.engines.clauses import Clause, Constant, Everything, any_of, one_of
from search.engines.contract import Document
from search.engines.embedded.meanings import MILLIONTHS, Meanings
from search.engines.embedded.tantivy_index import document_of, stored
from search.engines.embedded.translation import query_of
from search.engines.reader import ALL, Close, Counts
from search.engines.spelling import Vocabulary

BITS = 24  # of which every sum is a whole number that the engine's scores tell exactly

Scored = tuple[float, DocAddress]


class EmbeddedReader:
    def __init__(
        self,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        tokens: Iterable[str],
        refused: Iterable[int] = (),
        vocabulary: Callable[[], Vocabulary] = lambda: Vocabulary([]),
        meanings: Meanings | None = None,
    ) -> None:
        """`schema` is the index's own; `refused` are the numbers of groups that the tokens would still open and the
        rights no longer do."""
        self._searcher = searcher
        self._schema = schema
        self._vocabulary = vocabulary
        self._meanings = meanings
        self._counts = Counts(self._ask_counts)
        self._allowed = query_of(Constant(one_of("audience", tokens), 0.0), schema)
        self._refused = [query_of(one_of("group_no", refused), schema)] if refused else []

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        return self._searcher.search(self._visible(clause), max(limit, 1), count=False).hits

    def every(self, clause: Clause) -> list[Scored]:
        return self.best(clause, self._searcher.num_docs)

    def together(self, asked: Sequence[tuple[Clause, int]]) -> list[list[Scored]]:
        return [self.every(clause) if limit == ALL else self.best(clause, limit) for clause, limit in asked]

    @property
    def documents(self) -> int:
        [count] = self.counts([Everything()])
        return count

    def counts(self, clauses: Iterable[Clause]) -> list[int]:
        return self._counts.of(clauses)

    def _ask_counts(self, clauses: Sequence[Clause]) -> Iterator[int]:
        """All that a person sees is counted by itself: else each document of theirs is looked at for its bits."""
        words = [clause for clause in clauses if clause != Everything()]
        groups = [words[begin : begin + BITS] for begin in range(0, len(words), BITS)]
        counted = (count for group in groups for count in self._at_once(group))
        return (self._count(clause) if clause == Everything() else next(counted) for clause in clauses)

    def _at_once(self, clauses: Sequence[Clause]) -> list[int]:
        """In one search: each clause has a bit of the score to itself, so a score says which of them a document has."""
        if len(clauses) == 1:
            return [self._count(clauses[0])]
        bits = any_of(Constant(clause, float(1 << place)) for place, clause in enumerate(clauses))
        held = Counter(int(score) for score, _ in self.every(bits))
        return [sum(times for score, times in held.items() if score >> place & 1) for place in range(len(clauses))]

    def _count(self, clause: Clause) -> int:
        asked = self._visible(Constant(clause, 0.0))
        return self._searcher.search(asked, 1).count  # type: ignore[attr-defined]  # its stubs forget it

    def column(self, field: str, addresses: Sequence[DocAddress]) -> list[int]:
        values = self._searcher.fast_field_values(field, list(addresses)) if addresses else []
        return cast(list[int], values)

    def shown(self, addresses: Sequence[DocAddress]) -> list[Document]:
        return [document_of(self._searcher.doc(address)) for address in addresses]

    def names(self, field: str, examples: Mapping[int, DocAddress]) -> dict[int, str]:
        return {number: stored(self._searcher.doc(address), field) or "" for number, address in examples.items()}

    def close(self, meaning: bytes, limit: int, asked: Sequence[DocAddress]) -> Close | None:
        if self._meanings is None:
            return None
        seen = [address for _, address in self.every(Constant(Everything(), 0.0))]
        found = self._meanings.cosines(meaning, self.column("meaning_no", seen))
        if not len(found.values) or not found.deviation:
            return None
        best = (-found.values).argsort(kind="stable")[:limit]
        nearest = [(int(found.values[at]) / MILLIONTHS, seen[found.places[at]]) for at in best]
        of_these = self._meanings.cosines(meaning, self.column("meaning_no", asked))
        known = dict(zip(of_these.places.tolist(), (of_these.values / MILLIONTHS).tolist(), strict=True))
        return Close(found.mean, found.deviation, nearest, [known.get(at) for at in range(len(asked))])

    def near(self, word: str) -> Vocabulary:
        return self._vocabulary()

    def _visible(self, clause: Clause) -> tantivy.Query:
        refused = [(Occur.MustNot, each) for each in self._refused]
        asked = query_of(clause, self._schema)
        return tantivy.Query.boolean_query([(Occur.Must, self._allowed), (Occur.Must, asked), *refused])
