"""Installations made once for a whole run, however many processes it has, and copied by whoever needs one.

`empty` is migrated and nothing else, `demo` holds the demo network, `served` holds it on SQLite as `make run` loads it,
with real passwords. Making each takes half a minute, a copy none.
With KEEP_PREPARED=FOLDER they are kept there between runs on SQLite, for a day or until models, migrations or demo
content change: for whoever runs one test file again and again, and for all the steps of `.ci/run`.
`python -m tests.installation KIND DATA_DIR` gives a data folder what the installation of that kind holds.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import redis
from psycopg.sql import SQL, Identifier

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "raccordo.sqlite3"
BEGIN = "import django; django.setup()\nfrom django.core.management import call_command\n"
MAKING = {
    "empty": f"{BEGIN}call_command('migrate', verbosity=0)",
    "demo": f"{BEGIN}import io\ncall_command('load_demo', stdout=io.StringIO())",
}
# As if the trial of rights had been last night's: whoever starts it at night would wait for it.
LOOKED_AT = """
from django.utils import timezone
from portal.models import Space
from search.models import CanaryWatch
CanaryWatch.objects.bulk_create(CanaryWatch(space=each, at=timezone.now()) for each in Space.objects.all())
"""
MAKING["served"] = f"{MAKING['empty']}\n{MAKING['demo']}\n{LOOKED_AT}"
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


def server() -> str:
    """The PostgreSQL of the tests; empty on SQLite."""
    return os.environ.get("DATABASE_URL", "")


def _fingerprint() -> str:
    """Of what an installation is made of, today's date among it: the demo's days are counted from it."""
    parts = ("*/models/*.py", "*/models.py", "*/migrations/*.py", "*/demo*.py", "*/demo_content/**/*", "search/**/*.py",
             "portal/settings.py", "requirements.lock")  # fmt: skip
    files = sorted({file for part in parts for file in ROOT.glob(part) if file.is_file() and ".venv" not in file.parts})
    made_of = b"".join([f"{datetime.now(ZoneInfo('Europe/Rome')):%F}".encode(), *(file.read_bytes() for file in files)])
    return hashlib.sha256(made_of).hexdigest()[:16]


def installation(kind: str, folder: Path) -> Path:
    """The folder of the one of that kind, made now by whoever comes first; the others wait."""
    if (kept := os.environ.get("KEEP_PREPARED")) and not server():
        folder = Path(kept) / _fingerprint()
        folder.mkdir(parents=True, exist_ok=True)
    made = folder / "prepared" / kind
    with (folder / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = folder / f"making-{kind}"
            stands_on_empty = kind == "demo" or (kind == "served" and not server())
            _make(kind, making, installation("empty", folder) if stands_on_empty else None)
            made.parent.mkdir(exist_ok=True)
            making.rename(made)
    return made


def copy(kind: str, folder: Path, data: Path, database: str = "") -> None:
    """Give a data folder, and on PostgreSQL a database of that name, what the installation of that kind holds."""
    shutil.copytree(installation(kind, folder), data, dirs_exist_ok=True)
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


def _make(kind: str, data: Path, origin: Path | None) -> None:
    """In a process of its own, so that nobody is connected when it is copied."""
    if origin:
        shutil.copytree(origin, data)
    else:
        data.mkdir(parents=True)
    env = {**os.environ, "PREPARED": str(data), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    if kind == "served":
        env = {name: value for name, value in env.items() if name not in {"DATABASE_URL", "REDIS_URL", "DEBUG"}}
        env |= {"DATA_DIR": str(data), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    elif server():
        _clone("raccordo_empty" if origin else "template0", f"raccordo_{kind}")
        env["DATABASE_URL"] = f"{server().rpartition('/')[0]}/raccordo_{kind}"
    subprocess.run([sys.executable, "-c", MAKING[kind]], cwd=ROOT, env=env, check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        copy(sys.argv[1], Path(own), Path(sys.argv[2]))
