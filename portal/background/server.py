"""The web server, with limits that hold before anything of the portal runs; started by `web`.

waitress takes a connection, its headers and its whole body before it asks for an answer. So whoever has not entered
sends little, whoever sends drop by drop is not waited for, and nobody alone takes all connections.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from waitress import runner
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.utilities import RequestEntityTooLarge

STRANGERS_BODY = 1024 * 1024  # bytes: a form of words
SLOWEST = 8 * 1024  # bytes a second; slower than that a body counts as silence (--channel-timeout)
MOST_FROM_ONE = 400  # connections of one address; an office of sixty behind one of them has that many


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


class Channel(HTTPChannel):
    parser_class = Request

    def __init__(self, server: Any, line: Any, address: Any, limits: Any, map: Any = None) -> None:
        super().__init__(server, line, address, limits, map)
        self.will_close = not settings.BEHIND_PROXY and self._is_one_too_many()

    def _is_one_too_many(self) -> bool:
        here = [each for each in self.server.active_channels.values() if each.addr[0] == self.addr[0]]
        return len(here) > MOST_FROM_ONE

    def handle_read(self) -> None:
        super().handle_read()
        if isinstance(self.request, Request):
            self.last_activity = self.request.heard


def run(options: list[str], serve: Callable[..., Any]) -> int:
    """Read what waitress takes on its command line, and serve."""
    BaseWSGIServer.channel_class = Channel
    return int(runner.run(["waitress", *options], _serve=serve))
