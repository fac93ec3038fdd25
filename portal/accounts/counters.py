"""What several processes count together, wrong passwords above all: in files or in Redis.

Django's own forgets files at random when there are many, and whoever invents names would be forgotten among them; and
while Redis is away it takes every page along.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from glob import glob
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)
PATIENCE = 1.0  # seconds
MANY = {"OPTIONS": {"MAX_ENTRIES": 10_000}}


class Counters(FileBasedCache):
    """A file each; of too many the oldest go first. While the disk takes nothing each process counts for itself."""

    here = LocMemCache("while the disk takes nothing", MANY)
    _dir: str

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except OSError:  # of which the launcher speaks, once
            self.here.set(key, value, timeout, version)
        else:
            self.here.delete(key, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        found = self.here.get(key, version=version)
        if found is not None:
            return found
        with suppress(OSError):  # it is over, and cannot be taken away
            return super().get(key, default, version)
        return default

    def has_key(self, key: Any, version: Any = None) -> bool:
        if self.here.has_key(key, version):
            return True
        with suppress(OSError):
            return bool(super().has_key(key, version))
        return False

    def _cull(self) -> None:
        files = glob(os.path.join(self._dir, f"*{self.cache_suffix}"))
        if len(files) >= self._max_entries:
            for file in sorted(files, key=_written_at)[: len(files) // self._cull_frequency]:
                with suppress(FileNotFoundError):  # another process has taken it away
                    os.remove(file)


def _written_at(file: str) -> float:
    with suppress(FileNotFoundError):
        return os.stat(file).st_mtime
    return 0


class RedisOrHere(RedisCacheClient):
    """Redis; while it is away each process counts for itself, and asks again after some seconds."""

    AGAIN = 10.0
    here = LocMemCache("while Redis is away", MANY)
    away_until = 0.0

    def __init__(self, servers: list[str], **options: Any) -> None:
        once = Retry(NoBackoff(), 0)
        waits: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": once}
        super().__init__(servers, **waits | options)

    def _or_here(self, ask: Callable[..., Any], name: str, *args: Any) -> Any:
        if time.monotonic() >= RedisOrHere.away_until:
            try:
                return ask(*args)
            except RedisError as problem:
                RedisOrHere.away_until = time.monotonic() + self.AGAIN
                logger.warning("Redis does not answer: each process counts for itself: %r", problem)
        return getattr(self.here, name)(*args)

    def add(self, key: Any, value: Any, timeout: Any) -> Any:
        return self._or_here(super().add, "add", key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._or_here(super().get, "get", key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> Any:
        return self._or_here(super().set, "set", key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> Any:
        return self._or_here(super().touch, "touch", key, timeout)

    def delete(self, key: Any) -> Any:
        return self._or_here(super().delete, "delete", key)

    def get_many(self, keys: Any) -> Any:
        return self._or_here(super().get_many, "get_many", keys)

    def has_key(self, key: Any) -> Any:
        return self._or_here(super().has_key, "has_key", key)

    def incr(self, key: Any, delta: Any) -> Any:
        return self._or_here(super().incr, "incr", key, delta)

    def set_many(self, data: Any, timeout: Any) -> Any:
        return self._or_here(super().set_many, "set_many", data, timeout)

    def delete_many(self, keys: Any) -> Any:
        return self._or_here(super().delete_many, "delete_many", keys)

    def clear(self) -> Any:
        return self._or_here(super().clear, "clear")


class CountersInRedis(RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = RedisOrHere
