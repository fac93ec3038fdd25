"""The index in Elasticsearch as one person sees it: every question carries the person's tokens."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from string import ascii_lowercase
from typing import Any

from elasticsearch import NotFoundError
from elasticsearch_dsl import A, Search
from elasticsearch_dsl import query as dsl

from search.engines.clauses import Clause, Constant, Everything, one_of
from search.engines.contract import Document
from search.engines.elastic.server import NoShard, Server, failed
from search.engines.elastic.shape import LONGEST_LIST, document_of
from search.engines.elastic.translation import query_of
from search.engines.entries import COLUMNS
from search.engines.reader import ALL, Close, Counts
from search.engines.spelling import Vocabulary, reach_of

READ_AT_ONCE = 100  # so few that they come with what is shown of them
NEAR = 1000  # words near a mistyped one, among which the person's own are looked for
EVERY_WORD = 10**9  # however many documents have it, a word may be one that somebody cannot see

SUGGESTER = {
    "field": "text_exact",
    "suggest_mode": "always",
    "prefix_length": 0,
    "min_word_length": 1,
    "size": NEAR,
    "shard_size": NEAR,
    "max_term_freq": EVERY_WORD,
    "string_distance": "damerau_levenshtein",
}

# From 0 to 2: no score may be less than nothing.
ALIKE = "cosineSimilarity(params.meaning, 'meaning') + 1.0"

Scored = tuple[float, int]


class IndexSwitched(Exception):
    """The index, or a document of it, went away while it was read: look again."""


@contextmanager
def question_to(server: Server, index: str) -> Iterator[None]:
    """Around a question to an index: another has taken its place where it is not there, or is just going."""
    try:
        with server.answers():
            yield
    except NotFoundError as gone:
        raise IndexSwitched(index) from gone
    except NoShard as gone:
        with server.answers():
            is_there = server.searching.indices.exists(index=index)
        if is_there:
            raise
        raise IndexSwitched(index) from gone


def _begun_otherwise(word: str) -> Iterator[str]:
    """The word after each first mistake that there can be at its beginning."""
    first, second, rest = word[0], word[1], word[1:]
    yield from (rest, second + first + word[2:])
    for letter in ascii_lowercase:
        yield from (letter + word, letter + rest)


class ElasticReader:
    def __init__(
        self,
        server: Server,
        index: str,
        tokens: Iterable[str],
        refused: Iterable[int] = (),
        lacking: frozenset[str] = frozenset(),
    ) -> None:
        """`refused` are the numbers of groups that the tokens would still open and the rights no longer do; `lacking`
        are the fields that an older index has not."""
        self._server = server
        self._index = index
        self._allowed = query_of(one_of("audience", tokens))
        self._refused = [query_of(one_of("group_no", refused))] if refused else []
        self._held = [name for name in COLUMNS if name not in lacking]
        self._counts = Counts(self._ask_counts)
        self._columns: dict[int, dict[str, list[int]]] = {}
        self._shown: dict[int, Document] = {}

    def best(self, clause: Clause, limit: int) -> list[Scored]:
        return self._found(self._asking(clause), max(limit, 1), with_texts=limit <= READ_AT_ONCE)

    def every(self, clause: Clause) -> list[Scored]:
        return self._whole(clause, self._found(self._asking(clause), LONGEST_LIST))

    def together(self, asked: Sequence[tuple[Clause, int]]) -> list[list[Scored]]:
        with_texts = [0 < limit <= READ_AT_ONCE for _, limit in asked]
        searches = [
            self._sized(self._asking(clause), limit or LONGEST_LIST, with_texts=texts)
            for (clause, limit), texts in zip(asked, with_texts, strict=True)
        ]
        answers = zip(self._ask_all(searches), with_texts, strict=True)
        found = [self._read(answer, with_texts=texts) for answer, texts in answers]
        return [
            self._whole(clause, part) if limit == ALL else part
            for (clause, limit), part in zip(asked, found, strict=True)
        ]

    def _whole(self, clause: Clause, part: list[Scored]) -> list[Scored]:
        """A list longer than one answer, from its first part."""
        found = part
        while len(part) == LONGEST_LIST:
            part = self._found(self._asking(clause).extra(search_after=list(part[-1])), LONGEST_LIST)
            found = found + part
        return found

    @property
    def documents(self) -> int:
        [count] = self.counts([Everything()])
        return count

    def counts(self, clauses: Iterable[Clause]) -> list[int]:
        return self._counts.of(clauses)

    def _ask_counts(self, clauses: Sequence[Clause]) -> list[int]:
        asked = {str(number): query_of(Constant(clause, 0.0)) for number, clause in enumerate(clauses)}
        search = self._search().query(self._visible(Everything())).extra(size=0, track_total_hits=False)
        search.aggs.bucket("counted", A("filters", filters=asked))
        counted = self._ask(search)["aggregations"]["counted"]["buckets"]
        return [counted[number]["doc_count"] for number in asked]

    def _asked(self) -> AbstractContextManager[None]:
        return question_to(self._server, self._index)

    def column(self, field: str, addresses: Sequence[int]) -> list[int]:
        return [self._columns[address][field][0] for address in addresses]

    def shown(self, addresses: Sequence[int]) -> list[Document]:
        unknown = [address for address in addresses if address not in self._shown]
        if unknown:
            self._shown |= {address: document_of(source) for address, source in self._sources(unknown, ["shown"])}
        try:
            return [self._shown[address] for address in addresses]
        except KeyError as gone:
            raise IndexSwitched from gone

    def names(self, field: str, examples: Mapping[int, int]) -> dict[int, str]:
        sources = dict(self._sources(list(examples.values()), [f"shown.{field}"]))
        try:
            return {number: str(sources[address]["shown"][field]) for number, address in examples.items()}
        except KeyError as gone:
            raise IndexSwitched from gone

    def close(self, meaning: bytes, limit: int, asked: Sequence[int]) -> Close | None:
        alike = self._asked_of(self._alike(meaning, Everything())).extra(size=max(limit, 1))
        alike.aggs.metric("all", A("extended_stats", script={"source": "_score"}))
        answer = self._ask(alike)
        told = answer["aggregations"]["all"]
        if not told["count"] or not told["std_deviation"]:
            return None
        nearest = [(score - 1, address) for score, address in self._read(answer)]
        known: dict[int, float] = {}
        if asked:
            these = self._asked_of(self._alike(meaning, one_of("address", set(asked)))).extra(size=len(asked))
            known = {address: score - 1 for score, address in self._read(self._ask(these))}
        return Close(told["avg"] - 1, told["std_deviation"], nearest, [known.get(address) for address in asked])

    def _alike(self, meaning: bytes, clause: Clause) -> dsl.Query:
        seen = self._visible(Constant(clause, 0.0)) & dsl.Exists(field="meaning")
        script = {"source": ALIKE, "params": {"meaning": array("b", meaning).tolist()}}
        return dsl.ScriptScore(query=seen, script=script)

    def near(self, word: str) -> Vocabulary:
        asked = {"near": (word, reach_of(word))}
        if reach_of(word) > 1:  # with two mistakes Lucene takes the first letter for right
            asked["begun otherwise"] = " ".join(_begun_otherwise(word)), 1
        search = self._search().extra(size=0, track_total_hits=False)
        for name, (text, reach) in asked.items():
            search = search.suggest(name, text, term={**SUGGESTER, "max_edits": reach})
        answers = self._ask(search)["suggest"]
        return Vocabulary({option["text"] for name in asked for each in answers[name] for option in each["options"]})

    # Asking

    def _search(self) -> Search:
        return Search()

    def _visible(self, clause: Clause) -> dsl.Query:
        return dsl.Bool(must=[query_of(clause)], filter=[self._allowed], must_not=self._refused)

    def _asking(self, clause: Clause) -> Search:
        return self._asked_of(self._visible(clause))

    def _asked_of(self, query: dsl.Query) -> Search:
        # Among equals the number decides, so that a long list can be asked for piece by piece.
        order = {"_score": {"order": "desc"}}, {"address": {"order": "asc"}}
        columns = [{"field": name} for name in self._held]
        search = self._search().query(query).sort(*order)
        return search.extra(docvalue_fields=columns, track_total_hits=False)

    def _found(self, asking: Search, size: int, *, with_texts: bool = False) -> list[Scored]:
        return self._read(self._ask(self._sized(asking, size, with_texts=with_texts)), with_texts=with_texts)

    def _sized(self, asking: Search, size: int, *, with_texts: bool) -> Search:
        if with_texts:
            return asking.source(["shown"]).extra(size=size)
        return asking.source(False).extra(size=size, stored_fields="_none_")

    def _read(self, answer: Any, *, with_texts: bool = False) -> list[Scored]:
        hits = answer["hits"]["hits"]
        for hit in hits:
            address = hit["sort"][1]
            self._columns[address] = hit["fields"]
            if with_texts:
                self._shown[address] = document_of(hit["_source"])
        return [(score, address) for score, address in (hit["sort"] for hit in hits)]

    def _sources(self, addresses: Sequence[int], wanted: list[str]) -> Iterator[tuple[int, Any]]:
        """Of documents found a moment ago; asked for under the tokens again, for they may have been closed since."""
        for start in range(0, len(addresses), LONGEST_LIST):
            part = addresses[start : start + LONGEST_LIST]
            clause = Constant(one_of("address", set(part)), 0.0)
            search = self._search().query(self._visible(clause)).source(["address", *wanted])
            for hit in self._ask(search.extra(size=len(part), track_total_hits=False))["hits"]["hits"]:
                yield hit["_source"]["address"], hit["_source"]

    def _ask_all(self, searches: Sequence[Search]) -> list[Any]:
        """In one journey; what fails is told as if it had been asked alone."""
        lines: list[dict[str, Any]] = []
        for search in searches:
            lines += [{}, search.to_dict()]
        with self._asked():
            said = self._server.searching.msearch(index=self._index, searches=lines)
            for answer in said["responses"]:
                if "error" in answer:
                    raise failed(said.meta, answer)
        return list(said["responses"])

    def _ask(self, search: Search) -> Any:
        with self._asked():
            return self._server.searching.search(index=self._index, body=search.to_dict()).body
