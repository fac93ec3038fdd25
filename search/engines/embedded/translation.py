"""From clauses to tantivy's queries. Nothing typed by a person is ever parsed by tantivy."""

from collections.abc import Callable, Iterable
from typing import Any

from tantivy import Occur, Query, Schema

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


def query_of(clause: Clause, schema: Schema) -> Query:
    """For an index of this schema."""
    return _QUERIES[type(clause)](clause, schema)


def _everything(clause: Everything, schema: Schema) -> Query:
    return Query.all_query()


def _term(clause: Term, schema: Schema) -> Query:
    return Query.term_query(schema, clause.field, clause.value, "basic")


def _in(clause: In, schema: Schema) -> Query:
    return Query.term_set_query(schema, clause.field, list(clause.values))


def _begins(clause: Begins, schema: Schema) -> Query:
    # Only letters, numbers, spaces and hyphens come here: nothing a regular expression would read.
    return Query.const_score_query(Query.regex_query(schema, clause.field, f"{clause.prefix}.*"), 1.0)


def _phrase(clause: Phrase, schema: Schema) -> Query:
    return Query.phrase_query(schema, clause.field, list(clause.words), slop=clause.slop)


def _any_of(clause: AnyOf, schema: Schema) -> Query:
    known: dict[int, Query] = {}  # of a clause that stands there several times, one query
    for each in clause.clauses:
        if id(each) not in known:
            known[id(each)] = query_of(each, schema)
    asked = [(Occur.Should, known[id(each)]) for each in clause.clauses]
    return Query.boolean_query(asked, clause.least) if clause.least > 1 else Query.boolean_query(asked)


def _all_of(clause: AllOf, schema: Schema) -> Query:
    return Query.boolean_query([(Occur.Must, query_of(each, schema)) for each in clause.clauses])


def _best(clause: Best, schema: Schema) -> Query:
    return Query.disjunction_max_query([query_of(each, schema) for each in clause.clauses])


def _weighed(clause: Weighed, schema: Schema) -> Query:
    return Query.boost_query(query_of(clause.clause, schema), clause.weight)


def _constant(clause: Constant, schema: Schema) -> Query:
    return Query.const_score_query(query_of(clause.clause, schema), clause.score)


def _narrowed(clause: Narrowed, schema: Schema) -> Query:
    if not clause.required and not clause.without:
        return query_of(clause.clause, schema)
    required = [(Occur.Must, each) for each in _unscored(clause.required, schema)]
    without = [(Occur.MustNot, query_of(each, schema)) for each in clause.without]
    return Query.boolean_query([(Occur.Must, query_of(clause.clause, schema)), *required, *without])


def _ordered(clause: Ordered, schema: Schema) -> Query:
    [what] = _unscored([clause.what], schema)
    scored = [(Occur.Should, query_of(each, schema)) for each in clause.scored]
    return Query.boolean_query([(Occur.Must, what), *scored])


def _unscored(clauses: Iterable[Clause], schema: Schema) -> Iterable[Query]:
    return (Query.const_score_query(query_of(each, schema), 0.0) for each in clauses)


_QUERIES: dict[type, Callable[[Any, Schema], Query]] = {
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
