"""What is wrong with this installation, and how to mend it: each check says it in two sentences.

The packages name their own checks, as they name what the clock does.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db import DatabaseError
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
    """The faults that the checks of those names find, by default all; one that cannot be asked stops no other."""
    found: list[Fault] = []
    for name in checks if names is None else names:
        try:
            found += checks[name]()
        except (DatabaseError, RedisError, OSError) as problem:
            words = {"name": name, "problem": str(problem).strip()}
            found.append(
                Fault(
                    _("Il controllo «%(name)s» non si può fare: %(problem)s.") % words,
                    _("Guarda se la base dati, la coda e il disco rispondono; poi ripeti."),
                )
            )
    return found


def quick() -> list[str]:
    """The checks that may be asked while somebody waits for a page."""
    return [name for name in checks if name not in SLOW]
