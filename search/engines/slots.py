"""A query as every engine reads it: the places that its words take, and what else may stand in each."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from search.italian import FORMS, STEMS, STOPWORDS
from search.query import in_pieces, spans, words_of

Kinds = Mapping[str, Collection[str]]
YEARS = range(1900, 2100)
BARE_NUMBER = 2  # a number of so many digits says nothing without the word beside it


@dataclass(frozen=True)
class Word:
    exact: str
    form: str  # without number and gender; empty for a stopword, as the stem
    stem: str


@dataclass(frozen=True)
class Slot:
    """One place of the query: a word (or a phrase that has synonyms) and what may stand for it."""

    words: tuple[Word, ...]
    synonyms: tuple[tuple[Word, ...], ...] = ()
    corrections: tuple[Word, ...] = ()
    kinds: tuple[str, ...] = ()  # of documents, that the word names: whichever is of the kind has the word
    year: int = 0  # which the word may be
    together: bool = False  # its words are one thing only side by side: "pr 2", "12 marzo"

    @property
    def is_plain(self) -> bool:
        """A word that stands for nothing but itself."""
        return len(self.words) == 1 and self.words[0].exact.isalpha() and not (self.synonyms or self.kinds)

    @property
    def has_number(self) -> bool:
        return any(word.exact[:1].isdigit() for word in self.words)

    def leading(self) -> tuple[Word, ...]:
        return self.corrections[:1] or (() if self.together else self.words)


@cache
def word_of(exact: str) -> Word:
    return Word(exact, "", "") if exact in STOPWORDS else Word(exact, FORMS[exact], STEMS[exact])


def read(words: Sequence[str]) -> tuple[Word, ...]:
    return tuple(map(word_of, words))


def slots_of(words: Sequence[str], synonyms: Mapping[str, Sequence[str]], kinds: Kinds) -> list[Slot]:
    """Stopwords count only when nothing else was typed."""
    slots = [_told(slot, kinds) for slot in _slots(read(words), words, synonyms)]
    with_content = [slot for slot in slots if any(word.stem for word in slot.words) or slot.synonyms]
    return with_content or slots


def _slots(found: Sequence[Word], words: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> Iterator[Slot]:
    for start, end, alternatives in spans(words, synonyms):
        if end - start == 1 and not alternatives and _is_bare_number(found[start]):
            yield _with_its_neighbour(found, start)
        else:
            yield _slot(found[start:end], alternatives)


def _told(slot: Slot, kinds: Kinds) -> Slot:
    """With the kinds and the year that it tells."""
    if slot.together or len(slot.words) > 1:
        return slot
    [word] = slot.words
    year = int(word.exact) if word.exact.isdigit() and int(word.exact) in YEARS else 0
    return replace(slot, kinds=tuple(kinds.get(word.form, ())), year=year)


def _slot(words: Sequence[Word], alternatives: Sequence[str]) -> Slot:
    content = tuple(word for word in words if word.stem) or tuple(words)
    others = [read(words_of(alternative)) for alternative in alternatives]
    if len(content) == 1:
        others += map(read, in_pieces(content[0].exact))
    return Slot(content, tuple(other for other in others if any(word.stem for word in other)))


def _is_bare_number(word: Word) -> bool:
    return word.exact.isdigit() and len(word.exact) <= BARE_NUMBER


def _with_its_neighbour(found: Sequence[Word], at: int) -> Slot:
    """The number beside the word before it, as in "pr 2", or the next that says something, as in "12 marzo"."""
    speaking = [n for n, word in enumerate(found) if word.stem and not _is_bare_number(word)]
    before = [found[at - 1 : at + 1]] if at - 1 in speaking else []
    after = [found[at : n + 1] for n in speaking if n > at][:1]
    first, *others = [tuple(each) for each in before + after] or [(found[at],)]
    return Slot(first, tuple(others), together=len(first) > 1)
