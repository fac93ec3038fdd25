"""What the worker does by the clock: each package names its own functions, in the module that holds them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from portal.models.jobs import Lane

F = TypeVar("F", bound=Callable[..., object])

EVERY: dict[str, int] = {}  # function, by its dotted name → every how many minutes
LANES: dict[str, Lane] = {}  # … → in which lane
LONGEST: dict[str, int] = {}  # … → how many seconds it may take, where that is more than any other task


def every(minutes: int, lane: Lane = Lane.QUICK, longest: int = 0) -> Callable[[F], F]:
    """Have the worker call the function so often; it must be safe to run twice and side by side."""

    def register(function: F) -> F:
        name = f"{function.__module__}.{function.__qualname__}"
        EVERY[name], LANES[name] = minutes, lane
        if longest:
            LONGEST[name] = longest
        return function

    return register


def ensure() -> None:
    """Bring the rows that the worker reads up to date."""
    for function, minutes in EVERY.items():
        Schedule.objects.update_or_create(
            name=function,
            defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1,
                      "cluster": LANES[function], "kwargs": repr({"q_options": _options(function)})},
        )  # fmt: skip
    Schedule.objects.exclude(name__in=EVERY).delete()


def ask(function: str) -> None:
    """Have it called now, and not only at its next turn."""
    async_task(function, cluster=LANES[function], q_options=_options(function))


def _options(function: str) -> dict[str, Any]:
    return {"timeout": LONGEST[function]} if function in LONGEST else {}


def follow_clock() -> None:
    """The clock was set back: what would wait until it has caught up with itself is due now."""
    for row in Schedule.objects.filter(name__in=EVERY):
        if row.next_run > timezone.now() + timedelta(minutes=EVERY[row.name]):
            Schedule.objects.filter(pk=row.pk).update(next_run=timezone.now())
