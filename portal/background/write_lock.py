"""Who holds SQLite's write lock and does nothing: a process that hangs with it keeps everybody from writing.

In WAL mode whoever writes locks byte 120 of the `-shm` file (WAL_WRITE_LOCK of https://www.sqlite.org/walformat.html).
The kernel's list is read, since a process that opens and closes that file gives up what it has locked there itself.
"""

import time
from contextlib import suppress
from pathlib import Path

from django.db import connection

LOCKS = Path("/proc/locks")
WRITE_LOCK = 120
IDLE = 20.0  # seconds: by then whoever waits to write is told that the portal is busy


class Watch:
    """Looked at again and again: the holder, and how much it has worked."""

    def __init__(self) -> None:
        self.seen = (0, "")
        self.since = 0.0

    def idle_holder(self) -> int:
        """The process that has held the lock for so long and not worked meanwhile; 0 where there is none."""
        pid = holder()
        seen, now = (pid, _worked(pid) if pid else ""), time.monotonic()
        if seen != self.seen:
            self.seen, self.since = seen, now
        return pid if now - self.since > IDLE else 0


def holder() -> int:
    """The process that writes; 0 where nobody does, or where nobody can tell (another database or system)."""
    if connection.vendor != "sqlite":
        return 0
    with suppress(OSError):
        file = Path(f"{connection.settings_dict['NAME']}-shm").stat().st_ino
        return next((pid for pid, inode, first, last in _locks() if inode == file and first <= WRITE_LOCK <= last), 0)
    return 0


def _locks() -> list[tuple[int, int, int, int]]:
    """Process, inode, first and last byte of each lock that lets nobody else write (not of those who wait for one)."""
    rows = (line.split() for line in LOCKS.read_text().splitlines())
    return [
        (int(pid), int(place.rsplit(":", 1)[1]), int(first), int(last))
        for _number, _kind, _holds, access, pid, place, first, last in (row for row in rows if row[1] != "->")
        if access == "WRITE" and last != "EOF"
    ]


def _worked(pid: int) -> str:
    """Its processor time, of all its threads; one that works for whoever waits has more of it at each look."""
    with suppress(OSError):
        return " ".join(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])
    return ""
