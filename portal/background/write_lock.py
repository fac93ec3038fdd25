"""Who holds SQLite's write lock: a process that hangs with it keeps everybody from writing.

In WAL mode whoever writes locks byte 120 of the `-shm` file (WAL_WRITE_LOCK of https://www.sqlite.org/walformat.html).
The kernel's list is read, since a process that opens and closes that file gives up what it has locked there itself.
"""

from contextlib import suppress
from pathlib import Path

from django.db import connection

LOCKS = Path("/proc/locks")
WRITE_LOCK = 120


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
