"""Whether the site answers, asked as a browser asks: a process that hangs is alive and shows nothing to anybody."""

import time
from http.client import HTTPConnection, HTTPException
from threading import Thread

from django.conf import settings

EVERY = 5.0
PATIENCE = 15.0  # for one answer
SILENT_AFTER = 45.0
FIRST_ANSWER_WITHIN = 90.0  # a slow machine takes its time to start
PAGE = "/accesso/login/"


class Probe(Thread):
    """Asks for the login page again and again, and remembers when an answer came last.

    Any answer will do, a page that says what is wrong too: only who says nothing is started anew.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(daemon=True, name="sonda")
        self.host, self.port = host.strip("[]").replace("0.0.0.0", "127.0.0.1"), port  # noqa: S104
        self.answered = self.started = 0.0

    def begin(self) -> None:
        """Another process serves from now on."""
        self.started = time.monotonic()

    def run(self) -> None:
        while True:
            if self.asks():
                self.answered = time.monotonic()
            time.sleep(EVERY)

    def asks(self) -> bool:
        line = HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            line.request("GET", PAGE, headers=_headers(self.port))
            line.getresponse().read(1)
        except (OSError, HTTPException):
            return False
        finally:
            line.close()
        return True

    def is_silent(self) -> bool:
        now = time.monotonic()
        if self.answered > self.started:
            return now - self.answered > SILENT_AFTER
        return now - self.started > FIRST_ANSWER_WITHIN


def _headers(port: int) -> dict[str, str]:
    """Those of a visitor who comes by the site's own name, through the proxy where there is one."""
    name = settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "localhost"
    host = "localhost" if name == "*" else name
    headers = {"Host": f"{host}:{port}", "User-Agent": "Raccordo-sonda"}
    return {**headers, "X-Forwarded-Proto": "https"} if settings.BEHIND_PROXY else headers
