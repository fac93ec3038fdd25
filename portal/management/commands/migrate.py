"""`manage.py migrate`: Django's own, while the site shows that it is being updated."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate

from portal.upkeep import maintenance


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with maintenance.under_way(), _little_collection():
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
