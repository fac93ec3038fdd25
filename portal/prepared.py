"""Questions of always the same form: Django writes their SQL once, afterwards only the values change.

To write it takes many times as long as to answer it; what every request asks is asked so.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import groupby
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, CharField, Expression, Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
V = TypeVar("V")
LENGTHS = 8
KEPT = 1000  # forms of a connection; people who hold unlike things ask in more of them, and then all begin anew
AS_IT_IS = {int, str}  # what each database takes without being told how


class Given(Expression):
    """A value that is known only when the question is asked, by its name; it stands where a value would."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", [self]


class GivenPath(Given):
    """A path of the tree, whose length is known before: it may be cut, as its value will be."""

    def __init__(self, name: str, length: int) -> None:
        super().__init__(name, CharField())
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, part: slice) -> "GivenPath":
        return GivenPath(self.name, min(part.stop, self.length))


def given(name: str, field: "Field[Any, Any] | None" = None) -> Any:
    """Where the value stands: the key of a row, unless another field is named."""
    return Given(name, field or BigIntegerField())


def several(name: str, values: Iterable[V]) -> dict[str, V]:
    """Values for an IN, by name; the last is said again, so that few lengths, and few forms, there are."""
    known = list(values)
    filled = known + known[-1:] * (-len(known) % LENGTHS)
    return {f"{name}{place}": value for place, value in enumerate(filled)}


def places(known: dict[str, Any], field: "Field[Any, Any] | None" = None) -> list[Any]:
    """Where those of `several` stand."""
    return [given(name, field) for name in known]


def paths(name: str, values: Iterable[str]) -> dict[str, str]:
    """Paths of the tree, by name, for `path__beneath`; of each length as `several`."""
    known: dict[str, str] = {}
    for length, alike in groupby(sorted(values, key=len), len):
        known |= several(f"{name}{length}_", alike)
    return known


def branches(known: dict[str, str]) -> list[GivenPath]:
    """Where those of `paths` stand."""
    return [GivenPath(name, len(path)) for name, path in known.items()]


def by_key(model: type[M], keys: Iterable[int], fields: tuple[str, ...] = ()) -> list[M]:
    """The rows of a model that have these keys, in no order; of each these fields alone, where they are named."""
    found = several("key", keys)
    if not found:
        return []

    def question() -> "QuerySet[Any, Any]":
        rows = model._default_manager.filter(id__in=places(found)).order_by()
        return rows.values_list(*fields, named=True) if fields else rows

    return answers(("by key", model, len(found), fields), question, **found)


def children(relation: Any, form: Hashable, question: Callable[[], "QuerySet[Any, Any]"], **given: Any) -> list[Any]:
    """What belongs to a page: what it is still to be saved with, as in a preview, else what the database knows."""
    rows = relation.get_queryset()
    return answers(form, question, **given) if isinstance(rows, QuerySet) else list(rows)


def answers(form: Hashable, question: Callable[[], "QuerySet[Any, Any]"], **given: Any) -> list[Any]:
    """The rows of a queryset, whose SQL is written only for a form that this connection has not been asked yet; what
    has no form, since something else in it changes too, each time.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    kept = connection.__dict__.setdefault("_prepared_questions", {})
    written = kept.get(form)
    if written is None:
        queryset = question()
        compiler = queryset.query.get_compiler(connection=connection)
        written = (queryset, compiler, *compiler.as_sql())
        if form is not None:
            if len(kept) >= KEPT:
                kept.clear()
            kept[form] = written
    queryset, compiler, sql, params = written
    filled = tuple(_value(each, given, connection) for each in params)
    compiler.as_sql = lambda *args, **kwargs: (sql, filled)
    asked = queryset._chain()
    asked.query.get_compiler = lambda *args, **kwargs: compiler
    return list(asked)


def _value(each: Any, given: dict[str, Any], connection: Any) -> Any:
    if not isinstance(each, Given):
        return each
    value = given[each.name]
    if isinstance(each, GivenPath):
        return value[: each.length]
    return value if type(value) in AS_IT_IS else each.output_field.get_db_prep_value(value, connection)
