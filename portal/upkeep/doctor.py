"""What is wrong with this installation, and how to mend it: each check says it in two sentences.

The packages name their own checks, as they name what the clock does.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from redis.exceptions import RedisError


@dataclass(frozen=True)
class Fault:
    """Something wrong, and its remedy. What is only good to know ends no monitor's night."""

    what: str
    remedy: str
    is_grave: bool = True


Check = Callable[[], Iterable[Fault]]
checks: dict[str, Check] = {}
figures: dict[str | Promise, Callable[[], str]] = {}  # what «Stato del portale» counts, by its label
READY = ("database", "queue", "index", "disk")  # without these nobody can work: what a monitor asks for
SLOW = ("files", "mail", "index_lag")  # they read the whole disk, or wait for somebody


def check(name: str) -> Callable[[Check], Check]:
    """Have the doctor ask the function, under that name."""

    def register(function: Check) -> Check:
        checks[name] = function
        return function

    return register


def examine(names: Collection[str] | None = None) -> list[Fault]:
    """The faults that the checks of those names find, by default all; one that cannot be asked stops no other.

    Where the database is away, that is said, and not of each check that asks it.
    """
    found: list[Fault] = []
    away = ""
    for name in checks if names is None else names:
        try:
            found += checks[name]()
        except (DatabaseError, RedisError, OSError) as problem:
            if isinstance(problem, DatabaseError) and (away := away or _database_problem()):
                continue
            words = {"name": name, "problem": in_one_line(problem)}
            found.append(
                Fault(
                    _("Il controllo «%(name)s» non si può fare: %(problem)s.") % words,
                    _("Guarda se la base dati, la coda e il disco rispondono; poi ripeti."),
                )
            )
    if away:
        remedy = _(
            "Controlla DATABASE_URL in raccordo.env, e che la base dati sia accesa e lasci scrivere; poi ripeti."
        )
        found.insert(0, Fault(_("La base dati non risponde: %(problem)s.") % {"problem": away.rstrip(".")}, remedy))
    return found


def _database_problem() -> str:
    """Why it answers nobody; empty where it was one check alone that it did not answer."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as problem:
        return in_one_line(problem)
    return ""


def in_one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())


def quick() -> list[str]:
    """The checks that may be asked while somebody waits for a page."""
    return [name for name in checks if name not in SLOW]
