"""The glossary as search uses it: what else a word may be called, and the senses of an ambiguous one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache as once
from typing import Any

from django.utils.translation import gettext_lazy

from portal.models import Term
from portal.models.glossary import KEPT, Relation
from portal.models.kept import Kept
from portal.models.pages import page_kinds

from . import own_names
from .documents import FILE_KIND
from .italian import FORMS, STEMS, STOPWORDS
from .query import parse, phrase_key, replace_words, words_of

SHORT_MEANING = 6  # words: a longer meaning explains, and nobody searches it


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


Synonyms = dict[str, list[str]]


@dataclass(frozen=True)
class Vocabulary:
    """The glossary as one person searches: with the names that the person's own body uses."""

    terms: Sequence[Term]
    own: Sequence[own_names.Named] = ()
    synonyms: Synonyms = field(default_factory=dict)  # word or phrase, by its key → what else to look for
    right: frozenset[str] = frozenset()  # its words: none is a mistake, whatever the documents say
    called: Mapping[str, Sequence[Term]] = field(default_factory=dict)  # each name, by its key → the terms that have it
    ambiguous: Sequence[tuple[Term, Sequence[str]]] = ()  # with the words of their names

    def meanings(self, asked: Sequence[str]) -> list[Meaning]:
        """What the words mean, where they are a term of the glossary, or another name of one, and nothing else."""
        key = " ".join(FORMS[word] for word in asked)
        return [Meaning(term.word, term.meaning, term.note, tuple(term.synonyms)) for term in self.called.get(key, ())]

    def named(self, asked: Sequence[str]) -> list[own_names.Named]:
        """What the words are to the person's own body alone."""
        key = " ".join(FORMS[word] for word in asked)
        return [each for each in self.own if key in _keys([each.said])]

    def begun_by(self, words: str) -> list[Term]:
        """The terms whose word goes on from what is typed, the shortest first."""
        typed = " ".join(words_of(words))
        found = [term for term in self.terms if " ".join(words_of(term.word)).startswith(typed)]
        return sorted(found, key=lambda term: (len(term.word), term.term)) if typed else []

    def senses(self, words: str) -> list[Sense]:
        """The senses of the first word typed that has more than one: of an acronym, or of terms that begin with it."""
        for typed in parse(words).words:
            same = [term for term, name in self.ambiguous if name == (typed,)]
            begun = [term for term, name in self.ambiguous if name and STEMS[name[0]] == STEMS[typed]]
            if len(same) > 1:
                return [Sense(term.word, term.meaning, replace_words(words, {typed: term.meaning})) for term in same]
            if len(begun) > 1 and len(words_of(words)) == 1:
                return [Sense(words.strip(), f"{term.word}: {term.meaning}", term.word) for term in begun]
        return []


def _read() -> Vocabulary:
    terms = list(Term.objects.all())
    texts = (text for term in terms for text in (term.term, term.meaning, *term.synonyms))
    return Vocabulary(
        terms,
        synonyms=_synonyms(terms),
        right=frozenset(word for text in texts for word in words_of(text)),
        called=_called(terms),
        ambiguous=[(term, words_of(term.word)) for term in terms if term.relation == Relation.AMBIGUOUS],
    )


def _called(terms: Iterable[Term]) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    for term in terms:
        if term.relation != Relation.AMBIGUOUS:
            for key in _keys([term.word, *term.synonyms]):
                found.setdefault(key, []).append(term)
    return found


_glossary = Kept(KEPT, _read)


def of(user: Any) -> Vocabulary:
    """The words as they stand now, for this person."""
    glossary, own = _glossary.get(), own_names.known_to(user)
    if not own:
        return glossary
    synonyms = {key: list(others) for key, others in glossary.synonyms.items()}
    for each in own:  # it stands for what the network calls it, and the reverse
        said = " ".join(word for word in words_of(each.said) if word not in STOPWORDS) or each.said
        for meant in [each.meant, *each.others]:
            _add(synonyms, said, meant)
        _add(synonyms, each.meant, said)
    right = glossary.right.union(word for each in own for word in words_of(each.said))
    return replace(glossary, own=own, synonyms=synonyms, right=right)


def _synonyms(terms: Iterable[Term]) -> Synonyms:
    """Ambiguous words are never merged."""
    found: Synonyms = {}
    for term in terms:
        if term.relation == Relation.AMBIGUOUS:
            continue
        is_same = term.relation == Relation.SAME
        names = _names(term)
        for said in [*names, *term.synonyms]:  # an old or lay word leads to the current one
            for name in [*names, *(term.synonyms if is_same else ())]:
                _add(found, said, name)
    return found


def _names(term: Term) -> list[str]:
    """Its own: the word, and its meaning where that is short."""
    is_short = len(term.meaning.split()) <= SHORT_MEANING
    return [term.word, term.meaning] if is_short else [term.word]


def _add(found: Synonyms, word: str, other: str) -> None:
    known = found.setdefault(phrase_key(word), []) if phrase_key(word) != phrase_key(other) else [other]
    if other not in known:
        known.append(other)


def _keys(names: Iterable[str]) -> set[str]:
    texts = (words_of(text) for text in names)
    return {" ".join(FORMS[word] for word in text if word not in STOPWORDS) for text in texts}


# Beside the names of the kinds themselves: what people say when they want one.
ALSO_SAID = {
    "modulo": "modello modulistica facsimile",
    "riunione": "verbale seduta convocazione",
    "servizio": "telefono numero orario sportello recapito",
    "procedura": "istruzioni",
    "formazione": "corso",
    "lezione": "corso",
    "circolare": "notizia",
    "opportunità": "notizia",
}
SAY_NOTHING = {"pagina", "opportunità"}  # any of them is one; «pari opportunità» asks for something else


@once
def kinds() -> dict[str, set[str]]:
    """Word, by its key → the kinds of page that it names: "modulo dimissioni protette", "verbali 2026"."""
    found: dict[str, set[str]] = {}
    for model in page_kinds():
        for kind, names in model.kinds_in_words().items():
            said = [*(map(str, names) if kind not in SAY_NOTHING else ()), *ALSO_SAID.get(kind, "").split()]
            for word in said:
                if len(words_of(word)) == 1:
                    found.setdefault(phrase_key(word), set()).add(kind)
    return found


@once
def _kinds_said() -> dict[str, tuple[Any, Any]]:
    """One and many of each kind, to be said in the reader's language."""
    known = {kind: words for model in page_kinds() for kind, words in model.kinds_in_words().items()}
    files, spaces = (gettext_lazy("File"), gettext_lazy("File")), (gettext_lazy("Spazio"), gettext_lazy("Spazi"))
    return {**known, FILE_KIND: files, "spazio": spaces}


def kind_label(kind: str) -> str:
    return str(_kinds_said().get(kind, (kind, kind))[0])


def kind_plural(kind: str) -> str:
    return str(_kinds_said().get(kind, (kind, kind))[1])
