"""An installation of its own for a test: a data folder and, where the tests run on them, new servers' parts."""

import os
from pathlib import Path

import psycopg
import redis

KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


def environment(data: Path, database: str, queue: int) -> dict[str, str]:
    """The environment of its processes.

    On PostgreSQL it gets a new database of that name, with Redis the empty one of that number.
    """
    found = {name: os.environ[name] for name in KEPT if name in os.environ}
    found |= {"DATA_DIR": str(data), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    if given := os.environ.get("DATABASE_URL", ""):
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {database}")
        found["DATABASE_URL"] = f"{given.rpartition('/')[0]}/{database}"
    if given := os.environ.get("REDIS_URL", ""):
        found["REDIS_URL"] = f"{given.rpartition('/')[0]}/{queue}"
        redis.from_url(found["REDIS_URL"]).flushdb()
    return found
