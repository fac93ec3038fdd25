"""One search by one person: correct, count, rank by group, dress the hits shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise, zip_longest
from math import log2, prod

from search.engines.clauses import (
    AnyOf,
    Begins,
    Clause,
    Constant,
    Term,
    all_of,
    any_of,
    found_by,
    one_of,
    within,
)
from search.engines.contract import FACETS, Hit, Query, Results, Section
from search.engines.entries import number_of
from search.engines.hits import Dressing
from search.engines.matching import Scoring, counted, covering, own_words, phrase, places, word_matches
from search.engines.reader import ALL, DECIMALS, Address, Close, Reader, Scored
from search.engines.slots import Slot, Word, read, slots_of, word_of
from search.engines.spelling import apart, corrections
from search.engines.statistics import as_seen, rarity
from search.italian import is_word
from search.query import (
    SPREAD,
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
MAX_APART = 3  # ways in which a word is taken apart
NEAREST = 100  # documents closest in meaning that are looked at
NEAR = 3  # so many that have not the words are shown
STANDS_OUT = 2.5  # by so many standard deviations what is shown for its meaning alone
SAYS_ENOUGH = 2  # words: one that nobody wrote is as close to one page as to another
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
        self.typed: Typed = parse(query.words)
        self.reader = reader
        self._known_names = names

    @cached_property
    def asks_nothing(self) -> bool:
        return not (self.slots or self.required) or not self.query.tokens

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
            return Results(searched=replace_words(self.query.words, {}))
        return Results(
            total=len(self._kept),
            hits=self._hits(),
            facets=self._facets(),
            corrected=self._corrected_words,
            searched=self._searched_words(),
            all_words=self._all_words,
            unfiltered=len({found.unit for found in self._documents}),
            near=self._near_hits(),
            near_first=self._is_near_first(),
        )

    # What to look for

    @cached_property
    def slots(self) -> list[Slot]:
        """The typed words, those unknown to this person with their corrections."""
        slots = slots_of(self.typed.words, self.query.synonyms, self.query.kinds)
        if slots:
            joined = self._joined(slots)
            # Each question to a server is a journey: these are asked at once.
            self.reader.counts([*counted(slots), self._code_asked, *map(word_matches, joined.values())])
            slots = list(self._in_one_word(slots, joined))
        if not slots or self._count(all_of(place for slot in slots for place in places(slot))):
            return slots
        unknown = [slot for slot in slots if not self._is_right(slot)][:MAX_CORRECTED]
        meant = [self._apart(slot) or self._correct(slot) if slot in unknown else slot for slot in slots]
        if not self._is_believed(meant):
            return slots
        self.reader.counts(counted(meant))
        return meant

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

    @property
    def _code_asked(self) -> Clause:
        return Term("code_form", code_form(" ".join(self.typed.words)))

    def _named_code(self) -> Clause | None:
        """Whoever types nothing but the code of a page wants that page, and those that name it."""
        asked = self._code_asked
        page = next(iter(self.reader.best(asked, 1)), None) if self.typed.words and self._count(asked) else None
        if page is None:
            return None
        [shown] = self.reader.shown([page[1]])
        words = words_of(shown.code)
        return any_of([asked, phrase(read(words))])

    @cached_property
    def excluded(self) -> list[Clause]:
        """Whole groups: a page is left out when any section this person sees holds the word."""
        clauses = [phrase(read(words)) for words in self.typed.excluded]
        holding = self._numbers("group_no", any_of(clauses)) if clauses else ()
        return [one_of("group_no", set(holding))] if holding else []

    @cached_property
    def filters(self) -> dict[str, int]:
        """Facet → number of the chosen value, as the index holds it."""
        chosen = {name: value for name, value in self.query.filters.items() if name in FACETS and value}
        return {name: _filter_number(name, str(value)) for name, value in chosen.items()}

    def _filter_clauses(self) -> list[Clause]:
        return [Term(_column(name), number) for name, number in self.filters.items()]

    # Words nobody wrote, as far as this person can tell

    def _is_right(self, slot: Slot) -> bool:
        """Known to the documents that this person sees, to the glossary, or to Italians."""
        if slot.synonyms or len(slot.words) > 1:
            return True
        [word] = slot.words
        return self._is_visible(word) or word.exact in self.query.right or is_word(word.exact)

    def _is_visible(self, word: Word) -> bool:
        return self._count(word_matches(word)) > 0

    def _joined(self, slots: Sequence[Slot]) -> dict[int, Word]:
        """Where two words stand that may be one: "multi dimensionale"."""
        return {
            at: word_of(first.words[0].exact + second.words[0].exact)
            for at, (first, second) in enumerate(pairwise(slots))
            if first.is_plain and second.is_plain
        }

    def _in_one_word(self, slots: Sequence[Slot], joined: Mapping[int, Word]) -> Iterator[Slot]:
        """With two that somebody wrote as one in one place: they are found both ways."""
        after = 0
        for at, slot in enumerate(slots):
            if at < after:
                continue
            if at in joined and self._is_visible(joined[at]):
                yield Slot((*slot.words, *slots[at + 1].words), ((joined[at],),))
                after = at + 2
            else:
                yield slot

    def _apart(self, slot: Slot) -> Slot | None:
        """A word nobody wrote is several that somebody wrote side by side."""
        instead = [read(words) for words in apart(slot.words[0].exact)]
        counts = self.reader.counts(map(phrase, instead))
        found = sorted((-count, words) for words, count in zip(instead, counts, strict=True) if count)
        return replace(slot, synonyms=tuple(words for _, words in found[:MAX_APART])) if found else None

    def _is_believed(self, slots: Sequence[Slot]) -> bool:
        """Nonsense is not corrected: half of the words are found, or two of the corrected stand somewhere together."""
        corrected = [slot for slot in slots if slot.corrections]
        if not corrected or len(slots) < 2:
            return True
        others = [all_of(places(slot)) for slot in slots if not slot.corrections]
        found = sum(count > 0 for count in self.reader.counts(others))
        if 2 * (len(corrected) + found) < len(slots):
            return False
        if found or len(corrected) < 2:
            return True
        return self._count(AnyOf(tuple(all_of(places(slot)) for slot in corrected), 2)) > 0

    def _correct(self, slot: Slot) -> Slot:
        word = slot.words[0].exact
        return replace(
            slot, corrections=read(corrections(word, self.reader.near, self._visible_counts, self.query.right))
        )

    def _visible_counts(self, words: Iterable[str]) -> dict[str, int]:
        speaking = [word for word in words if word_of(word).stem]
        return dict(zip(speaking, self.reader.counts(Term("text_exact", word) for word in speaking), strict=True))

    @cached_property
    def _corrected_words(self) -> str | None:
        corrected = {slot.words[0].exact: slot.corrections[0].exact for slot in self.slots if slot.corrections}
        return replace_words(self.query.words, self._spelt(corrected)) if corrected else None

    def _spelt(self, corrected: Mapping[str, str]) -> dict[str, str]:
        """The vocabulary is folded; give back the accents, as a document this person sees writes them."""
        examples = self.reader.together([(Term("text_exact", word), 1) for word in corrected.values()])
        return {
            typed: self._spelling(word, [address for _, address in found])
            for (typed, word), found in zip(corrected.items(), examples, strict=True)
        }

    def _spelling(self, word: str, example: Sequence[Address]) -> str:
        for document in self.reader.shown(example):
            return spelling_in(" ".join([document.title, document.heading, document.text]), word)
        return word

    def _searched_words(self) -> str:
        all_unknown = bool(self.slots) and all(slot.corrections for slot in self.slots)
        corrected = self._corrected_words if all_unknown else None
        return corrected or replace_words(self.query.words, {})

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
        if self.required:
            yield found_by(all_of(self.required), scored, self.excluded)
            return
        codes = [Term("code_form", code) for code in self.codes]
        told = [(place, rarity(count, self.reader.documents), count) for place, count in self._asked]
        known = [(place, tells) for place, tells, count in told if count]
        telling = {place for slot in self._telling() or self._years() for place in places(slot)}
        enough = [place for place, _ in known if place in telling or not telling]
        required = [any_of(enough)] if len(enough) < len(known) else []
        for holding in covering(known, sum(tells for _, tells, _ in told)) if enough else ():
            yield found_by(any_of([all_of([holding, *required]), *codes]), scored, self.excluded)
        if codes:
            yield found_by(any_of(codes), scored, self.excluded)

    def _telling(self) -> list[Slot]:
        """The slots that say by themselves what is looked for: who has of "procedura xyz" the kind alone, or of "MD-99"
        the letters alone, has nothing of it."""
        return [
            slot for slot, after in zip_longest(self.slots, self.slots[1:]) if not self._only_goes_before(slot, after)
        ]

    def _years(self) -> list[Slot]:
        """Of "verbali 2026" the year tells more than the kind."""
        return [slot for slot in self.slots if slot.year]

    def _only_goes_before(self, slot: Slot, after: Slot | None) -> bool:
        """A kind, a year, or the letters of a code whose number follows."""
        if slot.kinds or slot.year:
            return True
        if after is None or not after.together or slot.words != after.words[:1]:
            return False
        return self._count(Begins("code_form", f"{code_form(slot.words[0].exact)}-")) > 0

    @cached_property
    def _as_seen(self) -> tuple[list[Clause], Clause]:
        """What orders pages, and what orders the sections below each; how rare their words are is asked at once."""
        slots = [*self.slots, *self.quoted]
        *scored, own = as_seen([*self._scoring.ranking(slots, self.codes), own_words(slots)], self.reader)
        return scored, own

    def parts(self) -> Iterable[tuple[str, str, Clause]]:
        """What the ranking adds up, taken apart."""
        parts = list(self._scoring.parts([*self.slots, *self.quoted], self.codes))
        clauses = as_seen((clause for _weight, _words, clause in parts), self.reader)
        return [(weight, words, clause) for (weight, words, _), clause in zip(parts, clauses, strict=True)]

    @cached_property
    def _asked(self) -> list[tuple[Clause, int]]:
        """What the words ask for, and how many documents have it."""
        asked = [place for slot in self.slots for place in places(slot)]
        return list(zip(asked, self.reader.counts(asked), strict=True))

    @cached_property
    def _scoring(self) -> Scoring:
        """Words that stand for each other are weighed by how rare each is."""
        instead = [words for slot in self.slots if slot.synonyms for words in (slot.words, *slot.synonyms)]
        told = list({word: word_matches(word) for words in instead for word in words}.items())
        counted = zip(told, self.reader.counts(clause for _, clause in told), strict=True)
        return Scoring({word: rarity(count, self.reader.documents) for (word, _), count in counted})

    def _count(self, clause: Clause) -> int:
        [count] = self.reader.counts([clause])
        return count

    def _numbers(self, column: str, clause: Clause) -> list[int]:
        """Of all that the clause finds."""
        return self.reader.column(column, [address for _, address in self.reader.every(Constant(clause, 0.0))])

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
        if self.query.meant is None or self.required or self.typed.excluded or not self.slots:
            return None
        if found and found[0].score >= WEIGHTS["code"]:
            return None
        meaning = self.query.meant(self.meant_words)
        return self.reader.close(meaning, NEAREST, [each.address for each in found[:WINDOW]]) if meaning else None

    @property
    def meant_words(self) -> str:
        return self._corrected_words or replace_words(self.query.words, {})

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
        if close is None or sum(map(self._says, self.slots)) < SAYS_ENOUGH:
            return []
        out = [(self._worth(cosine), at) for cosine, at in close.nearest if close.stands_out(cosine) >= STANDS_OUT]
        units: dict[int, Found] = {}
        for found in self._numbered(out):
            if found.unit not in has_words and not self._failed(found.values):
                units.setdefault(found.unit, found)
        return list(units.values())[:NEAR]

    def _says(self, slot: Slot) -> int:
        """How many words of it mean something to somebody."""
        is_word = bool(slot.corrections) or self._is_right(slot)
        return sum(bool(word.stem) for word in slot.words) if is_word else 0

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
        asked = [*(place for place, _ in self._asked), *self.required]
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
        return Dressing(self.reader, [*self.slots, *self.quoted], own, self._filter_clauses())

    def ranked(self) -> list[Unit]:
        return self._ranked

    @cached_property
    def _ranked(self) -> list[Unit]:
        """Best document first; within the window further sections raise their page, beyond it the order stands."""
        units: dict[int, Unit] = {}
        kinds = {number_of(kind) for slot in self.slots for kind in slot.kinds}
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
