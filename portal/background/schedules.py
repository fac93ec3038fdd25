"""What the worker does by the clock: each package names its own functions, in the module that holds them."""

from collections.abc import Callable
from typing import TypeVar

from django_q.models import Schedule

F = TypeVar("F", bound=Callable[..., object])

EVERY: dict[str, int] = {}  # function, by its dotted name → every how many minutes


def every(minutes: int) -> Callable[[F], F]:
    """Have the worker call the function so often; it must be safe to run twice and side by side."""

    def register(function: F) -> F:
        EVERY[f"{function.__module__}.{function.__qualname__}"] = minutes
        return function

    return register


def ensure() -> None:
    """Bring the rows that the worker reads up to date."""
    for function, minutes in EVERY.items():
        Schedule.objects.update_or_create(
            name=function,
            defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1},
        )
    Schedule.objects.exclude(name__in=EVERY).delete()
