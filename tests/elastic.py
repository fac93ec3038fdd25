"""A real Elasticsearch, where SEARCH_URL names one: an index there takes longer to make than a test takes.

So each is made once in a run, remembers what tests write to it, and is put right again.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from search.engines.contract import Document
from search.engines.elastic.engine import ElasticEngine

SERVER = os.environ.get("SEARCH_URL", "").rstrip("/")
REASON = "no Elasticsearch: SEARCH_URL names none"
ALL = "everything"


def skip_without_server(items: Iterable[pytest.Item]) -> None:
    """Said at the end of the run; not in CI, where what was asked for must run."""
    if not SERVER and not os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("elastic"):
                item.add_marker(pytest.mark.skip(reason=REASON))


class Borrowed(ElasticEngine):
    """Remembers what was written, by any client of the same index."""

    def __init__(self, url: str, written: set[str]) -> None:
        super().__init__(url)
        self._written = written

    def write(self, add: Iterable[Document], remove: Iterable[str] = (), *turn: Any) -> None:
        added, removed = list(add), list(remove)
        self._written |= {document.id for document in added} | set(removed)
        super().write(added, removed, *turn)

    def rebuild(self, documents: Iterable[Document], *rest: Any) -> None:
        self._written.add(ALL)
        super().rebuild(documents, *rest)


class Indices:
    """Those of one process of a run."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._run = f"test-{uuid4().hex[:8]}"
        self._written: dict[str, set[str]] = {}

    def open(self, name: str) -> Borrowed:
        return Borrowed(f"{self._server}/{self._run}-{name}", self._written.setdefault(name, set()))

    def as_at_first(self, name: str, known: Mapping[str, Document], stamp: str = "") -> Borrowed:
        """The index with these documents, however others have left it."""
        is_new = name not in self._written
        engine, written = self.open(name), self._written[name]
        if is_new or ALL in written:
            engine.rebuild(known.values(), None, lambda present: nullcontext(stamp))
        elif written:
            back = [known[each] for each in written if each in known]
            engine.write(back, written - known.keys(), lambda present: nullcontext(stamp))
        written.clear()
        return engine

    def remove(self) -> None:
        client = Elasticsearch(self._server)
        for index in client.indices.get(index=f"{self._run}-*"):
            client.indices.delete(index=index)


@contextmanager
def indices(server: str) -> Iterator[Indices]:
    made = Indices(server)
    try:
        yield made
    finally:
        made.remove()
