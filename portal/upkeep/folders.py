"""The data folder while somebody works on the whole of it: who may, and where it is done aside."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


class Occupied(Exception):
    """Another process has the lock."""


@contextmanager
def held(name: str, *, wait: bool = False) -> Iterator[None]:
    """The lock of that name in the data folder; the system frees it if its holder dies."""
    with (Path(settings.DATA_DIR) / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as problem:
            raise Occupied(name) from problem
        yield


def is_held(name: str) -> bool:
    """Whether a process has it; those who ask do not stand in each other's way."""
    try:
        with (Path(settings.DATA_DIR) / name).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever had it, or its disk is away
        return False
    return False


@contextmanager
def aside(prefix: str) -> Iterator[Path]:
    """A folder on the disk of the data, gone afterwards, with those that a killed one left; call it under a lock."""
    here = Path(settings.DATA_DIR)
    for left in here.glob(f"{prefix}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-", dir=here, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
