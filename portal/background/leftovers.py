"""What a launcher that was killed left behind.

Its death asks them to end, and they do; but whoever hangs hears nothing, and may hold the database's write lock. So a
launcher writes down whom it has started, and the next one ends those of them who are still there after a while.
"""

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

PATIENCE = 25.0  # seconds; longer than a lane takes that was asked to end (`qcluster.ENDS_WITHIN`)


class Leftovers:
    """Of the launcher before this one."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.those = [(pid, born) for pid, born in _written() if born and _born(pid) == born]

    def end_late(self) -> None:
        """Who has not ended by now never will."""
        if self.those and time.monotonic() - self.since > PATIENCE:
            for pid, born in self.those:
                with suppress(ProcessLookupError):
                    if _born(pid) == born:
                        os.killpg(pid, signal.SIGKILL)  # each leads a group, which goes with it
            self.those = []


def write_down(leaders: Iterable[int]) -> None:
    """Whom a launcher has started, for the next one."""
    with suppress(OSError):  # a disk that takes nothing: then they are not known
        _file().write_text(json.dumps([(pid, _born(pid)) for pid in leaders]))


def _file() -> Path:
    return Path(settings.DATA_DIR) / "serve.children"


def _written() -> list[tuple[int, int]]:
    try:
        return [(int(pid), int(born)) for pid, born in json.loads(_file().read_text())]
    except (OSError, ValueError, TypeError):
        return []


def _born(pid: int) -> int:
    """When the process began, by which it is told from a later one of that number; 0 where there is none."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return 0
