"""The glossary as search uses it: what else a word may be called, and the senses of an ambiguous one."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from portal.models import Term
from portal.models.glossary import Relation

from .query import fold

KEPT_SECONDS = 300


@dataclass(frozen=True)
class Sense:
    """One meaning of an ambiguous word, and the words that search for it alone."""

    word: str
    meaning: str


def synonyms() -> dict[str, list[str]]:
    """Folded word or phrase → what else to look for. Ambiguous words are never merged."""
    found: dict[str, list[str]] | None = cache.get("search-synonyms")
    if found is None:
        found = {}
        for term in Term.objects.exclude(relation=Relation.AMBIGUOUS):
            others = [*term.synonyms, term.meaning] if len(term.meaning.split()) <= 6 else list(term.synonyms)
            for other in others:
                _add(found, other, term.word)  # an old or lay word leads to the current one
                if term.relation == Relation.SAME:
                    _add(found, term.word, other)
        cache.set("search-synonyms", found, KEPT_SECONDS)
    return found


def forget_synonyms(**kwargs: Any) -> None:
    """A term was written or deleted: the next search reads the glossary anew."""
    cache.delete("search-synonyms")


def _add(found: dict[str, list[str]], word: str, other: str) -> None:
    if fold(word) != fold(other):
        found.setdefault(fold(word), []).append(other)


def senses(words: str) -> list[Sense]:
    """The senses of the word typed, where it has more than one."""
    typed = fold(words.strip())
    ambiguous = [term for term in Term.objects.filter(relation=Relation.AMBIGUOUS) if fold(term.word) == typed]
    return [Sense(term.word, term.meaning) for term in ambiguous] if len(ambiguous) > 1 else []
