"""The engines that keep the contract, each put before the same tests."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from search.engines.contract import Engine
from search.engines.embedded import tantivy_index
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.entries import entry_of
from tests.library import HIDDEN, LIBRARY

Opened = Callable[[str], Engine]
KNOWN = {document.id: document for document in (*LIBRARY, *HIDDEN)}


@pytest.fixture(scope="session", autouse=True)
def _cut_and_stemmed_once() -> Iterator[None]:
    """What an index holds of a document follows from the document alone, and the demo's are written again and again."""
    with pytest.MonkeyPatch.context() as at_once:
        at_once.setattr(tantivy_index, "entry_of", lru_cache(maxsize=4096)(entry_of))
        yield


@pytest.fixture(params=["embedded", pytest.param("elastic", marks=pytest.mark.elastic)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The engine of an index by its name: opened twice, there are two at work on the same index."""
    if request.param == "elastic":
        return request.getfixturevalue("indices").open
    return lambda name: EmbeddedEngine(tmp_path / name)


@pytest.fixture
def engine(request: pytest.FixtureRequest, opened: Opened) -> Engine:
    if request.node.get_closest_marker("elastic"):
        return request.getfixturevalue("indices").as_at_first("library", KNOWN)
    made = opened("library")
    made.write(KNOWN.values())
    return made
