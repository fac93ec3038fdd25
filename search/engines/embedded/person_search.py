"""One search by one person: correct, count, rank by group, dress the hits shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import log2

import tantivy
from tantivy import DocAddress
from tantivy import Query as Clause

from search.engines.contract import FACETS, Hit, Query, Results
from search.engines.embedded.hits import Dressing
from search.engines.embedded.matching import (
    Scoring,
    all_of,
    any_of,
    literal,
    own_words,
    read,
    slot_matches_all,
    slot_matches_any,
    term,
    word_matches,
)
from search.engines.embedded.reader import Reader, Scored, within
from search.engines.embedded.spelling import Vocabulary, corrections
from search.engines.embedded.tantivy_index import number_of, schema, stored
from search.engines.slots import Slot, Word, slots_of
from search.query import (
    WEIGHTS,
    Typed,
    code_form,
    normalise,
    parse,
    replace_words,
    spelling_in,
    typed_codes,
    words_of,
)

WINDOW = 200  # hits among which further sections raise their group
MAX_CORRECTED = 8
NO_YEAR = -1

# Numbers found in the index → the strings they stand for; hashes never change, so it is never stale.
Names = dict[int, str]


@dataclass
class Group:
    number: int
    score: float
    address: DocAddress
    in_window: bool
    is_superseded: bool = False
    others: int = 0

    def raised(self) -> float:
        score = self.score * (1 + WEIGHTS["section"] * log2(1 + self.others))
        return score * WEIGHTS["superseded"] if self.is_superseded else score

    def order(self) -> tuple[bool, float, int]:
        return not self.in_window, -self.raised(), self.number if self.in_window else 0


class PersonSearch:
    def __init__(
        self,
        searcher: tantivy.Searcher,
        query: Query,
        vocabulary: Callable[[], Vocabulary],
        names: Names,
        refused: Iterable[int] = (),
    ) -> None:
        self.query = query
        self.typed: Typed = parse(query.words)
        self.reader = Reader(searcher, query.tokens, refused)
        self.scoring = Scoring(searcher)
        self._vocabulary = vocabulary
        self._names = names

    @cached_property
    def asks_nothing(self) -> bool:
        return not (self.slots or self.required) or not self.query.tokens

    def refused(self) -> set[int]:
        """The groups found that may no longer be shown: search again without them, so that nothing tells of them."""
        if self.asks_nothing:
            return set()
        examples = dict(zip(self.reader.column("group_no", self._found), self._found, strict=True))
        groups = {self._name("group", number, address): number for number, address in examples.items()}
        admitted = set(self.query.admits(groups.keys()))
        return {number for group, number in groups.items() if group not in admitted}

    def results(self) -> Results:
        if self.asks_nothing:
            return Results(searched=replace_words(self.query.words, {}))
        facets, total = self._count()
        return Results(
            total=total,
            hits=self._hits(total),
            facets=facets,
            corrected=self._corrected_words(),
            searched=self._searched_words(),
            all_words=self._count_all_words(total),
        )

    # What to look for

    @cached_property
    def slots(self) -> list[Slot]:
        """The typed words, those unknown to this person with their corrections."""
        slots = slots_of(self.typed.words, self.query.synonyms, read)
        if not slots or self.reader.count(all_of(map(slot_matches_all, slots))):
            return slots
        unknown = [slot for slot in slots if not self._is_known(slot)][:MAX_CORRECTED]
        return [self._correct(slot) if slot in unknown else slot for slot in slots]

    @cached_property
    def quoted(self) -> list[Slot]:
        return [Slot((word,)) for words in self.typed.phrases for word in read(words) if word.stem]

    @cached_property
    def codes(self) -> list[str]:
        return typed_codes(self.typed.words)

    @cached_property
    def required(self) -> list[Clause]:
        named = self._named_code()
        return [clause for clause in map(literal, self.typed.phrases) if clause] + ([named] if named else [])

    def _named_code(self) -> Clause | None:
        """Whoever types nothing but the code of a page wants that page, and those that name it."""
        asked = term("code_form", code_form(" ".join(self.typed.words)))
        page = next(iter(self.reader.best(asked, 1)), None) if self.typed.words else None
        if page is None:
            return None
        words = words_of(stored(self.reader.document(page[1]), "code"))
        return any_of([asked, *filter(None, [literal(words)])])

    @cached_property
    def excluded(self) -> list[Clause]:
        """Whole groups: a page is left out when any section this person sees holds the word."""
        clauses = [clause for clause in map(literal, self.typed.excluded) if clause]
        groups = self.reader.groups(any_of(clauses)) if clauses else set()
        return [Clause.term_set_query(schema(), "group_no", sorted(groups))] if groups else []

    @cached_property
    def filters(self) -> dict[str, int]:
        """Facet → number of the chosen value, as the index holds it."""
        chosen = {name: value for name, value in self.query.filters.items() if name in FACETS and value}
        return {name: _filter_number(name, str(value)) for name, value in chosen.items()}

    def _filter_clauses(self) -> list[Clause]:
        return [term(_column(name), number) for name, number in self.filters.items()]

    # Words nobody wrote, as far as this person can tell

    def _is_known(self, slot: Slot) -> bool:
        if slot.synonyms:
            return True
        return any(self._is_visible(word) for word in slot.words)

    def _is_visible(self, word: Word) -> bool:
        field, value = ("text", word.stem) if word.stem else ("text_x", word.exact)
        return self.reader.written_at_all(field, value) and self.reader.count(word_matches(word)) > 0

    def _correct(self, slot: Slot) -> Slot:
        found = corrections(slot.words[0].exact, self._vocabulary(), self._visible_count)
        return replace(slot, corrections=read(found))

    def _visible_count(self, word: str) -> int:
        is_content = all(found.stem for found in read([word]))
        return self.reader.count(term("text_x", word)) if is_content else 0

    def _corrected_words(self) -> str | None:
        corrected = {
            slot.words[0].exact: self._spelling(slot.corrections[0]) for slot in self.slots if slot.corrections
        }
        return replace_words(self.query.words, corrected) if corrected else None

    def _spelling(self, word: Word) -> str:
        """The vocabulary is folded; give back the accents, as a document this person sees writes them."""
        for _, address in self.reader.best(term("text_x", word.exact), 1):
            document = self.reader.document(address)
            text = " ".join([stored(document, "title_shown"), *document.get_all("own")])
            return spelling_in(text, word.exact)
        return word.exact

    def _searched_words(self) -> str:
        all_unknown = bool(self.slots) and all(slot.corrections for slot in self.slots)
        corrected = self._corrected_words() if all_unknown else None
        return corrected or replace_words(self.query.words, {})

    # Counting, by group

    def _matching(self) -> Clause:
        """What is found at all: without scores or pair phrases, which change only the order."""
        if self.required:
            return within(all_of(self.required), [], self.excluded)
        codes = (term("code_form", code) for code in self.codes)
        return within(any_of([*map(slot_matches_any, self.slots), *codes]), [], self.excluded)

    @cached_property
    def _found(self) -> list[DocAddress]:
        return self.reader.every(self._matching())

    def _count(self) -> tuple[dict[str, list[tuple[str, int]]], int]:
        addresses = self._found
        columns = {name: self.reader.column(_column(name), addresses) for name in FACETS}
        examples = {name: dict(zip(columns[name], addresses, strict=True)) for name in FACETS}
        distinct = set(zip(self.reader.column("group_no", addresses), *columns.values(), strict=True))
        kept = {row[0] for row in distinct if not self._failed(row)}
        facets = {name: self._facet(at, name, distinct, examples[name]) for at, name in enumerate(FACETS, start=1)}
        return facets, len(kept)

    def _facet(
        self, at: int, name: str, rows: Iterable[tuple[int, ...]], examples: Mapping[int, DocAddress]
    ) -> list[tuple[str, int]]:
        pairs = {(row[0], row[at]) for row in rows if self._failed(row) <= {name}}
        counted = Counter(number for _, number in pairs)
        named = [(self._name(name, number, examples[number]), count) for number, count in counted.items()]
        return sorted(((value, count) for value, count in named if value), key=lambda pair: (-pair[1], pair[0]))

    def _failed(self, row: tuple[int, ...]) -> set[str]:
        """The filters a row (group, then one number per facet) does not pass."""
        if not self.filters:
            return set()
        values = dict(zip(FACETS, row[1:], strict=True))
        return {name for name, number in self.filters.items() if values[name] != number}

    def _name(self, facet: str, number: int, example: DocAddress) -> str:
        if facet == "year":
            return str(number) if number else ""
        if number not in self._names:
            self._names[number] = stored(self.reader.document(example), facet)
        return self._names[number]

    def _count_all_words(self, total: int) -> int:
        """Groups where one document (the page or one section of it) holds every word."""
        if len(self.slots) + len(self.required) < 2 and all(len(slot.words) < 2 for slot in self.slots):
            return total
        clauses = [*map(slot_matches_all, self.slots), *self.required]
        return len(self.reader.groups(within(all_of(clauses), self._filter_clauses(), self.excluded)))

    # Ranking, by group

    def _hits(self, total: int) -> list[Hit]:
        size = max(self.query.per_page, 1)
        start = (max(self.query.page, 1) - 1) * size
        if start >= total:
            return []
        shown = self._ranked(start + size)[start : start + size]
        dressing = Dressing(self.reader, own_words([*self.slots, *self.quoted]), self._filter_clauses())
        return dressing.hits([(group.raised(), group.address) for group in shown])

    def _ranked(self, wanted: int) -> list[Group]:
        required = [*self.required, *self._filter_clauses()]
        scored = self.scoring.ranking([*self.slots, *self.quoted], self.codes)
        clause = within(scored if self.slots or self.quoted else all_of(self.required), required, self.excluded)
        limit = WINDOW
        while True:
            hits = self.reader.best(clause, limit)
            addresses = [address for _, address in hits]
            columns = (self.reader.column(name, addresses) for name in ("group_no", "superseded"))
            groups = _grouped(hits, *columns)
            if len(groups) >= wanted or len(hits) < limit:
                return groups
            limit *= 4


def _grouped(hits: list[Scored], numbers: list[int], superseded: list[int]) -> list[Group]:
    """Best hit first; within the window further sections raise their group, beyond it the order stands.

    The window is fixed, so that a group never moves from one page of results to another; where two weigh the same,
    as editions with the same sentence do, their numbers decide, in an index written anew too.
    """
    groups: dict[int, Group] = {}
    for position, ((score, address), number, old) in enumerate(zip(hits, numbers, superseded, strict=True)):
        if number not in groups:
            groups[number] = Group(number, score, address, position < WINDOW, is_superseded=bool(old))
        elif position < WINDOW:
            groups[number].others += 1
    return sorted(groups.values(), key=Group.order)


def _column(facet: str) -> str:
    return facet if facet == "year" else f"{facet}_no"


def _filter_number(facet: str, value: str) -> int:
    if facet != "year":
        return number_of(normalise(value))
    is_year = value.isascii() and value.isdigit() and len(value) <= 4
    return int(value) if is_year else NO_YEAR
