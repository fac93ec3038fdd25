"""One writer at a time on every machine: a document that only one can make, and that must be renewed.

A writer that dies leaves it behind; the next takes it over when it has not been renewed for a while.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from elasticsearch import BadRequestError, ConflictError, NotFoundError

from search.engines.contract import IndexBusy
from search.engines.elastic.server import Server
from search.engines.elastic.shape import SMALL

LASTS = 60.0  # seconds without a renewal; clocks of the machines may differ by less
ONE = "writer"


class Lease:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._index = f"{server.name}-lease"
        self._held: dict[str, Any] = {}
        self._renewed = 0.0

    @contextmanager
    def held(self) -> Iterator["Lease"]:
        """Raises IndexBusy where another writer is at work."""
        self._take()
        try:
            yield self
        finally:
            self._give_back()

    def renew(self) -> None:
        """Called often, asks seldom; raises IndexBusy where another writer has taken it over meanwhile."""
        if time.monotonic() - self._renewed > LASTS / 4:
            self._write(**self._held)

    def confirm(self) -> None:
        self._write(**self._held)

    def _take(self) -> None:
        try:
            self._write(op_type="create")
        except NotFoundError:
            self._create()
            self._write(op_type="create")
        except IndexBusy:
            found = self._present()
            if found is not None and found["_source"]["until"] > time.time():
                raise
            self._write(**(_version(found) if found else {"op_type": "create"}))

    def _create(self) -> None:
        """The index that holds the document; another writer may make it at the same moment."""
        with self._server.answers(), suppress(BadRequestError):
            self._server.writing.indices.create(index=self._index, settings=SMALL)

    def _present(self) -> Any:
        with self._server.answers():
            try:
                return self._server.writing.get(index=self._index, id=ONE).body
            except NotFoundError:
                return None  # given back since

    def _write(self, **conditions: Any) -> None:
        until = {"until": time.time() + LASTS}
        with self._server.answers():
            try:
                found = self._server.writing.index(index=self._index, id=ONE, document=until, **conditions)
            except ConflictError as error:
                raise IndexBusy(self._index) from error
        self._held, self._renewed = _version(found), time.monotonic()

    def _give_back(self) -> None:
        with self._server.answers(), suppress(ConflictError, NotFoundError):  # taken over by another
            self._server.writing.delete(index=self._index, id=ONE, **self._held)


def _version(found: Any) -> dict[str, Any]:
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
