"""One search by one person: correct, count, rank by group, dress the hits shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log2, prod

from search.engines.asked import Asked
from search.engines.clauses import (
    Clause,
    Constant,
    Term,
    all_of,
    any_of,
    found_by,
    within,
)
from search.engines.contract import FACETS, Hit, Query, Results, Section
from search.engines.entries import number_of
from search.engines.hits import Dressing
from search.engines.matching import Part, Scoring, covering, own_words, word_matches
from search.engines.reader import ALL, DECIMALS, Address, Close, Reader, Scored
from search.engines.statistics import as_seen, rarity
from search.query import (
    SPREAD,
    WEIGHTS,
    normalise,
)

WINDOW = 200  # hits among which further sections raise their group
NEAREST = 100  # documents closest in meaning that are looked at
NEAR = 3  # so many that have not the words are shown
STANDS_OUT = 2.5  # by so many standard deviations what is shown for its meaning alone
NO_YEAR = -1
KIND = FACETS.index("kind")

# Numbers found in the index → the strings they stand for; hashes never change, so it is never stale.
Names = dict[int, str]


@dataclass
class Found:
    """A document that was found, as its numbers tell it."""

    score: float
    address: Address
    group: int
    unit: int
    place: int
    is_superseded: bool
    values: tuple[int, ...]  # one for each facet
    meant: float = 0.0  # what of the score is for its meaning


@dataclass
class Unit:
    """A row of the list: a page with its sections and old editions, or a file."""

    number: int
    best: Found
    position: int
    is_of_kind: bool
    others: int = 0  # further sections found
    editions: dict[int, Address] = field(default_factory=dict)  # old ones, each with where it was found

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
        reader: Reader,
        query: Query,
        names: Names,
    ) -> None:
        self.query = query
        self.asked = Asked(query, reader)
        self.reader = reader
        self._known_names = names

    @cached_property
    def asks_nothing(self) -> bool:
        return not (self.asked.slots or self.asked.required) or not self.query.tokens

    def refused(self) -> set[int]:
        """The groups found that may no longer be shown: search again without them, so that nothing tells of them."""
        if self.asks_nothing:
            return set()
        examples = {found.group: found.address for found in (*self._documents, *self._closest)}
        groups = {name: number for number, name in self._names("group", examples).items()}
        admitted = set(self.query.admits(groups.keys()))
        return {number for group, number in groups.items() if group not in admitted}

    def results(self) -> Results:
        if self.asks_nothing:
            return Results()
        return Results(
            total=len(self._kept),
            hits=self._hits(),
            facets=self._facets(),
            corrected=self.asked.corrected_words,
            all_words=self._all_words,
            unfiltered=len({found.unit for found in self._documents}),
            near=self._near_hits(),
            near_first=self._is_near_first(),
        )

    @cached_property
    def filters(self) -> dict[str, int]:
        """Facet → number of the chosen value, as the index holds it."""
        chosen = {name: value for name, value in self.query.filters.items() if name in FACETS and value}
        return {name: _filter_number(name, str(value)) for name, value in chosen.items()}

    def _filter_clauses(self) -> list[Clause]:
        return [Term(_column(name), number) for name, number in self.filters.items()]

    # Finding: one query for the order, the count and the facets

    @cached_property
    def _found(self) -> tuple[list[Scored], list[Scored]]:
        """Every document found, best first, whatever the filters, and those that hold every word.

        Both are asked at once: each question to a server is a journey.
        """
        ways = self._ways()
        first = next(ways, None)
        if first is None:
            return [], []
        asked = [first, self._holding_all] if self._holding_all else [first]
        found, *holding = self.reader.together([(clause, ALL) for clause in asked])
        while not found and (way := next(ways, None)):
            found = self.reader.every(way)
        return found, holding[0] if holding else found

    def _ways(self) -> Iterator[Clause]:
        """To find, until one finds anything: whoever holds most of the words, then less and less of them."""
        scored, _own = self._as_seen
        if self.asked.required:
            yield found_by(all_of(self.asked.required), scored, self.asked.excluded)
            return
        codes = [Term("code_form", code) for code in self.asked.codes]
        told = [(place, rarity(count, self.reader.documents), count) for place, count in self.asked.places]
        known = [(place, tells) for place, tells, count in told if count]
        telling = self.asked.telling
        enough = [place for place, _ in known if place in telling or not telling]
        required = [any_of(enough)] if len(enough) < len(known) else []
        for holding in covering(known, sum(tells for _, tells, _ in told)) if enough else ():
            yield found_by(any_of([all_of([holding, *required]), *codes]), scored, self.asked.excluded)
        if codes:
            yield found_by(any_of(codes), scored, self.asked.excluded)

    @cached_property
    def _as_seen(self) -> tuple[list[Clause], Clause]:
        """What orders pages, and what orders the sections below each; how rare their words are is asked at once."""
        slots = self.asked.ranked_by
        *scored, own = as_seen([*self._scoring.ranking(slots, self.asked.codes), own_words(slots)], self.reader)
        return scored, own

    def parts(self) -> Iterable[Part]:
        """What the ranking adds up, taken apart."""
        parts = list(self._scoring.parts(self.asked.ranked_by, self.asked.codes))
        clauses = as_seen((part.clause for part in parts), self.reader)
        return [replace(part, clause=clause) for part, clause in zip(parts, clauses, strict=True)]

    @cached_property
    def _scoring(self) -> Scoring:
        """Words that stand for each other are weighed by how rare each is."""
        instead = [words for slot in self.asked.slots if slot.synonyms for words in (slot.words, *slot.synonyms)]
        told = list({word: word_matches(word) for words in instead for word in words}.items())
        counted = zip(told, self.reader.counts(clause for _, clause in told), strict=True)
        return Scoring({word: rarity(count, self.reader.documents) for (word, _), count in counted})

    @cached_property
    def _documents(self) -> list[Found]:
        """Best first: of those that its words put into the window, who is closer in meaning comes before."""
        found, close = self._by_words, self._close
        if close is None:
            return found
        known = [self._worth(cosine) for cosine in close.asked if cosine is not None]
        usual = sum(known) / len(known) if known else 0.0  # of what has no meaning yet, or is superseded
        worth = [usual if cosine is None else self._worth(cosine) for cosine in close.asked]
        first = [self._with(each, round(more, DECIMALS)) for each, more in zip(found, worth, strict=False)]
        return [*sorted(first, key=_in_order), *found[WINDOW:]]

    @cached_property
    def _by_words(self) -> list[Found]:
        found, _holding_all = self._found
        return self._numbered(found)

    def _numbered(self, scored: Sequence[Scored]) -> list[Found]:
        """Best first; what weighs the same stands by its number: how a score was summed must not decide."""
        addresses = [address for _, address in scored]
        numbers = [self.reader.column(name, addresses) for name in ("group_no", "unit_no", "place", "superseded")]
        values = zip(*(self.reader.column(_column(name), addresses) for name in FACETS), strict=True)
        found = [
            Found(round(score, DECIMALS), address, group, unit, place, bool(superseded), row)
            for (score, address), group, unit, place, superseded, row in zip(scored, *numbers, values, strict=True)
        ]
        return sorted(found, key=_in_order)

    # What is close in meaning

    @cached_property
    def _close(self) -> Close | None:
        """Where nothing but words was typed: who quotes, leaves out or names a code says which words are wanted."""
        found = self._by_words
        if self.query.meant is None or self.asked.required or self.asked.typed.excluded or not self.asked.slots:
            return None
        if found and found[0].score >= WEIGHTS["code"]:
            return None
        meaning = self.query.meant(self.asked.in_words)
        return self.reader.close(meaning, NEAREST, [each.address for each in found[:WINDOW]]) if meaning else None

    def _worth(self, cosine: float) -> float:
        """What a meaning so close adds to the score of the words; alone where no words were found."""
        best = self._by_words[0].score if self._by_words else 1.0
        return WEIGHTS["meaning"] * best * (self._close.stands_out(cosine) if self._close else 0.0) / SPREAD

    def _with(self, found: Found, more: float) -> Found:
        return replace(found, score=found.score + more, meant=more)

    @cached_property
    def _closest(self) -> list[Found]:
        """Pages that stand out by their meaning and have not the words, the closest document of each."""
        close, has_words = self._close, {found.unit for found in self._by_words}
        if close is None or not self.asked.says_enough:
            return []
        out = [(self._worth(cosine), at) for cosine, at in close.nearest if close.stands_out(cosine) >= STANDS_OUT]
        units: dict[int, Found] = {}
        for found in self._numbered(out):
            if found.unit not in has_words and not self._failed(found.values):
                units.setdefault(found.unit, found)
        return list(units.values())[:NEAR]

    def _near(self) -> list[Found]:
        return self._closest if self.query.page <= 1 and not self._all_words else []

    def _is_near_first(self) -> bool:
        near, ranked = self._near(), self.ranked()
        return bool(near) and (not ranked or near[0].score > ranked[0].score)

    def _near_hits(self) -> list[Hit]:
        """Each with the section that was meant, whatever words its others hold."""
        near = self._near()
        if not near:
            return []
        hits = self._dressing.hits([(each.score, each.address, []) for each in near])
        meant = self.reader.shown([each.address for each in near])
        return [
            replace(hit, more=0, sections=[Section(each.heading, each.url)] if each.heading else [])
            for hit, each in zip(hits, meant, strict=True)
        ]

    @cached_property
    def _rows(self) -> set[tuple[int, tuple[int, ...]]]:
        """Each unit found, with each set of facets that it has: an old edition is of another year than its page."""
        return {(found.unit, found.values) for found in self._documents}

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
        names = self._names(name, examples)
        named = [(names[value], count) for value, count in counted.items() if names[value]]
        return sorted(named, key=lambda pair: (-pair[1], pair[0]))

    def _failed(self, values: tuple[int, ...]) -> set[str]:
        """The filters that a row of facets does not pass."""
        if not self.filters:
            return set()
        row = dict(zip(FACETS, values, strict=True))
        return {name for name, number in self.filters.items() if row[name] != number}

    def _names(self, facet: str, examples: Mapping[int, Address]) -> dict[int, str]:
        """What each number stands for."""
        if facet == "year":
            return {number: str(number) if number else "" for number in examples}
        unknown = {number: address for number, address in examples.items() if number not in self._known_names}
        if unknown:
            self._known_names |= self.reader.names(facet, unknown)
        return {number: self._known_names[number] for number in examples}

    @cached_property
    def _all_words(self) -> int:
        """Units where one document (the page or one section of it) holds every word."""
        if self._holding_all is None:
            return len(self._kept)
        holding = [address for _, address in self._found[1]]
        return len(self._kept.intersection(self.reader.column("unit_no", holding)))

    @cached_property
    def _holding_all(self) -> Clause | None:
        """Whoever holds every word, under the filters; None where no more than one is asked for."""
        asked = [*(place for place, _ in self.asked.places), *self.asked.required]
        return Constant(within(all_of(asked), self._filter_clauses()), 0.0) if len(asked) > 1 else None

    # Ranking

    def _hits(self) -> list[Hit]:
        size = max(self.query.per_page, 1)
        start = (max(self.query.page, 1) - 1) * size
        shown = self.ranked()[start : start + size]
        return self._dressing.hits([(unit.score, unit.best.address, list(unit.editions.values())) for unit in shown])

    @cached_property
    def _dressing(self) -> Dressing:
        _scored, own = self._as_seen
        return Dressing(self.reader, self.asked.ranked_by, own, self._filter_clauses())

    def ranked(self) -> list[Unit]:
        return self._ranked

    @cached_property
    def _ranked(self) -> list[Unit]:
        """Best document first; within the window further sections raise their page, beyond it the order stands."""
        units: dict[int, Unit] = {}
        kinds = {number_of(kind) for slot in self.asked.slots for kind in slot.kinds}
        passing = (found for found in self._documents if not self._failed(found.values))
        for position, found in enumerate(passing):
            unit = units.get(found.unit)
            if unit is None:
                units[found.unit] = unit = Unit(found.unit, found, position, found.values[KIND] in kinds)
            elif unit.best.is_superseded and not found.is_superseded:
                unit.best, unit.position, unit.others = found, position, 0
            elif found.group == unit.best.group and position < WINDOW:
                unit.others += 1
            if found.is_superseded:
                unit.editions.setdefault(found.group, found.address)
        for unit in units.values():
            unit.editions.pop(unit.best.group, None)
        return sorted(units.values(), key=Unit.order)


def without_refused(reader: Callable[[Iterable[int]], Reader], query: Query, names: Names) -> PersonSearch:
    """As if nothing were in the index that is no longer the person's to see: the search is repeated without it."""
    refused: set[int] = set()
    while True:
        search = PersonSearch(reader(refused), query, names)
        newly_refused = search.refused()
        if not newly_refused:
            return search
        refused |= newly_refused


def _in_order(found: Found) -> tuple[float, int, int]:
    return -found.score, found.group, found.place


def _column(facet: str) -> str:
    return facet if facet == "year" else f"{facet}_no"


def _filter_number(facet: str, value: str) -> int:
    if facet != "year":
        return number_of(normalise(value))
    is_year = value.isascii() and value.isdigit() and len(value) <= 4
    return int(value) if is_year else NO_YEAR
