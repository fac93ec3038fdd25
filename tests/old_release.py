"""An installation of an earlier release, kept small: its database as SQL, and its files.

`python -m tests.old_release DATA_DIR FILE` packs one. `tests/portal/first_release.tar.xz` is the demonstration that the
first release (migrations 0001 and 0002 of the ground) loaded by its own code.
"""

import io
import re
import sqlite3
import sys
import tarfile
from contextlib import closing
from pathlib import Path

DATABASE = "raccordo.sqlite3"
SQL = "database.sql"
# Wagtail's own index of words: a virtual table, which is no SQL, and full of what it makes anew.
WORDS = re.compile(r'"?wagtailsearch_indexentry|sqlite_master|writable_schema')
EMPTY_WORDS = "CREATE VIRTUAL TABLE wagtailsearch_indexentry_fts USING fts5(autocomplete, body, title);"


def pack(data: Path, file: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as database, tarfile.open(file, "w:xz", preset=9) as tar:
        statements = list(database.iterdump())
        kept = [each for each in statements if not WORDS.search(each) or _makes_the_table(each)]
        content = "\n".join([*kept[:-1], EMPTY_WORDS, kept[-1]]).encode()
        entry = tarfile.TarInfo(SQL)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        for path in sorted(path for path in (data / "files").rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(data).as_posix())
            entry.size = path.stat().st_size
            tar.addfile(entry, io.BytesIO(path.read_bytes()))


def _makes_the_table(statement: str) -> bool:
    return bool(re.match(r'CREATE (TABLE|(UNIQUE )?INDEX) .*"wagtailsearch_indexentry"', statement))


def unpack(file: Path, data: Path) -> None:
    """Into an empty data folder."""
    with tarfile.open(file) as tar:
        for member in tar:
            content = tar.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == SQL:
                with closing(sqlite3.connect(data / DATABASE)) as database:
                    database.executescript(content.decode())
                continue
            (data / member.name).parent.mkdir(parents=True, exist_ok=True)
            (data / member.name).write_bytes(content)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
