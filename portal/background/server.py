"""The web server, with limits that hold before anything of the portal runs; started by `web`.

waitress takes a connection, its headers and its whole body before it asks for an answer. So whoever has not entered
sends little, whoever sends drop by drop is not waited for, and nobody alone takes all connections.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from waitress import runner
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask
from waitress.utilities import RequestEntityTooLarge

from portal import visitors

STRANGERS_BODY = 1024 * 1024  # bytes: a form of words
SLOWEST = 8 * 1024  # bytes a second; slower than that a body counts as silence (--channel-timeout)
MOST_FROM_ONE = 400  # connections of one address, or line of IPv6; an office of sixty behind one has that many
BEAT_EVERY = 5.0
QUIET = 1.0  # seconds after which a connection that asks for nothing is closed by a server that leaves
LEAVES_WITHIN = 60.0


class TooLarge(RequestEntityTooLarge):
    def to_response(self, ident: str | None = None) -> Any:
        status, headers, _body = super().to_response(ident)
        most = settings.WAGTAILDOCS_MAX_UPLOAD_SIZE // 1024**2
        words = _(
            "Quello che hai mandato è troppo grande: un file, o più file insieme, possono avere al massimo "
            "%(most)d MB. Torna indietro, e mandane meno in una volta."
        )
        kept = [each for each in headers if each[0].lower() not in {"content-type", "content-length"}]
        return status, [*kept, ("Content-Type", "text/plain; charset=utf-8")], f"{words % {'most': most}}\n".encode()


class Limits:
    """waitress's own, with another most for a body."""

    def __init__(self, of_all: Any, body: int) -> None:
        self.of_all, self.max_request_body_size = of_all, min(body, of_all.max_request_body_size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of_all, name)


class Request(HTTPRequestParser):
    adj: Any
    error: Any

    def __init__(self, limits: Any) -> None:
        super().__init__(limits)
        self.began = time.time()

    def parse_header(self, lines: bytes) -> None:
        super().parse_header(lines)
        if f"{settings.SESSION_COOKIE_NAME}=" not in self.headers.get("COOKIE", ""):
            self.adj = Limits(self.adj, STRANGERS_BODY)

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = TooLarge(self.error.body)
        return taken

    @property
    def heard(self) -> float:
        """Until when its sender was not silent: a drop at a time is no sign of life."""
        return min(time.time(), self.began + self.body_bytes_received / SLOWEST)


class Task(WSGITask):
    channel: Any

    def build_response_header(self) -> Any:
        """A server that leaves says so: what comes next on this connection goes to another."""
        if self.channel.server.life and self.channel.server.life.is_leaving:
            self.set_close_on_finish()
        return super().build_response_header()


class Channel(HTTPChannel):
    parser_class = Request
    task_class = Task

    def __init__(self, server: Any, line: Any, address: Any, limits: Any, map: Any = None) -> None:
        super().__init__(server, line, address, limits, map)
        self.visitor = visitors.line(self.addr[0])
        self.will_close = not settings.BEHIND_PROXY and self._is_one_too_many()

    def _is_one_too_many(self) -> bool:
        here = [each for each in self.server.active_channels.values() if each.visitor == self.visitor]
        return len(here) > MOST_FROM_ONE

    def handle_read(self) -> None:
        super().handle_read()
        if isinstance(self.request, Request):
            self.last_activity = self.request.heard


class Life:
    """Of one server among several: it beats while it works, and leaves when asked, once nobody waits for an answer."""

    def __init__(self, server: Any, mouth: int) -> None:
        self.server, self.mouth, self.goes_on = server, mouth, server.readable
        self.beaten = self.asked = 0.0
        server.life, server.readable = self, self.turn

    @property
    def is_leaving(self) -> bool:
        return self.asked > 0

    def leave(self, number: int = 0, frame: Any = None) -> None:
        self.asked = time.monotonic()

    def turn(self) -> bool:
        """Asked by waitress at each turn of its loop: whether a new connection is taken."""
        now = time.monotonic()
        if now - self.beaten > BEAT_EVERY:
            self.beaten = now
            self.server.add_task(self)
        if not self.is_leaving:
            return bool(self.goes_on())
        open_ones = self.server.active_channels.values()
        for channel in open_ones:
            if not channel.requests and channel.request is None and channel.last_activity < time.time() - QUIET:
                channel.will_close = True
        if not open_ones or now - self.asked > LEAVES_WITHIN:
            raise SystemExit
        return False

    def service(self) -> None:
        """A beat goes the way of every request: where no thread is free for long, none is heard."""
        os.write(self.mouth, b".")

    def cancel(self) -> None:
        """The server ends before the beat's turn."""


def run(options: list[str], serve: Callable[..., Any]) -> int:
    """Read what waitress takes on its command line, and serve."""
    BaseWSGIServer.channel_class, BaseWSGIServer.life = Channel, None
    return int(runner.run(["waitress", *options], _serve=serve))
