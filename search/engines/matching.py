"""From words to clauses: what must be held to be found, and what says in which order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from search.engines.clauses import (
    AnyOf,
    Best,
    Clause,
    Constant,
    Everything,
    Ordered,
    Phrase,
    Term,
    Weighed,
    all_of,
    any_of,
    within,
)
from search.engines.entries import number_of
from search.engines.slots import Slot, Word
from search.query import COVERED, MANY_WORDS, PAIR_SLOP, STEPS, WEIGHTS


def word_matches(word: Word) -> Clause:
    # Every exact match is a stemmed one too, except for stopwords, which have no stem.
    return Term("text", word.stem) if word.stem else Term("text_exact", word.exact)


def phrase(words: Sequence[Word], field: str = "text") -> Clause:
    """Words side by side; stopwords hold their place.

    Never with slop: the embedded engine then finds other documents when it scores than when it counts.
    """
    stems = [(position, word.stem) for position, word in enumerate(words) if word.stem]
    if len(stems) > 1:
        first = stems[0][0]
        return Phrase(field, tuple((position - first, stem) for position, stem in stems))
    if stems:
        return Term(field, stems[0][1])
    return all_of(Term("text_exact", word.exact) for word in words)


def places(slot: Slot) -> list[Clause]:
    """What a document must hold to have the slot: each of its words, or what stands for all of them."""
    instead = [*map(word_matches, slot.corrections), *map(phrase, slot.synonyms)]
    instead += [Term("kind_no", number_of(kind)) for kind in slot.kinds]
    instead += [Term("year", slot.year)] if slot.year else []
    if slot.together:
        return [any_of([phrase(slot.words), *instead])]
    return [any_of([word_matches(word), *instead]) for word in slot.words]


def counted(slots: Sequence[Slot]) -> Iterator[Clause]:
    """All of which one wants to know how many documents have it."""
    closer = _closer(slots)
    yield Everything()
    yield all_of(place for slot in slots for place in places(slot))
    for slot in slots:
        yield from places(slot)
        for word in chain(slot.words, slot.corrections, *slot.synonyms):
            yield word_matches(word)
            yield from (clause for _weight, clause in _fields(word, closer))


def covering(asked: Sequence[tuple[Clause, float]], whole: float) -> Iterator[Clause]:
    """First who holds most of what the words tell (rare ones tell more), then who holds less and less of it."""
    steps = [(clause, max(round(STEPS * told / whole), 1)) for clause, told in asked]
    repeated = tuple(clause for clause, times in steps for _ in range(times))
    for least in range(min(round(COVERED * STEPS), len(repeated)), 0, -1):
        yield AnyOf(repeated, least)


def own_words(slots: Iterable[Slot]) -> Clause:
    """For sections: what was found in the section itself, not in its page's title; phrases whole."""
    found: dict[tuple[Word, ...], None] = {}
    for slot in slots:
        typed = [slot.words] if slot.together else [(word,) for word in slot.words]
        found |= dict.fromkeys([*typed, *((word,) for word in slot.corrections), *slot.synonyms])
    told = [words for words in found if any(word.stem for word in words)]
    return Ordered(any_of(phrase(words, "own") for words in told), tuple(map(phrase, told)))


OF_A_PART = -1


@dataclass(frozen=True)
class Part:
    """A part of the ranking query: the name of its weight, the words, what they add. Of the ways in which a slot is
    found the best alone counts."""

    weight: str
    words: str
    clause: Clause
    slot: int
    way: int = 0


class Scoring:
    """The ranking query."""

    def __init__(self, rarities: Mapping[Word, float]) -> None:
        """How rare each word is that has synonyms, or stands in one."""
        self._rarities = rarities

    def ranking(self, slots: Sequence[Slot], codes: Iterable[str]) -> list[Clause]:
        """Each adds to the score of what is found; none decides what is."""
        scored = [self._slot(slot, _closer(slots)) for slot in slots]
        pairs = [clause for _words, clause in _pairs(slots)]
        kinds = [clause for _words, clause in _kinds_alone(slots)]
        return [*scored, *pairs, *kinds, *(_code(code) for code in codes)]

    def parts(self, slots: Sequence[Slot], codes: Iterable[str]) -> Iterator[Part]:
        """The same taken apart, to be explained."""
        closer = _closer(slots)
        for at, slot in enumerate(slots):
            yield from self._parts_of(slot, at, closer)
        beside = chain(
            (("pair", *pair) for pair in _pairs(slots)),
            (("kind_alone", *kind) for kind in _kinds_alone(slots)),
            (("code", code, _code(code)) for code in codes),
        )
        yield from (Part(*each, slot=-1 - at) for at, each in enumerate(beside))

    def _parts_of(self, slot: Slot, at: int, closer: str) -> Iterator[Part]:
        """What is typed is one way to be found, each correction and each synonym another."""
        if slot.together:
            yield Part("text", _said(slot.words), phrase(slot.words), at)
        fields = [] if slot.together else [(word, *each) for word in slot.words for each in _fields(word, closer)]
        for word, weight, clause in fields:
            told = _boost(clause, weight)
            yield Part(weight, word.exact, told if _is_one_word(slot) else within(told, _whole(slot)), at)
            if not _is_one_word(slot):
                yield Part("part", word.exact, _boost(told, "part"), at, OF_A_PART)
        instead = [("correction", word.exact, _boost(_word(word, closer), "correction")) for word in slot.corrections]
        instead += [
            ("synonym", _said(words), Weighed(_synonym(words, closer), self._synonym_weight(slot, words)))
            for words in slot.synonyms
        ]
        yield from (Part(*each, at, way) for way, each in enumerate(instead, start=1))

    def _slot(self, slot: Slot, closer: str) -> Clause:
        typed = phrase(slot.words) if slot.together else _typed(slot, closer)
        corrected = [_boost(_word(word, closer), "correction") for word in slot.corrections]
        synonyms = [Weighed(_synonym(words, closer), self._synonym_weight(slot, words)) for words in slot.synonyms]
        return Best((typed, *corrected, *synonyms))

    def _synonym_weight(self, slot: Slot, synonym: tuple[Word, ...]) -> float:
        """A rare synonym of a common word would outrank it: rarity beyond the typed word's is taken away."""
        typed = sum(self._rarities[word] for word in slot.words)
        return WEIGHTS["synonym"] * min(1.0, typed / sum(self._rarities[word] for word in synonym))


def _closer(slots: Sequence[Slot]) -> str:
    return "exact" if sum(len(slot.words) for slot in slots) >= MANY_WORDS else "form"


def _said(words: Iterable[Word]) -> str:
    return " ".join(word.exact for word in words)


def _code(code: str) -> Clause:
    return _boost(Constant(Term("code_form", code), 1.0), "code")


def _word(word: Word, closer: str) -> Clause:
    return any_of(_boost(clause, weight) for weight, clause in _fields(word, closer))


def _fields(word: Word, closer: str) -> Iterator[tuple[str, Clause]]:
    """Where a word is looked for, each by the name of its weight."""
    near = word.exact if closer == "exact" or not word.stem else word.form
    closer = closer if word.stem else "exact"
    for name in ("text", "title"):
        yield f"{name}_{closer}", Term(f"{name}_{closer}", near)
    if word.stem:
        for name in ("text", "title"):
            yield name, Term(name, word.stem)


def _synonym(words: tuple[Word, ...], closer: str) -> Clause:
    """A phrase where it stands; all the more where a title has its words."""
    if len(words) == 1:
        return _word(words[0], closer)
    title = _boost(all_of(Term("title", word.stem) for word in words if word.stem), "title")
    return any_of([phrase(words), title])


def _pairs(slots: Sequence[Slot]) -> Iterator[tuple[str, Clause]]:
    words = [word for slot in slots for word in slot.leading() if word.stem]
    for first, second in zip(words, words[1:], strict=False):
        if first.stem != second.stem:
            near = Phrase("text", ((0, first.stem), (1, second.stem)), PAIR_SLOP)
            yield _said([first, second]), _boost(near, "pair")


def _kinds_alone(slots: Sequence[Slot]) -> Iterator[tuple[str, Clause]]:
    """Of one word that is nothing but a kind, beside a year at most: two such words may be a title."""
    named = [slot for slot in slots if slot.kinds]
    if len(named) == 1 and all(slot.kinds or slot.year for slot in slots):
        for kind in named[0].kinds:
            yield _said(named[0].words), _boost(Constant(Term("kind_no", number_of(kind)), 1.0), "kind_alone")


def _typed(slot: Slot, closer: str) -> Clause:
    words = any_of(_word(word, closer) for word in slot.words)
    return words if _is_one_word(slot) else Best((within(words, _whole(slot)), _boost(words, "part")))


def _is_one_word(slot: Slot) -> bool:
    """Or several that stand each for itself; words that have another name together are one thing, of which one of them
    alone says little."""
    return len(slot.words) == 1 or not slot.synonyms


def _whole(slot: Slot) -> list[Clause]:
    return list(map(word_matches, slot.words))


def _boost(clause: Clause, weight: str) -> Clause:
    return Weighed(clause, WEIGHTS[weight])
