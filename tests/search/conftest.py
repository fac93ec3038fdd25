"""The engines that keep the contract, each put before the same tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from search.engines.contract import Engine
from search.engines.embedded.engine import EmbeddedEngine
from tests.library import HIDDEN, LIBRARY

Opened = Callable[[str], Engine]
KNOWN = {document.id: document for document in (*LIBRARY, *HIDDEN)}


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
