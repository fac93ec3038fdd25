"""The demo's index for one test, or for one module: what is written to it is gone afterwards."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from search import index as search_index
from search.engines.contract import Document, Engine
from search.models import IndexState, SearchDocument
from tests.elastic import Indices


@dataclass
class OnAServer:
    """The same documents, and the same stamp, as in the folder of the demo."""

    indices: Indices
    documents: dict[str, Document]
    stamp: str

    @classmethod
    def read(cls, indices: Indices) -> "OnAServer":
        rows = SearchDocument.objects.filter(gone=False)
        return cls(indices, {row.key: search_index._document(row) for row in rows}, IndexState.objects.get().written)

    def engine(self) -> Engine:
        return self.indices.as_at_first("demo", self.documents, self.stamp)


@contextmanager
def of_demo(folder: Path, server: OnAServer | None) -> Iterator[None]:
    """In the folder, or on the server where there is one."""
    if server is not None:
        with _engine(cache(server.engine)):
            yield
        return
    shutil.copytree(settings.SEARCH_INDEX_DIR, folder)
    with override_settings(SEARCH_INDEX_DIR=folder), _engine(search_index.engine):
        search_index.engine.cache_clear()
        yield


@contextmanager
def _engine(chosen: Callable[[], Engine]) -> Iterator[None]:
    """Until the end, whatever a test puts in its place."""
    found = search_index.engine
    search_index.engine = chosen  # type: ignore[assignment]
    try:
        yield
    finally:
        search_index.engine = found
        found.cache_clear()
