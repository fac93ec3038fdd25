"""From clauses to Elasticsearch's queries. Nothing typed by a person is ever parsed by Elasticsearch."""

from collections.abc import Callable
from typing import Any

from elasticsearch_dsl import query as dsl
from elasticsearch_dsl.query import Query

from search.engines.clauses import (
    AllOf,
    AnyOf,
    Begins,
    Best,
    Clause,
    Constant,
    Everything,
    In,
    Narrowed,
    Ordered,
    Phrase,
    Term,
    Weighed,
)
from search.engines.entries import NO_WORD


def query_of(clause: Clause) -> Query:
    return _QUERIES[type(clause)](clause)


def _everything(clause: Everything) -> Query:
    return dsl.MatchAll()


def _term(clause: Term) -> Query:
    return dsl.Term(**{clause.field: {"value": clause.value}})


def _in(clause: In) -> Query:
    return dsl.Terms(**{clause.field: list(clause.values)})


def _begins(clause: Begins) -> Query:
    return dsl.Prefix(**{clause.field: {"value": clause.prefix}})


def _phrase(clause: Phrase) -> Query:
    """The words as the index would hold them, with their gaps."""
    places = dict(clause.words)
    said = " ".join(places.get(at, NO_WORD) for at in range(max(places) + 1))
    return dsl.MatchPhrase(**{clause.field: {"query": said, "slop": clause.slop}})


def _any_of(clause: AnyOf) -> Query:
    if not clause.clauses:
        return dsl.MatchNone()
    return dsl.Bool(should=list(map(query_of, clause.clauses)), minimum_should_match=clause.least)


def _all_of(clause: AllOf) -> Query:
    return dsl.Bool(must=list(map(query_of, clause.clauses))) if clause.clauses else dsl.MatchNone()


def _best(clause: Best) -> Query:
    return dsl.DisMax(queries=list(map(query_of, clause.clauses)))


def _weighed(clause: Weighed) -> Query:
    return dsl.Bool(must=[query_of(clause.clause)], boost=clause.weight)


def _constant(clause: Constant) -> Query:
    return dsl.ConstantScore(filter=query_of(clause.clause), boost=clause.score)


def _narrowed(clause: Narrowed) -> Query:
    required, without = list(map(query_of, clause.required)), list(map(query_of, clause.without))
    return dsl.Bool(must=[query_of(clause.clause)], filter=required, must_not=without)


def _ordered(clause: Ordered) -> Query:
    scored = list(map(query_of, clause.scored))
    return dsl.Bool(filter=[query_of(clause.what)], should=scored, minimum_should_match=0)


_QUERIES: dict[type, Callable[[Any], Query]] = {
    Everything: _everything,
    Term: _term,
    In: _in,
    Begins: _begins,
    Phrase: _phrase,
    AnyOf: _any_of,
    AllOf: _all_of,
    Best: _best,
    Weighed: _weighed,
    Constant: _constant,
    Narrowed: _narrowed,
    Ordered: _ordered,
}
