"""The meanings of one version of the index, in a file beside its segments; a document names the number of its own.

A meaning is known by a hash of itself and never changes: whenever a process dies, each document has its own meaning or
none. What no document names any more goes when the file is written anew.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.engines.entries import MEANING

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "meanings"
NUMBER = 8  # bytes before each meaning
SIZE = NUMBER + MEANING
AT_ONCE = 8192  # meanings compared in one step: some megabytes
MILLIONTHS = 1_000_000  # cosines are counted in these, so that no order of adding changes a sum
SPARE = 1000  # meanings that nobody names, before the file is worth writing anew


def number_of_meaning(meaning: bytes) -> int:
    """0 where there is none."""
    return (int.from_bytes(blake2b(meaning, digest_size=NUMBER).digest(), "little") >> 1) or 1 if meaning else 0


def append(directory: Path, meanings: Iterable[bytes]) -> None:
    """Before the documents that name them are committed; a half one, of a process that died, is cut off first."""
    lines = [number_of_meaning(each).to_bytes(NUMBER, "little") + each for each in meanings if each]
    if not lines:
        return
    with (directory / FILE).open("ab") as file:
        whole = file.tell() - file.tell() % SIZE
        file.truncate(whole)
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def has_grown(directory: Path, documents: int) -> bool:
    """Whether so much of the file is of nobody that it is worth writing anew."""
    return _size(directory) // SIZE > 2 * documents + SPARE


def keep(directory: Path, numbers: Iterable[int]) -> None:
    """Leave these alone."""
    wanted, fresh = set(numbers), directory / f"{FILE}.new"
    with (directory / FILE).open("rb") as old, fresh.open("wb") as new:
        while len(line := old.read(SIZE)) == SIZE:
            number = int.from_bytes(line[:NUMBER], "little")
            if number in wanted:
                wanted.remove(number)
                new.write(line)
        new.flush()
        os.fsync(new.fileno())
    fresh.replace(directory / FILE)


def _size(directory: Path) -> int:
    try:
        return (directory / FILE).stat().st_size
    except FileNotFoundError:
        return 0


@dataclass(frozen=True)
class Cosines:
    values: "NDArray[Any]"  # in millionths, of the documents that have a meaning
    places: "NDArray[Any]"  # of those documents among the ones asked about

    @property
    def mean(self) -> float:
        return int(self.values.sum()) / len(self.values) / MILLIONTHS

    @property
    def deviation(self) -> float:
        """From whole numbers, which Python adds without loss."""
        count, total = len(self.values), int(self.values.sum())
        squares = int((self.values * self.values).sum())
        return float((squares / count - (total / count) ** 2) ** 0.5) / MILLIONTHS


class Meanings:
    """The file as it was at one moment: mapped, so that the processes of a machine share its memory."""

    def __init__(self, directory: Path, before: "Meanings | None" = None) -> None:
        """`before` was read of the same index: where the file only grew, what was whole is not looked at again."""
        import numpy  # whoever does not search by meaning does not pay for it

        self._np = numpy
        self.state = state_of(directory)
        self.count: int = self.state[0] // SIZE
        has_grown = before is not None and before.state[2] == self.state[2] and before.state[0] < self.state[0]
        self._looked_at = before.count if before and has_grown and before.are_whole else 0
        record = numpy.dtype([("number", "<i8"), ("meaning", "i1", (MEANING,))])
        shape = (self.count,)
        found = numpy.memmap(directory / FILE, record, "r", shape=shape) if self.count else numpy.empty(0, record)
        self._meanings = found["meaning"]
        self._numbers = numpy.array(found["number"])
        self._order = numpy.argsort(self._numbers, kind="stable")
        self._sorted = self._numbers[self._order]

    @cached_property
    def are_whole(self) -> bool:
        """Whether each is what was written: its number is a hash of itself."""
        named = zip(self._numbers[self._looked_at :].tolist(), self._meanings[self._looked_at :], strict=True)
        return all(number == number_of_meaning(meaning.tobytes()) for number, meaning in named)

    def cosines(self, meaning: bytes, numbers: Sequence[int]) -> Cosines:
        """With the meanings of these numbers. Sums of small whole numbers are exact, in whatever order one adds."""
        np = self._np
        rows, places = self._rows(numbers)
        asked = np.frombuffer(meaning, "i1").astype("f4")
        values = np.empty(len(rows), "i8")
        for start in range(0, len(rows), AT_ONCE):
            part = self._meanings[rows[start : start + AT_ONCE]].astype("f4")
            lengths = np.sqrt(np.einsum("ij,ij->i", part, part).astype("f8") * float(asked @ asked))
            values[start : start + AT_ONCE] = np.rint((part @ asked).astype("f8") / lengths * MILLIONTHS)
        return Cosines(values, places)

    def known(self, numbers: Sequence[int]) -> int:
        """Of how many of these there is a meaning."""
        return len(self._rows(numbers)[0])

    def _rows(self, numbers: Sequence[int]) -> tuple["NDArray[Any]", "NDArray[Any]"]:
        np = self._np
        wanted = np.asarray(numbers, "i8")
        if not len(self._sorted):
            return np.empty(0, "i8"), np.empty(0, "i8")
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        there = (wanted != 0) & (self._sorted[at] == wanted)
        return self._order[at[there]], np.flatnonzero(there)


def state_of(directory: Path) -> tuple[int, int, int]:
    """What changes whenever the file does."""
    try:
        found = (directory / FILE).stat()
    except FileNotFoundError:
        return 0, 0, 0
    return found.st_size, found.st_mtime_ns, found.st_ino
