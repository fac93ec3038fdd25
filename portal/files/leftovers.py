"""A file whose row was not written does not stay lying without one.

It is put away before its row is. Where the transaction comes to nothing, at its very end too (a disk that is full, a
database that does not answer), it goes with the request; after a process that is killed in between
`portal.upkeep.terms` clears up.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
# Of the request in hand; none outside of requests.
_uncertain: ContextVar[list[tuple[Any, str]] | None] = ContextVar("files whose rows are not written yet", default=None)


def stays_with_its_row(file: Any) -> None:
    """Called in the transaction of the row, once the file was put away."""
    uncertain = _uncertain.get()
    if uncertain is not None:
        uncertain.append((file.storage, file.name))
        transaction.on_commit(partial(uncertain.remove, (file.storage, file.name)))


class LeftoverFilesMiddleware:
    """After each request: what was put away and has no row goes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        uncertain: list[tuple[Any, str]] = []
        token = _uncertain.set(uncertain)
        try:
            return self.get_response(request)
        finally:
            _uncertain.reset(token)
            # A request inside somebody else's transaction, as in a test, is not certain of anything yet.
            for storage, name in uncertain if not transaction.get_connection().in_atomic_block else ():
                _delete(storage, name)


def _delete(storage: Any, name: str) -> None:
    try:
        storage.delete(name)
    except OSError as problem:  # where it lies does not answer: it is found by its age
        logger.warning("A file without a row stays for now: %s: %r", name, problem)
