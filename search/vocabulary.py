"""The glossary as search uses it: what else a word may be called, and the senses of an ambiguous one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache as once
from typing import Any

from django.core.cache import cache

from portal.models import Term
from portal.models.glossary import Relation
from portal.models.pages import page_kinds

from .italian import FORMS, STEMS, STOPWORDS
from .query import parse, phrase_key, replace_words, words_of

KEPT_SECONDS = 300


@dataclass(frozen=True)
class Sense:
    """One meaning of an ambiguous word, and what to search instead for it alone."""

    said: str
    meaning: str
    instead: str


@dataclass(frozen=True)
class Meaning:
    """A word of the glossary, as an answer."""

    word: str
    meaning: str
    note: str
    others: tuple[str, ...]


def synonyms() -> dict[str, list[str]]:
    """Word or phrase, by its key → what else to look for. Ambiguous words are never merged."""
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


# Beside the names of the kinds themselves: what people say when they want one.
ALSO_SAID = {
    "modulo": "modello modulistica facsimile",
    "riunione": "verbale seduta convocazione",
    "servizio": "telefono numero orario sportello recapito",
    "procedura": "istruzioni",
    "formazione": "corso",
    "lezione": "corso",
}
SAY_NOTHING = {"pagina"}  # any of them is one


@once
def kinds() -> dict[str, set[str]]:
    """Word, by its key → the kinds of page that it names: "modulo dimissioni protette", "verbali 2026"."""
    found: dict[str, set[str]] = {}
    for model in page_kinds():
        if model.kind in SAY_NOTHING:
            continue
        said = [str(model.kind_label), str(model.kind_plural), *ALSO_SAID.get(model.kind, "").split()]
        for word in said:
            if len(words_of(word)) == 1:
                found.setdefault(phrase_key(word), set()).add(model.kind)
    return found


def forget_synonyms(**kwargs: Any) -> None:
    """A term was written or deleted: the next search reads the glossary anew."""
    cache.delete_many(["search-synonyms", "search-right-words", "search-terms"])


def _add(found: dict[str, list[str]], word: str, other: str) -> None:
    if phrase_key(word) != phrase_key(other):
        found.setdefault(phrase_key(word), []).append(other)


def right_words() -> frozenset[str]:
    """The words of the glossary: none is a mistake, whatever the documents say."""
    found: frozenset[str] | None = cache.get("search-right-words")
    if found is None:
        texts = [" ".join([term.term, term.meaning, *term.synonyms]) for term in _terms()]
        found = frozenset(word for text in texts for word in words_of(text))
        cache.set("search-right-words", found, KEPT_SECONDS)
    return found


def _terms() -> list[Term]:
    found: list[Term] | None = cache.get("search-terms")
    if found is None:
        found = list(Term.objects.all())
        cache.set("search-terms", found, KEPT_SECONDS)
    return found


def meanings(asked: Sequence[str]) -> list[Meaning]:
    """What the words mean, where they are a term of the glossary, or another name of one, and nothing else."""
    key = " ".join(FORMS[word] for word in asked)
    return [
        Meaning(term.word, term.meaning, term.note, tuple(term.synonyms))
        for term in _terms()
        if term.relation != Relation.AMBIGUOUS and key in _keys(term)
    ]


def begun_by(words: str) -> list[Term]:
    """The terms whose word goes on from what is typed, the shortest first."""
    typed = " ".join(words_of(words))
    found = [term for term in _terms() if " ".join(words_of(term.word)).startswith(typed)]
    return sorted(found, key=lambda term: (len(term.word), term.term)) if typed else []


def _keys(term: Term) -> set[str]:
    texts = (words_of(text) for text in [term.word, *term.synonyms])
    return {" ".join(FORMS[word] for word in text if word not in STOPWORDS) for text in texts}


def senses(words: str) -> list[Sense]:
    """The senses of the first word typed that has more than one: of an acronym, or of terms that begin with it."""
    ambiguous = [(term, words_of(term.word)) for term in _terms() if term.relation == Relation.AMBIGUOUS]
    for typed in parse(words).words:
        same = [term for term, name in ambiguous if name == (typed,)]
        begun = [term for term, name in ambiguous if name and STEMS[name[0]] == STEMS[typed]]
        if len(same) > 1:
            return [Sense(term.word, term.meaning, replace_words(words, {typed: term.meaning})) for term in same]
        if len(begun) > 1 and len(words_of(words)) == 1:
            return [Sense(words.strip(), f"{term.word}: {term.meaning}", term.word) for term in begun]
    return []
