"""One search by one person: correct, count, rank by group, dress the hits shown."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log2, prod

import tantivy
from tantivy import DocAddress
from tantivy import Query as Clause

from search.engines.contract import FACETS, Hit, Query, Results
from search.engines.embedded.hits import Dressing
from search.engines.embedded.matching import (
    Scoring,
    all_of,
    any_of,
    covering,
    phrase,
    places,
    rarity,
    term,
    unscored,
    word_matches,
)
from search.engines.embedded.reader import Reader, Scored, found_by, within
from search.engines.embedded.spelling import Vocabulary, corrections
from search.engines.embedded.tantivy_index import body_of, number_of, schema, stored
from search.engines.slots import Slot, Word, read, slots_of, word_of
from search.italian import is_word
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
KIND = FACETS.index("kind")

# Numbers found in the index → the strings they stand for; hashes never change, so it is never stale.
Names = dict[int, str]


@dataclass
class Found:
    """A document that was found, as its numbers tell it."""

    score: float
    address: DocAddress
    group: int
    is_superseded: bool
    values: tuple[int, ...]  # one for each facet


@dataclass
class Unit:
    """A row of the list: a page with its sections and old editions, or a file."""

    number: int
    best: Found
    position: int
    is_of_kind: bool
    others: int = 0  # further sections found
    editions: dict[int, DocAddress] = field(default_factory=dict)  # old ones, each with where it was found

    @property
    def in_window(self) -> bool:
        return self.position < WINDOW

    @property
    def score(self) -> float:
        return self.best.score * prod(factor for _name, factor in self.factors())

    def factors(self) -> list[tuple[str, float]]:
        """What the score of its words is multiplied by."""
        found = [("superseded", WEIGHTS["superseded"])] if self.best.is_superseded else []
        found += [("kind", WEIGHTS["kind"])] if self.is_of_kind else []
        return [*found, ("section", 1 + WEIGHTS["section"] * log2(1 + self.others))]

    def order(self) -> tuple[bool, float, int, int]:
        """The window is fixed, so that nothing moves from one page of results to another; where two weigh the same
        their numbers decide, in an index written anew too."""
        return (False, -self.score, 0, self.number) if self.in_window else (True, 0, self.position, 0)


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
        self._searcher = searcher
        self._vocabulary = vocabulary
        self._names = names

    @cached_property
    def asks_nothing(self) -> bool:
        return not (self.slots or self.required) or not self.query.tokens

    def refused(self) -> set[int]:
        """The groups found that may no longer be shown: search again without them, so that nothing tells of them."""
        if self.asks_nothing:
            return set()
        examples = {found.group: found.address for found in self._documents}
        groups = {self._name("group", number, address): number for number, address in examples.items()}
        admitted = set(self.query.admits(groups.keys()))
        return {number for group, number in groups.items() if group not in admitted}

    def results(self) -> Results:
        if self.asks_nothing:
            return Results(searched=replace_words(self.query.words, {}))
        return Results(
            total=len(self._kept),
            hits=self._hits(),
            facets=self._facets(),
            corrected=self._corrected_words(),
            searched=self._searched_words(),
            all_words=self._count_all_words(),
            unfiltered=len(set(self._units)),
        )

    # What to look for

    @cached_property
    def slots(self) -> list[Slot]:
        """The typed words, those unknown to this person with their corrections."""
        slots = slots_of(self.typed.words, self.query.synonyms, self.query.kinds)
        if not slots or self.reader.count(all_of(place for slot in slots for place in places(slot))):
            return slots
        unknown = [slot for slot in slots if not self._is_right(slot)][:MAX_CORRECTED]
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
        return [phrase(read(words)) for words in self.typed.phrases] + ([named] if named else [])

    def _named_code(self) -> Clause | None:
        """Whoever types nothing but the code of a page wants that page, and those that name it."""
        asked = term("code_form", code_form(" ".join(self.typed.words)))
        page = next(iter(self.reader.best(asked, 1)), None) if self.typed.words else None
        if page is None:
            return None
        words = words_of(stored(self.reader.document(page[1]), "code"))
        return any_of([asked, phrase(read(words))])

    @cached_property
    def excluded(self) -> list[Clause]:
        """Whole groups: a page is left out when any section this person sees holds the word."""
        clauses = [phrase(read(words)) for words in self.typed.excluded]
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

    def _is_right(self, slot: Slot) -> bool:
        """Known to the documents that this person sees, to the glossary, or to Italians."""
        if slot.synonyms or len(slot.words) > 1:
            return True
        [word] = slot.words
        return self._is_visible(word) or word.exact in self.query.right or is_word(word.exact)

    def _is_visible(self, word: Word) -> bool:
        field, value = ("text", word.stem) if word.stem else ("text_exact", word.exact)
        return self.reader.written_at_all(field, value) and self.reader.count(word_matches(word)) > 0

    def _correct(self, slot: Slot) -> Slot:
        found = corrections(slot.words[0].exact, self._vocabulary(), self._visible_count)
        return replace(slot, corrections=read(found))

    def _visible_count(self, word: str) -> int:
        return self.reader.count(term("text_exact", word)) if word_of(word).stem else 0

    def _corrected_words(self) -> str | None:
        corrected = {
            slot.words[0].exact: self._spelling(slot.corrections[0]) for slot in self.slots if slot.corrections
        }
        return replace_words(self.query.words, corrected) if corrected else None

    def _spelling(self, word: Word) -> str:
        """The vocabulary is folded; give back the accents, as a document this person sees writes them."""
        for _, address in self.reader.best(term("text_exact", word.exact), 1):
            document = self.reader.document(address)
            text = " ".join([stored(document, "title_shown"), stored(document, "heading"), body_of(document)])
            return spelling_in(text, word.exact)
        return word.exact

    def _searched_words(self) -> str:
        all_unknown = bool(self.slots) and all(slot.corrections for slot in self.slots)
        corrected = self._corrected_words() if all_unknown else None
        return corrected or replace_words(self.query.words, {})

    # Finding: one query for the order, the count and the facets

    @cached_property
    def _found(self) -> list[Scored]:
        """Every document found, best first, whatever the filters."""
        scored = Scoring(self._rarity).ranking([*self.slots, *self.quoted], self.codes)
        if self.required:
            return self.reader.every(found_by(all_of(self.required), scored, self.excluded))
        codes = [term("code_form", code) for code in self.codes]
        told = [(place, rarity(count, self.reader.documents), count) for place, count in self._asked]
        known = [(place, tells) for place, tells, count in told if count]
        for holding in covering(known, sum(tells for _, tells, _ in told)):
            found = self.reader.every(found_by(any_of([holding, *codes]), scored, self.excluded))
            if found:
                return found
        return self.reader.every(found_by(any_of(codes), scored, self.excluded)) if codes else []

    def parts(self) -> Iterable[tuple[str, str, Clause]]:
        """What the ranking adds up, taken apart."""
        return Scoring(self._rarity).parts([*self.slots, *self.quoted], self.codes)

    @cached_property
    def _asked(self) -> list[tuple[Clause, int]]:
        """What the words ask for, and how many documents have it."""
        asked = [place for slot in self.slots for place in places(slot)]
        return [(place, self.reader.count(place)) for place in asked]

    def _rarity(self, word: Word) -> float:
        return rarity(self.reader.count(word_matches(word)), self.reader.documents)

    @cached_property
    def _documents(self) -> list[Found]:
        addresses = [address for _, address in self._found]
        groups, old = (self.reader.column(name, addresses) for name in ("group_no", "superseded"))
        values = zip(*(self.reader.column(_column(name), addresses) for name in FACETS), strict=True)
        return [
            Found(score, address, group, bool(superseded), row)
            for (score, address), group, superseded, row in zip(self._found, groups, old, values, strict=True)
        ]

    @cached_property
    def _units(self) -> list[int]:
        """The unit of each document found."""
        return self.reader.column("unit_no", [address for _, address in self._found])

    @cached_property
    def _rows(self) -> set[tuple[int, tuple[int, ...]]]:
        """Each unit found, with each set of facets that it has: an old edition is of another year than its page."""
        return {(unit, found.values) for unit, found in zip(self._units, self._documents, strict=True)}

    @cached_property
    def _kept(self) -> set[int]:
        """The units that pass every filter: as many as are counted, and those that are listed."""
        return {unit for unit, values in self._rows if not self._failed(values)}

    def _facets(self) -> dict[str, list[tuple[str, int]]]:
        return {name: self._facet(at, name) for at, name in enumerate(FACETS)}

    def _facet(self, at: int, name: str) -> list[tuple[str, int]]:
        pairs = {(unit, values[at]) for unit, values in self._rows if self._failed(values) <= {name}}
        examples = {found.values[at]: found.address for found in self._documents}
        counted = Counter(value for _, value in pairs)
        named = [(self._name(name, value, examples[value]), count) for value, count in counted.items()]
        return sorted(((value, count) for value, count in named if value), key=lambda pair: (-pair[1], pair[0]))

    def _failed(self, values: tuple[int, ...]) -> set[str]:
        """The filters that a row of facets does not pass."""
        if not self.filters:
            return set()
        row = dict(zip(FACETS, values, strict=True))
        return {name for name, number in self.filters.items() if row[name] != number}

    def _name(self, facet: str, number: int, example: DocAddress) -> str:
        if facet == "year":
            return str(number) if number else ""
        if number not in self._names:
            self._names[number] = stored(self.reader.document(example), facet)
        return self._names[number]

    def _count_all_words(self) -> int:
        """Units where one document (the page or one section of it) holds every word."""
        asked = [*(place for place, _ in self._asked), *self.required]
        if len(asked) < 2:
            return len(self._kept)
        holding = self.reader.every(within(unscored(all_of(asked)), self._filter_clauses()))
        return len(self._kept.intersection(self.reader.column("unit_no", [address for _, address in holding])))

    # Ranking

    def _hits(self) -> list[Hit]:
        size = max(self.query.per_page, 1)
        start = (max(self.query.page, 1) - 1) * size
        shown = self.ranked()[start : start + size]
        dressing = Dressing(self.reader, [*self.slots, *self.quoted], self._filter_clauses())
        return dressing.hits([(unit.score, unit.best.address, list(unit.editions.values())) for unit in shown])

    def ranked(self) -> list[Unit]:
        """Best document first; within the window further sections raise their page, beyond it the order stands."""
        units: dict[int, Unit] = {}
        kinds = {number_of(kind) for slot in self.slots for kind in slot.kinds}
        every = zip(self._units, self._documents, strict=True)
        passing = ((unit, found) for unit, found in every if not self._failed(found.values))
        for position, (number, found) in enumerate(passing):
            unit = units.get(number)
            if unit is None:
                units[number] = unit = Unit(number, found, position, found.values[KIND] in kinds)
            elif unit.best.is_superseded and not found.is_superseded:
                unit.best, unit.position, unit.others = found, position, 0
            elif found.group == unit.best.group and position < WINDOW:
                unit.others += 1
            if found.is_superseded:
                unit.editions.setdefault(found.group, found.address)
        for unit in units.values():
            unit.editions.pop(unit.best.group, None)
        return sorted(units.values(), key=Unit.order)


def _column(facet: str) -> str:
    return facet if facet == "year" else f"{facet}_no"


def _filter_number(facet: str, value: str) -> int:
    if facet != "year":
        return number_of(normalise(value))
    is_year = value.isascii() and value.isdigit() and len(value) <= 4
    return int(value) if is_year else NO_YEAR
