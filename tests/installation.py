"""Two installations made once for a whole run, however many processes it has, and copied by whoever needs one.

`empty` is migrated and nothing else, `demo` holds the demo network. Making them takes half a minute, a copy none.
`python -m tests.installation FOLDER` makes them. With KEEP_PREPARED=FOLDER they are kept there between runs on
SQLite, for a day or until models, migrations or demo content change: for whoever runs one test file again and again.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import redis
from django.utils import timezone
from psycopg.sql import SQL, Identifier

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "raccordo.sqlite3"
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


def server() -> str:
    """The PostgreSQL of the tests; empty on SQLite."""
    return os.environ.get("DATABASE_URL", "")


def _fingerprint() -> str:
    """Of what an installation is made of, today's date among it: the demo's days are counted from it."""
    parts = ("*/models/*.py", "*/models.py", "*/migrations/*.py", "*/demo*.py", "*/demo_content/**/*", "search/**/*.py",
             "portal/settings.py", "requirements.lock")  # fmt: skip
    files = sorted({file for part in parts for file in ROOT.glob(part) if file.is_file() and ".venv" not in file.parts})
    made_of = b"".join([timezone.localdate().isoformat().encode(), *(file.read_bytes() for file in files)])
    return hashlib.sha256(made_of).hexdigest()[:16]


def installations(folder: Path) -> Path:
    """The folder in which both lie, made now by whoever comes first; the others wait."""
    if (kept := os.environ.get("KEEP_PREPARED")) and not server():
        folder = Path(kept) / _fingerprint()
        folder.mkdir(parents=True, exist_ok=True)
    made = folder / "prepared"
    with (folder / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = folder / "making"
            subprocess.run([sys.executable, "-m", "tests.installation", str(making)], cwd=ROOT, check=True)
            making.rename(made)
    return made


def copy(kind: str, folder: Path, data: Path, database: str = "") -> None:
    """Give a data folder, and on PostgreSQL a database of that name, what the installation of that kind holds."""
    shutil.copytree(installations(folder) / kind, data, dirs_exist_ok=True)
    if server():
        _clone(f"raccordo_{kind}", database)


def fill(connection: Any, folder: Path, data: Path) -> None:
    """Give the database of Django's tests, and their data folder, the demo network."""
    name = connection.creation._get_test_db_name()
    copy("demo", folder, data, name)
    if not server():
        with closing(sqlite3.connect(data / DATABASE)) as demo:
            # stays open: a database in memory ends with its last connection
            connection.kept_for_the_run = sqlite3.connect(name, uri=True)
            demo.backup(connection.kept_for_the_run)


def environment(folder: Path, data: Path, database: str, queue: int) -> dict[str, str]:
    """The environment of the processes of an installation of its own, a copy of the empty one.

    On PostgreSQL it gets a database of that name, with Redis the empty one of that number.
    """
    copy("empty", folder, data, database)
    found = {name: os.environ[name] for name in KEPT if name in os.environ}
    found |= {"DATA_DIR": str(data), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    if server():
        found["DATABASE_URL"] = f"{server().rpartition('/')[0]}/{database}"
    if given := os.environ.get("REDIS_URL", ""):
        found["REDIS_URL"] = f"{given.rpartition('/')[0]}/{queue}"
        redis.from_url(found["REDIS_URL"]).flushdb()
    return found


def _clone(origin: str, database: str) -> None:
    with psycopg.connect(server(), autocommit=True) as on_server:
        on_server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database)))
        on_server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(database), Identifier(origin)))


def _make(folder: Path) -> None:
    """Each in a process of its own, so that nobody is connected when it is copied."""
    run = [sys.executable, "-m", "tests.installation"]
    for kind, origin in (("empty", "template0"), ("demo", "raccordo_empty")):
        data = folder / kind
        data.mkdir(parents=True)
        if kind == "demo":
            shutil.copytree(folder / "empty", data, dirs_exist_ok=True)
        if server():
            _clone(origin, f"raccordo_{kind}")
        env = {**os.environ, "PREPARED": str(data), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        if server():
            env["DATABASE_URL"] = f"{server().rpartition('/')[0]}/raccordo_{kind}"
        subprocess.run([*run, kind], cwd=ROOT, env=env, check=True)


def _load(kind: str) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    if kind == "empty":
        call_command("migrate", verbosity=0)
    else:
        call_command("load_demo", stdout=StringIO())


if __name__ == "__main__":
    given = sys.argv[1]
    if given in {"empty", "demo"}:
        _load(given)
    else:
        _make(Path(given))
