"""How rare a word is, to whom: rarity is counted among the documents that a person sees, and nowhere else.

Each word of a scored clause becomes its rarity among the person's own documents times how much a document speaks of it
(`search.engines.impacts`): nothing of an engine's own score is left, so no hidden document moves the order of two
files of one's own, neither by its words nor by their number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import log

from search.engines import impacts
from search.engines.clauses import AllOf, AnyOf, Best, Clause, Constant, Narrowed, Ordered, Phrase, Term, Weighed
from search.engines.reader import Reader

Rarities = Mapping[Term, float]


def rarity(found: int, documents: int) -> float:
    """The inverse document frequency of BM25 (as Lucene's `BM25Similarity.idf`)."""
    return log(1 + (max(documents - found, 0) + 0.5) / (found + 0.5))


def as_seen(clauses: Iterable[Clause], reader: Reader) -> list[Clause]:
    """The same scored clauses, each word as rare as it is among the documents of this person."""
    given = list(clauses)
    terms = list(dict.fromkeys(term for clause in given for term in _terms(clause)))
    counted = zip(terms, reader.counts(terms), strict=True)
    rarities = {term: rarity(count, reader.documents) for term, count in counted}
    return [_scored(clause, rarities) for clause in given]


def _terms(clause: Clause) -> Iterator[Term]:
    """The words whose rarity is part of the clause's score."""
    match clause:
        case Term():
            yield clause
        case Phrase(field, words):
            yield from (Term(field, word) for _place, word in words)
        case AnyOf(clauses) | AllOf(clauses) | Best(clauses) | Ordered(_, clauses):
            for each in clauses:
                yield from _terms(each)
        case Weighed(inner) | Narrowed(inner):
            yield from _terms(inner)


def _scored(clause: Clause, rarities: Rarities) -> Clause:
    match clause:
        case Term():
            return _told(clause, rarities[clause])
        case Phrase():
            # As rare as its words together; that it stands there is all that counts.
            return Constant(clause, sum(rarities[word] for word in _terms(clause)))
        case AnyOf(clauses) | AllOf(clauses) | Best(clauses):
            return replace(clause, clauses=tuple(_scored(each, rarities) for each in clauses))
        case Weighed(inner) | Narrowed(inner):
            return replace(clause, clause=_scored(inner, rarities))
        case Ordered(_, scored):
            return replace(clause, scored=tuple(_scored(each, rarities) for each in scored))
    return clause


def _told(word: Term, rare: float) -> Clause:
    """A document has one level of each of its words; where there are none, that it has the word is all that counts."""
    if word.field not in impacts.USUAL:
        return Constant(word, rare)
    levels = enumerate(impacts.LEVELS)
    tokens = ((impacts.token(word.field, str(word.value), at), told) for at, told in levels)
    return AnyOf(tuple(Constant(Term(impacts.FIELD, token), rare * told) for token, told in tokens))
