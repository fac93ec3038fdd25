"""The site's processes: one socket, and on it as many servers as there are processors, each started anew when it ends.

`python -m portal.background.web COUNT HOST PORT …` takes what waitress takes. Who waits for an answer waits at the
socket that all of them share, so that one of them ending refuses nobody. One that hangs is ended. On SIGHUP each gives
way to one that reads code and settings anew, one after the other.
"""

import ctypes
import gc
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import waitress

from . import server

SHORT_LIFE = 5.0  # whoever ends sooner did not start properly: then all of it ends, and says so
WAITING = 1024  # connections
TURN = 1.0
BEATS_TO = "SITE_BEATS_TO"  # the environment's name for the pipe to whoever hears whether their parent is at work
ENDS_WITHIN = 20.0  # once all of it was asked to
SILENT_AFTER = 45.0
FIRST_BEAT_WITHIN = 90.0  # a slow machine takes its time to start


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """In the child: end when its parent is killed, so that no orphan holds the port. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, number)


@dataclass
class Serving:
    """One of the servers, as its parent knows it."""

    ear: int
    started: float
    heard: float = 0.0
    is_leaving: bool = False

    def is_silent(self) -> bool:
        now = time.monotonic()
        return now - self.heard > SILENT_AFTER if self.heard else now - self.started > FIRST_BEAT_WITHIN


class Site:
    """The parent of the servers; nothing of the portal is loaded in it."""

    def __init__(self, count: int, listening: socket.socket, options: list[str]) -> None:
        self.count, self.listening, self.options = count, listening, options
        self.servers: dict[int, Serving] = {}
        self.old: list[int] = []  # those that give way to new ones
        self.is_stopping = False
        self.ends_by = 0.0
        self.mouth = int(os.environ.get(BEATS_TO, "-1"))

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._begin_anew)
        failed = 0
        while self.servers or not (failed or self.is_stopping):
            while len(self.servers) < self.count and not self.is_stopping:
                self._start()
            self._hear()
            self._beat()
            is_late = self.is_stopping and time.monotonic() > self.ends_by
            for pid in [pid for pid, each in self.servers.items() if is_late or each.is_silent()]:
                os.kill(pid, signal.SIGKILL)
            failed = self._bury() or failed
            self._give_way()
        return failed

    def _start(self) -> None:
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid:
            os.close(mouth)
            self.servers[pid] = Serving(ear, time.monotonic())
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)  # waitress ends gently on this one
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent()
        os._exit(serve(self.listening, self.options, mouth))

    def _hear(self) -> None:
        """Wait a turn for beats, or for one that ended."""
        ears = {each.ear: each for each in self.servers.values()}
        for ear in select.select(list(ears), [], [], TURN)[0]:
            if os.read(ear, 1024):
                ears[ear].heard = time.monotonic()
            else:
                time.sleep(TURN / 20)  # its pipe is closed a moment before it can be waited for

    def _beat(self) -> None:
        """While this process hangs the servers answer, and nobody replaces one that ends: the launcher does."""
        if self.mouth >= 0:
            with suppress(OSError):  # it is full: nobody has listened for a day
                os.write(self.mouth, b".")

    def _bury(self) -> int:
        """Forget those that ended; how all of it ends where one did not start properly."""
        failed = 0
        for pid in list(self.servers):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            gone = self.servers.pop(pid)
            os.close(gone.ear)
            if gone.is_leaving or self.is_stopping or time.monotonic() - gone.started >= SHORT_LIFE:
                continue
            if self.old and not gone.heard:  # what is new does not start: what was there goes on
                self.old = []
                sys.stderr.write("Il sito nuovo non parte: resta quello di prima.\n")
                continue
            self._stop()
            failed = os.waitstatus_to_exitcode(status) or 1
        return failed

    def _begin_anew(self, number: int = 0, frame: Any = None) -> None:
        self.old = [pid for pid, each in self.servers.items() if not each.is_leaving]

    def _give_way(self) -> None:
        """One more than usual, and once it is heard, one of the old leaves; until all have."""
        self.old = [pid for pid in self.old if pid in self.servers]
        if not self.old or self.is_stopping:
            return
        here = {pid: each for pid, each in self.servers.items() if not each.is_leaving}
        if len(here) <= self.count:
            self._start()
        elif all(each.heard for each in here.values()):
            leaving = self.old.pop()
            self.servers[leaving].is_leaving = True
            os.kill(leaving, signal.SIGUSR1)

    def _stop(self, number: int = 0, frame: Any = None) -> None:
        self.is_stopping, self.ends_by = True, time.monotonic() + ENDS_WITHIN
        for pid in list(self.servers):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)


def serve(listening: socket.socket, options: list[str], mouth: int | None = None) -> int:
    """One server, until it is asked to end."""
    return server.run(options, partial(_live, listening, mouth))


def _live(listening: socket.socket, mouth: int | None, application: Any, **options: Any) -> None:
    line = waitress.create_server(application, sockets=[listening], **options)
    if mouth is not None:
        signal.signal(signal.SIGUSR1, server.Life(line, mouth).leave)
    # What was loaded stays: to look through it for garbage again and again would hold somebody up for .2 s each time.
    gc.collect()
    gc.freeze()
    line.run()


def main(count: str, host: str, port: str, *options: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=WAITING)
    if int(count) == 1:
        return serve(listening, [*options])
    return Site(int(count), listening, [*options]).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
