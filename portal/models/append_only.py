"""Rows that are added, and never changed: one by one as little as in bulk, and in the database itself.

The database refuses by triggers. SQLite loses them when a migration remakes their table, so they are taken away
before migrations and written again after them. Where an update is meant, `as_maintenance` opens them for one
transaction: the row that opens them is never committed, so no other connection ever sees it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.db import connections, models, transaction
from django.utils.translation import gettext_lazy as _


class Immutable(Exception):
    """Somebody tried to rewrite what is append-only."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise Immutable(f"{self.model.__name__}: never rewritten")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise Immutable(f"{self.model.__name__}: never rewritten")

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("update_conflicts"):
            raise Immutable(f"{self.model.__name__}: never rewritten")
        return super().bulk_create(objs, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Immutable(f"{self.model.__name__}: never deleted")


class AppendOnly(models.Model):
    """Its rows are evidence."""

    may_lose: tuple[str, ...] = ()  # fields that become empty when what they point at goes

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Immutable(f"{type(self).__name__}: never rewritten")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable(f"{type(self).__name__}: never deleted")


class Maintenance(models.Model):
    """There is one while rows that are evidence are rewritten or thrown away on purpose, and only then."""

    reason = models.CharField(max_length=120)

    class Meta:
        verbose_name = _("manutenzione")
        verbose_name_plural = _("manutenzioni")

    def __str__(self) -> str:
        return self.reason


@contextmanager
def as_maintenance(reason: str, using: str = "default") -> Iterator[None]:
    """For what is meant: a term of retention that has passed, a demo's past; through `_base_manager`."""
    with transaction.atomic(using=using):
        door = Maintenance.objects.using(using).create(reason=reason)
        yield
        door.delete()


# --- In the database -------------------------------------------------------------------------------------

# By vendor; the words of both come back as an IntegrityError.
REFUSE = {
    "sqlite": """CREATE TRIGGER {name} BEFORE {act} ON {table}
        WHEN {when} NOT EXISTS (SELECT 1 FROM {door}) BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    "postgresql": """CREATE TRIGGER {name} BEFORE {act} ON {table}
        FOR EACH ROW {when} EXECUTE FUNCTION append_only_refuses()""",
}
FUNCTION = """CREATE OR REPLACE FUNCTION append_only_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM {door}) THEN RETURN COALESCE(NEW, OLD); END IF;
        RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$"""
FILLED = {
    "sqlite": "NEW.{column} IS NOT NULL AND",
    "postgresql": "WHEN (NEW.{column} IS NOT NULL)",
}


def open_for_migrations(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Before migrations: schema and rows may be remade."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for model in _kept(sender):
            for name, table in _names(model, connection):
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def close_after_migrations(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After migrations: whatever tables there are now are kept again."""
    connection = connections[using]
    door = Maintenance._meta.db_table
    tables = set(connection.introspection.table_names())
    models = [model for model in _kept(sender) if {model._meta.db_table, door} <= tables]
    open_for_migrations(sender, using)
    with connection.cursor() as cursor:
        if models and connection.vendor == "postgresql":
            cursor.execute(FUNCTION.format(door=connection.ops.quote_name(door)))
        for model in models:
            for statement in _statements(model, connection, cursor):
                cursor.execute(statement)


def _kept(app: AppConfig) -> list[type[AppendOnly]]:
    return [model for model in app.get_models() if issubclass(model, AppendOnly)]


def _names(model: type[AppendOnly], connection: Any) -> list[tuple[str, str]]:
    """Name and table of each trigger of the model."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    return [(quote(f"{table}_{what}"), quote(table)) for what in ("kept", "not_deleted", *model.may_lose)]


def _statements(model: type[AppendOnly], connection: Any, cursor: Any) -> Iterator[str]:
    """Nothing is rewritten, nothing deleted; what may be lost becomes empty, and nothing else."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    there = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    lost = [field.column for field in model._meta.concrete_fields if field.name in model.may_lose]
    kept = ", ".join(quote(column) for column in there if column not in lost)
    acts = [(f"UPDATE OF {kept}", ""), ("DELETE", "")]
    acts += [(f"UPDATE OF {quote(column)}", FILLED[connection.vendor].format(column=quote(column))) for column in lost]
    for (name, on), (act, when) in zip(_names(model, connection), acts, strict=True):
        parts = {"name": name, "table": on, "act": act, "when": when, "door": quote(Maintenance._meta.db_table)}
        yield REFUSE[connection.vendor].format(**parts)
