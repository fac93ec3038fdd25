"""Which directory holds the index: numbered versions side by side, and a pointer file to the current one.

A rebuild writes aside and then replaces the pointer in one step, so a reader sees the old index
or the new one, never a half.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from search.engines.contract import EngineDown, IndexBusy

POINTER = "current"
LOCK = "writer.lock"
LONGEST = 200  # letters of the pointer: a damaged one may hold as much as the disk


class Versions:
    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self.schema = schema

    def current(self) -> Path | None:
        """The folder that the pointer names; None where there is no pointer, or nothing in it."""
        try:
            with (self.path / POINTER).open() as pointer:
                name = pointer.read(LONGEST).strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise EngineDown(str(self.path)) from error
        return self.path / name if name and name == Path(name).name else None

    def is_outdated(self) -> bool:
        current = self.current()
        return current is not None and self.is_of_another(current)

    def is_of_another(self, directory: Path) -> bool:
        """Whether another schema made it."""
        return not directory.name.startswith(f"{self.schema}-")

    def new(self) -> Path:
        directory = self.path / f"{self.schema}-{uuid.uuid4().hex[:12]}"
        directory.mkdir(parents=True)
        return directory

    def switch(self, directory: Path) -> None:
        fresh = self.path / f"{POINTER}.new"
        with fresh.open("w") as pointer:
            pointer.write(directory.name)
            pointer.flush()
            os.fsync(pointer.fileno())
        fresh.replace(self.path / POINTER)
        self._sync()

    def remove_others(self) -> None:
        """Old versions and what a killed rebuild left behind; open readers keep their files until they let go."""
        current = self.current()
        for directory in self.path.iterdir():
            if directory.is_dir() and directory != current:
                shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One writer at a time across processes and versions; the system frees it if the writer dies.

        The engine's own lock would not do: it belongs to one directory, and a write into the old
        directory during a rebuild would be lost at the switch.
        """
        with self._lock_file() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise IndexBusy(str(self.path)) from error
            yield

    def _lock_file(self) -> IO[str]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return (self.path / LOCK).open("w")
        except OSError as error:
            raise EngineDown(str(self.path)) from error

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
