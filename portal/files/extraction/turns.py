"""Of the processes that read files as many run at once, on the whole machine, as it has processors.

Each may take a gigabyte and a half: without turns, twenty who send a file at the same moment would take thirty.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import problems

READERS = os.cpu_count() or 1
LOOK_AGAIN = 0.05  # seconds


@contextmanager
def turn(until: float | None) -> Iterator[None]:
    """Wait for one, as long as need be or until a moment of the monotonic clock: then Unreadable."""
    from django.conf import settings  # the reading process imports this package too, and has no Django

    folder = Path(settings.DATA_DIR) / "turns"
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for number in range(READERS)]
    try:
        while not any(map(_takes, files)):
            if until is not None and time.monotonic() > until:
                raise problems.Unreadable(problems.SLOW)
            time.sleep(LOOK_AGAIN)
        yield
    finally:
        for file in files:
            os.close(file)


def _takes(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
