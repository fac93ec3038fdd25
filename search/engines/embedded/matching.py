"""From words to tantivy queries. Text typed by a person is never parsed by tantivy."""

from collections.abc import Iterable, Iterator, Sequence
from math import log

import tantivy
from tantivy import Occur
from tantivy import Query as Clause

from search.engines.embedded.tantivy_index import exact, schema, stemmed
from search.engines.slots import Slot, Word
from search.query import PAIR_SLOP, WEIGHTS


def read(words: Iterable[str]) -> tuple[Word, ...]:
    return tuple(Word(token, _stem(token)) for word in words for token in exact().analyze(word))


def _stem(token: str) -> str:
    return next(iter(stemmed().analyze(token)), "")


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
    return term("text", word.stem) if word.stem else term("text_x", word.exact)


def slot_matches_any(slot: Slot) -> Clause:
    synonyms = (_near(words) for words in slot.synonyms)
    return any_of([*map(word_matches, (*slot.words, *slot.corrections)), *synonyms])


def slot_matches_all(slot: Slot) -> Clause:
    synonyms = (_near(words) for words in slot.synonyms)
    return any_of([all_of(map(word_matches, slot.words)), *map(word_matches, slot.corrections), *synonyms])


def literal(words: Sequence[str]) -> Clause | None:
    """Words side by side, as in quotes; stopwords hold their place. None when nothing is left of them."""
    found = read(words)
    stems = [(position, word.stem) for position, word in enumerate(found) if word.stem]
    if len(stems) > 1:
        first = stems[0][0]
        return Clause.phrase_query(schema(), "text", [(position - first, stem) for position, stem in stems])
    if stems:
        return term("text", stems[0][1])
    return all_of(term("text_x", word.exact) for word in found) if found else None


def own_words(slots: Iterable[Slot]) -> Clause:
    """For sections and snippets: the words in the section itself, not in its page's title."""
    words = (word for slot in slots for word in (*slot.words, *slot.corrections, *sum(slot.synonyms, ())))
    return any_of(term("own", stem) for stem in dict.fromkeys(word.stem for word in words) if stem)


class Scoring:
    """The ranking query. Document frequencies come from the whole index: they order, they show nothing."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher

    def ranking(self, slots: Sequence[Slot], codes: Iterable[str]) -> Clause:
        scored = [self._slot(slot) for slot in slots]
        codes_found = (_boost(Clause.const_score_query(term("code_form", code), 1.0), "code") for code in codes)
        return any_of([*scored, *_pairs(slots), *codes_found])

    def _slot(self, slot: Slot) -> Clause:
        typed = any_of(map(_word, slot.words))
        corrected = [_boost(_word(word), "correction") for word in slot.corrections]
        synonyms = [Clause.boost_query(_synonym(words), self._synonym_weight(slot, words)) for words in slot.synonyms]
        return Clause.disjunction_max_query([typed, *corrected, *synonyms])

    def _synonym_weight(self, slot: Slot, synonym: tuple[Word, ...]) -> float:
        """A rare synonym of a common word would outrank it: rarity beyond the typed word's is taken away."""
        typed = sum(map(self._rarity, slot.words))
        return WEIGHTS["synonym"] * min(1.0, typed / sum(map(self._rarity, synonym)))

    def _rarity(self, word: Word) -> float:
        found = self._searcher.doc_freq("text", word.stem) if word.stem else self._searcher.num_docs
        return log(1 + (max(self._searcher.num_docs - found, 0) + 0.5) / (found + 0.5))


def _word(word: Word) -> Clause:
    clauses = [_boost(term("text_x", word.exact), "text_exact"), _boost(term("title_x", word.exact), "title_exact")]
    if word.stem:
        clauses += [_boost(term("text", word.stem), "text"), _boost(term("title", word.stem), "title")]
    return any_of(clauses)


def _synonym(words: tuple[Word, ...]) -> Clause:
    return _word(words[0]) if len(words) == 1 else _near(words)


def _near(words: tuple[Word, ...]) -> Clause:
    if len(words) == 1:
        return term("text", words[0].stem)
    stems: list[str | tuple[int, str]] = [word.stem for word in words]
    return Clause.phrase_query(schema(), "text", stems, slop=PAIR_SLOP)


def _pairs(slots: Sequence[Slot]) -> Iterator[Clause]:
    stems = [word.stem for slot in slots for word in slot.leading() if word.stem]
    for first, second in zip(stems, stems[1:], strict=False):
        if first != second:
            yield _boost(_near((Word("", first), Word("", second))), "pair")


def _boost(clause: Clause, weight: str) -> Clause:
    return Clause.boost_query(clause, WEIGHTS[weight])
