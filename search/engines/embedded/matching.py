"""From words to tantivy queries. Text typed by a person is never parsed by tantivy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import log

from tantivy import Occur
from tantivy import Query as Clause

from search.engines.embedded.tantivy_index import number_of, schema
from search.engines.slots import Slot, Word
from search.query import COVERED, MANY_WORDS, PAIR_SLOP, STEPS, WEIGHTS


def term(field: str, value: str | int) -> Clause:
    return Clause.term_query(schema(), field, value, "freq")


def any_of(clauses: Iterable[Clause]) -> Clause:
    return Clause.boolean_query([(Occur.Should, clause) for clause in clauses])


def all_of(clauses: Iterable[Clause]) -> Clause:
    return Clause.boolean_query([(Occur.Must, clause) for clause in clauses])


def unscored(clause: Clause) -> Clause:
    return Clause.const_score_query(clause, 0.0)


def word_matches(word: Word) -> Clause:
    # Every exact match is a stemmed one too, except for stopwords, which have no stem.
    return term("text", word.stem) if word.stem else term("text_exact", word.exact)


def phrase(words: Sequence[Word], field: str = "text") -> Clause:
    """Words side by side; stopwords hold their place.

    Never with slop: tantivy then finds other documents when it scores than when it counts.
    """
    stems = [(position, word.stem) for position, word in enumerate(words) if word.stem]
    if len(stems) > 1:
        first = stems[0][0]
        return Clause.phrase_query(schema(), field, [(position - first, stem) for position, stem in stems])
    if stems:
        return term(field, stems[0][1])
    return all_of(term("text_exact", word.exact) for word in words)


def places(slot: Slot) -> list[Clause]:
    """What a document must hold to have the slot: each of its words, or what stands for all of them."""
    instead = [*map(word_matches, slot.corrections), *map(phrase, slot.synonyms)]
    instead += [term("kind_no", number_of(kind)) for kind in slot.kinds]
    instead += [term("year", slot.year)] if slot.year else []
    if slot.together:
        return [any_of([phrase(slot.words), *instead])]
    return [any_of([word_matches(word), *instead]) for word in slot.words]


def covering(asked: Sequence[tuple[Clause, float]], whole: float) -> Iterator[Clause]:
    """First who holds most of what the words tell (rare ones tell more), then who holds less and less of it."""
    steps = [(clause, max(round(STEPS * told / whole), 1)) for clause, told in asked]
    repeated = [(Occur.Should, clause) for clause, times in steps for _ in range(times)]
    for least in range(min(round(COVERED * STEPS), len(repeated)), 0, -1):
        yield Clause.boolean_query(repeated, least)


def own_words(slots: Iterable[Slot]) -> Clause:
    """For sections: what was found in the section itself, not in its page's title; phrases whole."""
    found: dict[tuple[Word, ...], None] = {}
    for slot in slots:
        typed = [slot.words] if slot.together else [(word,) for word in slot.words]
        found |= dict.fromkeys([*typed, *((word,) for word in slot.corrections), *slot.synonyms])
    return any_of(phrase(words, "own") for words in found if any(word.stem for word in words))


Rarity = Callable[[Word], float]


class Scoring:
    """The ranking query."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity

    def ranking(self, slots: Sequence[Slot], codes: Iterable[str]) -> list[Clause]:
        """Each adds to the score of what is found; none decides what is."""
        scored = [self._slot(slot, _closer(slots)) for slot in slots]
        pairs = [clause for _words, clause in _pairs(slots)]
        return [*scored, *pairs, *(_code(code) for code in codes)]

    def parts(self, slots: Sequence[Slot], codes: Iterable[str]) -> Iterator[tuple[str, str, Clause]]:
        """The same taken apart, to be explained: the weight's name, the words, what they add.

        Of a word, its corrections and its synonyms the best alone adds to the score.
        """
        closer = _closer(slots)
        for slot in slots:
            if slot.together:
                yield "text", _said(slot.words), phrase(slot.words)
                continue
            for word in slot.words:
                for weight, clause in _fields(word, closer):
                    yield weight, word.exact, _boost(clause, weight)
        for slot in slots:
            for word in slot.corrections:
                yield "correction", word.exact, _boost(_word(word, closer), "correction")
            for words in slot.synonyms:
                weighed = Clause.boost_query(_synonym(words, closer), self._synonym_weight(slot, words))
                yield "synonym", _said(words), weighed
        for said, clause in _pairs(slots):
            yield "pair", said, clause
        for code in codes:
            yield "code", code, _code(code)

    def _slot(self, slot: Slot, closer: str) -> Clause:
        typed = phrase(slot.words) if slot.together else any_of(_word(word, closer) for word in slot.words)
        corrected = [_boost(_word(word, closer), "correction") for word in slot.corrections]
        synonyms = [
            Clause.boost_query(_synonym(words, closer), self._synonym_weight(slot, words)) for words in slot.synonyms
        ]
        return Clause.disjunction_max_query([typed, *corrected, *synonyms])

    def _synonym_weight(self, slot: Slot, synonym: tuple[Word, ...]) -> float:
        """A rare synonym of a common word would outrank it: rarity beyond the typed word's is taken away."""
        typed = sum(map(self._rarity, slot.words))
        return WEIGHTS["synonym"] * min(1.0, typed / sum(map(self._rarity, synonym)))


def rarity(found: int, documents: int) -> float:
    return log(1 + (max(documents - found, 0) + 0.5) / (found + 0.5))


def _closer(slots: Sequence[Slot]) -> str:
    return "exact" if sum(len(slot.words) for slot in slots) >= MANY_WORDS else "form"


def _said(words: Iterable[Word]) -> str:
    return " ".join(word.exact for word in words)


def _code(code: str) -> Clause:
    return _boost(Clause.const_score_query(term("code_form", code), 1.0), "code")


def _word(word: Word, closer: str) -> Clause:
    return any_of(_boost(clause, weight) for weight, clause in _fields(word, closer))


def _fields(word: Word, closer: str) -> Iterator[tuple[str, Clause]]:
    """Where a word is looked for, each by the name of its weight."""
    near = word.exact if closer == "exact" or not word.stem else word.form
    closer = closer if word.stem else "exact"
    for name in ("text", "title"):
        yield f"{name}_{closer}", term(f"{name}_{closer}", near)
    if word.stem:
        for name in ("text", "title"):
            yield name, term(name, word.stem)


def _synonym(words: tuple[Word, ...], closer: str) -> Clause:
    """A phrase where it stands; all the more where a title has its words."""
    if len(words) == 1:
        return _word(words[0], closer)
    title = _boost(all_of(term("title", word.stem) for word in words if word.stem), "title")
    return any_of([phrase(words), title])


def _pairs(slots: Sequence[Slot]) -> Iterator[tuple[str, Clause]]:
    words = [word for slot in slots for word in slot.leading() if word.stem]
    for first, second in zip(words, words[1:], strict=False):
        if first.stem != second.stem:
            near: list[str | tuple[int, str]] = [first.stem, second.stem]
            yield _said([first, second]), _boost(Clause.phrase_query(schema(), "text", near, slop=PAIR_SLOP), "pair")


def _boost(clause: Clause, weight: str) -> Clause:
    return Clause.boost_query(clause, WEIGHTS[weight])
