"""`manage.py migrate`: Django's own, while the site shows that it is being updated."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from django.apps import apps
from django.apps.registry import Apps
from django.core.management.commands import migrate
from django.db.models import Field

from portal.upkeep import maintenance


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with maintenance.under_way(), _little_collection(), _what_stays_asked_once():
            return super().handle(*args, **options)


@contextmanager
def _little_collection() -> Iterator[None]:
    """Each step draws all models anew: to look through them for garbage again and again is a sixth of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _what_stays_asked_once() -> Iterator[None]:
    """Whichever model a step draws anew, the models there are and the words that make a field are the same: to ask
    for them each time is a quarter of the time. A relation alone a step may change where it stands: it is asked anew.
    """
    cloned = Field.clone
    known: dict[int, tuple[Field, Any]] = {}  # with each its field, so that its id stays its own

    def clone(field: Field) -> Field:
        if field.is_relation:
            return cloned(field)
        if id(field) not in known:
            known[id(field)] = field, field.deconstruct()[2:]
        args, kwargs = known[id(field)][1]
        return type(field)(*args, **kwargs)

    Field.clone = clone  # type: ignore[method-assign, assignment]
    named = partial(Apps.get_swappable_settings_name.__wrapped__, apps)  # type: ignore[attr-defined]
    apps.get_swappable_settings_name = cache(named)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Field.clone = cloned  # type: ignore[method-assign]
        del apps.get_swappable_settings_name
