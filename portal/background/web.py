"""The site's processes: one socket, and on it as many servers as there are processors, each started anew when it ends.

`python -m portal.background.web COUNT HOST PORT …` takes what waitress takes. Who waits for an answer waits at the
socket that all of them share, so that one of them ending refuses nobody.
"""

import ctypes
import os
import signal
import socket
import sys
import time
from functools import partial
from typing import Any

import waitress

from . import server

SHORT_LIFE = 5.0  # whoever ends sooner did not start properly: then all of it ends, and says so
WAITING = 1024  # connections


def die_with_parent() -> None:
    """In the child: end when its parent is killed, so that no orphan holds the port. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Site:
    """The parent of the servers; nothing of the portal is loaded in it."""

    def __init__(self, count: int, listening: socket.socket, options: list[str]) -> None:
        self.count, self.listening, self.options = count, listening, options
        self.started: dict[int, float] = {}
        self.is_stopping = False

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        while True:
            while len(self.started) < self.count and not self.is_stopping:
                self._start()
            if not self.started:
                return 0
            pid, status = os.wait()
            lived = time.monotonic() - self.started.pop(pid)
            if lived < SHORT_LIFE and not self.is_stopping:
                self._stop()
                return os.waitstatus_to_exitcode(status) or 1

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self.started[pid] = time.monotonic()
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)  # waitress ends gently on this one
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        os._exit(serve(self.listening, self.options))

    def _stop(self, number: int = 0, frame: Any = None) -> None:
        self.is_stopping = True
        for pid in self.started:
            os.kill(pid, signal.SIGINT)


def serve(listening: socket.socket, options: list[str]) -> int:
    """One server, until it is asked to end."""
    return server.run(options, partial(waitress.serve, sockets=[listening]))


def main(count: str, host: str, port: str, *options: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=WAITING)
    if int(count) == 1:
        return serve(listening, [*options])
    return Site(int(count), listening, [*options]).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
