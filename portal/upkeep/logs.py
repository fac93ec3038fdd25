"""The log: one record a line, which request it belongs to, and of whom or of which searched words nothing.

Of a request it keeps the pattern of its address, never the address: that may hold a name, a key, what was looked for.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("portal.requests")
HEADER = "X-Request-ID"
_request: ContextVar[str] = ContextVar("the request in hand", default="")

# What may stand in a message or a traceback of others, and what is written in its place.
PERSONAL = [
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), "‹e-mail›"),
    (re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE), "‹codice fiscale›"),
    (re.compile(r"\?[\w%+.-]{1,60}=[^\s'\"»)]*"), "?…"),  # of an address: what was searched, where one came from
    (re.compile(r"(/accesso/password/reset/key/|/digest/stop/|/invito/|/esterni/)[^\s/]+"), r"\1…"),
    (re.compile(r"(Key \([^)]*\)=)\([^)]*\)"), r"\1(…)"),  # how PostgreSQL names a row that is there already
]


def name_of_request() -> str:
    """The number of the request in hand; empty outside of any."""
    return _request.get()


class RequestMiddleware:
    """A number for each request, in its answer and in each line of the log that it writes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(6)
        in_hand, began = _request.set(number), time.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = number
            _tell(request, response, time.monotonic() - began)
            return response
        finally:
            _request.reset(in_hand)


def _tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    found = request.resolver_match
    what = {
        "method": request.method, "route": found.route if found else "", "status": response.status_code,
        "ms": round(seconds * 1000),
    }  # fmt: skip
    logger.info("%s", " ".join(f"{name}={value}" for name, value in what.items()), extra={"what": what})


def scrubbed(words: str) -> str:
    for pattern, instead in PERSONAL:
        words = pattern.sub(instead, words)
    return words


class Line(logging.Formatter):
    """For whoever reads at a console."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        number = name_of_request()
        return super().formatMessage(record) + (f" [{number}]" if number else "")


class Record(logging.Formatter):
    """For whatever gathers logs: JSON, one record a line."""

    def format(self, record: logging.LogRecord) -> str:
        kept: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": name_of_request(),
            **getattr(record, "what", {"message": scrubbed(record.getMessage())}),
        }
        if record.exc_info:
            kept["fault"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(kept, ensure_ascii=False, default=str)
