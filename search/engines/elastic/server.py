"""The server: how long one waits for it, and what its failures mean to whoever asks."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError, ConflictError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.exceptions import HTTP_EXCEPTIONS

from search.engines.contract import EngineDown, EngineFull

PORT = 9200
NAME = "raccordo"
SEARCH_PATIENCE = 2.0  # seconds: somebody waits, and titles are there without it
WRITE_PATIENCE = 30.0
FAILURES = 2  # one after the other, and nobody waits for the server any more
PAUSE = 5.0  # seconds, then one tries again
FAULTS = (401, 403, 429)  # of the client's errors those that no other request would spare; and all of the server's
UNASSIGNED = "no_shard_available_action_exception"
CLOSED = "index_closed_exception"  # by whoever keeps the server, who will open it again
BLOCKED = "cluster_block_exception"  # what a node says of an index once its disk is full


class NoShard(EngineDown):
    """The server answers and the index does not: its node is starting, it was closed, or its disk cannot be read."""


class Breaker:
    """After some failures nobody waits for a server that does not answer: one call in a while tries it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._next_try = 0.0

    def admits(self) -> bool:
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._clock() < self._next_try:
                return False
            self._next_try = self._clock() + PAUSE  # this call tries, the others go on without
            return True

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._next_try = self._clock() + PAUSE

    def answered(self) -> None:
        with self._lock:
            self._failures = 0


class Server:
    def __init__(self, url: str) -> None:
        """`http[s]://[user:password@]host[:port][/name][?ca=FILE]`; the name is that of the alias, one for each
        installation, the file holds the certificate of whoever signed the server's own."""
        parts = urlsplit(url)
        self.name = parts.path.strip("/") or NAME
        self.place = f"{parts.hostname}:{parts.port or PORT}"  # without the password: it is shown and logged
        entry = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        trusted: dict[str, Any] = {"ca_certs": ca[0]} if (ca := parse_qs(parts.query).get("ca")) else {}
        client = Elasticsearch(
            f"{parts.scheme}://{self.place}", basic_auth=entry, max_retries=0, retry_on_timeout=False, **trusted
        )
        self.searching = client.options(request_timeout=SEARCH_PATIENCE)
        self.writing = client.options(request_timeout=WRITE_PATIENCE)
        self._breaker = Breaker()

    @contextmanager
    def answers(self) -> Iterator[None]:
        """Around each request: EngineDown where it failed. What is not there, or is there already, is an answer."""
        if not self._breaker.admits():
            raise EngineDown(f"{self.place} does not answer")
        try:
            yield
        except (NotFoundError, ConflictError):
            self._breaker.answered()
            raise
        except TransportError as error:
            self._breaker.failed()
            raise EngineDown(f"{self.place}: {type(error).__name__}") from error
        except ApiError as error:
            fault = fault_of(self.place, error.meta.status, str(error.body))
            if fault is None or isinstance(fault, EngineFull | NoShard):
                self._breaker.answered()
            else:
                self._breaker.failed()
            if fault is None:
                raise
            raise fault from error
        else:
            self._breaker.answered()


def failed(meta: ApiResponseMeta, answer: Mapping[str, Any]) -> ApiError:
    """One of several questions, as the client raises it of one."""
    status = answer["status"]
    kind = HTTP_EXCEPTIONS.get(status, ApiError)
    return kind(answer["error"]["type"], meta=replace(meta, status=status), body=dict(answer))


def full(place: str) -> EngineFull:
    return EngineFull(f"{place}: the index takes nothing more, as when the disk is full")


def fault_of(place: str, status: int, said: str) -> EngineDown | None:
    """What an answer means; None where the request was wrong, and not the server."""
    if BLOCKED in said:
        return full(place)
    if UNASSIGNED in said or CLOSED in said:
        return NoShard(f"{place}: the index does not answer")
    if status in FAULTS or status >= 500:
        return EngineDown(f"{place}: {status}")
    return None
