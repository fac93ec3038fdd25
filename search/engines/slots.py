"""A query as every engine reads it: the places that its words take, and what else may stand in each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from search.query import code_parts, spans


@dataclass(frozen=True)
class Word:
    exact: str
    stem: str  # empty for a stopword


@dataclass(frozen=True)
class Slot:
    """One place of the query: a word (or a phrase that has synonyms) and what may stand for it."""

    words: tuple[Word, ...]
    synonyms: tuple[tuple[Word, ...], ...] = ()
    corrections: tuple[Word, ...] = ()

    def leading(self) -> tuple[Word, ...]:
        return self.corrections[:1] or self.words


# An engine's own way to take words apart and to stem them.
Read = Callable[[Iterable[str]], tuple[Word, ...]]


def slots_of(words: Sequence[str], synonyms: Mapping[str, Sequence[str]], read: Read) -> list[Slot]:
    """Stopwords count only when nothing else was typed."""
    slots = [_slot(read(span), alternatives, read) for span, alternatives in spans(words, synonyms)]
    with_content = [slot for slot in slots if any(word.stem for word in slot.words) or slot.synonyms]
    return with_content or [slot for slot in slots if slot.words]


def _slot(words: tuple[Word, ...], alternatives: Sequence[str], read: Read) -> Slot:
    content = tuple(word for word in words if word.stem) or words
    others = [read([alternative]) for alternative in alternatives]
    if len(content) == 1 and (parts := code_parts(content[0].exact)):
        others.append(read(parts))
    return Slot(content, tuple(filter(None, map(_with_content, others))))


def _with_content(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(word for word in words if word.stem)
