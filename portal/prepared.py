"""Questions of always the same form: Django writes their SQL once, afterwards only the values change.

To write it takes many times as long as to answer it; what every request asks is asked so.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler

LENGTHS = 8


class Given(Expression):
    """A value that is known only when the question is asked, by its name; it stands where a value would."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", [self]


def several(name: str, values: Iterable[int]) -> dict[str, int]:
    """Numbers for an IN, by name; the last is said again, so that few lengths, and few forms, there are."""
    known = list(values)
    filled = known + known[-1:] * (-len(known) % LENGTHS)
    return {f"{name}{place}": value for place, value in enumerate(filled)}


def places(given: dict[str, int]) -> list[Any]:
    """Where those of `several` stand."""
    return [Given(name, BigIntegerField()) for name in given]


def answers(form: Hashable, question: Callable[[], "QuerySet[Any, Any]"], **given: Any) -> list[tuple[Any, ...]]:
    """The rows of a queryset of values, made anew only for a form that this connection has not been asked yet."""
    connection = connections[DEFAULT_DB_ALIAS]
    made = connection.__dict__.setdefault("_prepared_questions", {})
    if form not in made:
        compiler = question().query.get_compiler(connection=connection)
        made[form] = (compiler, *compiler.as_sql())
    compiler, sql, params = made[form]
    with connection.cursor() as cursor:
        cursor.execute(sql, [_value(each, given, connection) for each in params])
        return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))


def _value(each: Any, given: dict[str, Any], connection: Any) -> Any:
    if not isinstance(each, Given):
        return each
    return each.output_field.get_db_prep_value(given[each.name], connection)
