"""The engines that keep the contract, each empty at first and gone after the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from search.engines.contract import Engine
from search.engines.embedded.engine import EmbeddedEngine
from tests.library import HIDDEN, LIBRARY


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], Engine]:
    """The engine of an index by its name: opened twice, there are two at work on the same index."""
    return lambda name: EmbeddedEngine(tmp_path / name)


@pytest.fixture
def engine(opened: Callable[[str], Engine]) -> Engine:
    made = opened("library")
    made.write([*LIBRARY, *HIDDEN])
    return made
