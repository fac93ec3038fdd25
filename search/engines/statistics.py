"""How rare a word is, to whom: an engine weighs each by the whole index, of which a person sees a part.

An engine's score of a word is its rarity in the whole index, times how much a document speaks of it. The first is
taken out again and the rarity among the person's own documents put in its place: else the order of two files of one's
own tells which words hidden ones hold. The average length of a text stays the whole index's: it tells of no word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from search.engines.clauses import AllOf, AnyOf, Best, Clause, Phrase, Term, Weighed
from search.engines.reader import Reader


def rarity(found: int, documents: int) -> float:
    """The inverse document frequency of BM25, as both engines compute it (Lucene, `BM25Similarity.idf`)."""
    return log(1 + (max(documents - found, 0) + 0.5) / (found + 0.5))


@dataclass(frozen=True)
class Rarity:
    """Of a word: what the engine takes it for, and what it is for this person."""

    whole: float
    own: float


def as_seen(clauses: Iterable[Clause], reader: Reader) -> list[Clause]:
    """The same scored clauses, each word as rare as it is among the documents of this person."""
    given = list(clauses)
    terms = list(dict.fromkeys(term for clause in given for term in _terms(clause)))
    rarities = dict(zip(terms, _rarities(terms, reader), strict=True))
    return [_weighed(clause, rarities) for clause in given]


def _rarities(terms: Sequence[Term], reader: Reader) -> Iterator[Rarity]:
    for own, (whole, found) in zip(reader.counts(terms), reader.written(terms), strict=True):
        yield Rarity(rarity(found, whole), rarity(own, reader.documents))


def _terms(clause: Clause) -> Iterator[Term]:
    """The words whose rarity is part of the clause's score."""
    match clause:
        case Term():
            yield clause
        case Phrase(field, words):
            yield from (Term(field, word) for _place, word in words)
        case AnyOf(clauses) | AllOf(clauses) | Best(clauses):
            for each in clauses:
                yield from _terms(each)
        case Weighed(inner):
            yield from _terms(inner)


def _weighed(clause: Clause, rarities: Mapping[Term, Rarity]) -> Clause:
    match clause:
        case Term() | Phrase():
            # A phrase is as rare as its words together.
            words = [rarities[term] for term in _terms(clause)]
            return Weighed(clause, sum(word.own for word in words) / sum(word.whole for word in words))
        case AnyOf(clauses) | AllOf(clauses) | Best(clauses):
            return replace(clause, clauses=tuple(_weighed(each, rarities) for each in clauses))
        case Weighed(inner):
            return replace(clause, clause=_weighed(inner, rarities))
    return clause
