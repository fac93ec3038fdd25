"""The database at one moment, as a file, while others go on writing; and its way back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import FileField
from django.utils.translation import gettext as _

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
Ask = Callable[[str], Iterable[tuple[Any, ...]]]


class NoSnapshot(Exception):
    """The database cannot be copied, or put back: why, in a sentence."""


def take(folder: Path) -> tuple[set[str], list[str]]:
    """Write the snapshot; returns the files that it names and the migrations that it has."""
    return (_of_sqlite if connection.vendor == "sqlite" else _of_postgresql)(folder / NAMES[connection.vendor])


def put_back(folder: Path) -> None:
    """Make the snapshot in the folder the database; the one that is there must be empty."""
    (_into_sqlite if connection.vendor == "sqlite" else _into_postgresql)(folder / NAMES[connection.vendor])


def is_empty() -> bool:
    """Whether the database has no table yet."""
    return not connection.introspection.table_names()


def named_files() -> set[str]:
    """The files that rows name now."""
    with connection.cursor() as cursor:
        return {name for statement in _statements() for (name,) in _rows(cursor, statement)}


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return list(cursor.fetchall())


# --- SQLite ----------------------------------------------------------------------------------------------


def _of_sqlite(file: Path) -> tuple[set[str], list[str]]:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as here, closing(sqlite3.connect(file)) as out:
        here.backup(out)  # in one step, so of one moment
        (said,) = out.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise NoSnapshot(_("La base dati è danneggiata (%s): ripristina l’ultima copia buona.") % said)
        return _described(out.execute)


def _into_sqlite(file: Path) -> None:
    name = Path(settings.DATABASES["default"]["NAME"])
    connection.close()
    for ending in ("-wal", "-shm"):  # of the empty one: beside another they would be taken for its own
        name.with_name(name.name + ending).unlink(missing_ok=True)
    file.chmod(0o600)
    shutil.move(file, name)


# --- PostgreSQL ------------------------------------------------------------------------------------------


def _of_postgresql(file: Path) -> tuple[set[str], list[str]]:
    """By pg_dump, at the moment of a transaction of ours."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (moment,) = cursor.fetchone()
        found = _described(lambda statement: _rows(cursor, statement))
        kept = ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}"]
        *address, name = _address()
        _run("pg_dump", f"--snapshot={moment}", *kept, *address, name)
    return found


def _into_postgresql(file: Path) -> None:
    """All of it or nothing."""
    *address, name = _address()
    connection.close()
    _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", *address,
         f"--dbname={name}", str(file))  # fmt: skip


def _address() -> list[str]:
    """How the tools are told where the database is; its name comes last."""
    arguments, _own = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return [str(each) for each in arguments[1:]]


def _run(*command: str) -> None:
    """One of PostgreSQL's own tools; the password goes by the environment, where nobody else reads it."""
    _arguments, own = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    try:
        subprocess.run(command, env=os.environ | _words(own), check=True, capture_output=True, text=True)
    except FileNotFoundError as problem:
        words = _("Manca il programma «%s»: installa il pacchetto postgresql-client, della versione del server.")
        raise NoSnapshot(words % command[0]) from problem
    except subprocess.CalledProcessError as problem:
        raise NoSnapshot(f"{command[0]}: {problem.stderr.strip()[:600]}") from problem


def _words(own: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in (own or {}).items()}


# --- Both ------------------------------------------------------------------------------------------------


def _described(ask: Ask) -> tuple[set[str], list[str]]:
    """The files that the rows name, and the migrations applied, as the snapshot has them."""
    applied = ask(f"SELECT app, name FROM {MigrationRecorder.Migration._meta.db_table} ORDER BY app, name")  # noqa: S608
    migrations = [f"{app}.{name}" for app, name in applied]
    return {name for statement in _statements() for (name,) in ask(statement)}, migrations


def _statements() -> Iterator[str]:
    quote = connection.ops.quote_name
    for model in apps.get_models():
        for each in model._meta.local_concrete_fields:
            if isinstance(each, FileField) and not model._meta.proxy:
                column, table = quote(str(each.column)), quote(model._meta.db_table)
                yield f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> ''"  # noqa: S608
