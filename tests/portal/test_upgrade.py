"""An installation of the first release is brought to this one: every row and every file, and people go on working."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.upkeep import folders, maintenance
from tests.installation import KEPT, server
from tests.old_release import unpack
from tests.portal.test_backup import LIVE

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300
Table = dict[Any, dict[str, Any]]

# What migrations say otherwise, on purpose: (table, column).
SAID_OTHERWISE = {
    ("django_content_type", "model"),  # the line of the minutes has another name: 0004_actions_as_rows
    ("portal_job", "function"),  # where a function lies now
    ("wagtailcore_page", "owner_id"),  # who answers for a page
    ("wagtailcore_page", "title"),  # the root, in Italian
    ("wagtailcore_page", "draft_title"),
    ("wagtailcore_revision", "content"),  # fields of drafts that have another form
    ("coordination_action", "sort_order"),  # an action is no child of its page any more
    ("coordination_action", "page_id"),
    ("search_searchdocument", "kind"),  # a circular is called so: 0009_circulars_by_their_name
    ("search_searchdocument", "pending"),  # and the engine is given it again
    ("search_searchdocument", "stamp"),
    ("search_searchdocument", "url"),  # by number, with what is asked of people: 0011_addresses_by_number
    ("portal_obligation", "url"),
    ("portal_user", "profession"),  # a row of the vocabulary now
    ("django_migrations", "applied"),
}


def tables(data: Path) -> dict[str, Table]:
    """Every row, by table and key."""
    with closing(sqlite3.connect(data / "raccordo.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if not re.search(r"_fts|^sqlite_", name)]
        return {name: _rows(database, name) for name in kept}


def _rows(database: sqlite3.Connection, table: str) -> Table:
    keys = [row["name"] for row in database.execute(f'PRAGMA table_info("{table}")') if row["pk"]]
    return {tuple(row[key] for key in keys): dict(row) for row in database.execute(f'SELECT * FROM "{table}"')}


def files(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in (data / "files").rglob("*") if path.is_file()}


@pytest.mark.skipif(bool(server()), reason="that release's data are SQLite's: the run without a server upgrades them")
def test_every_row_and_file_of_the_first_release_is_there_after_the_upgrade(settings: Any, tmp_path: Path) -> None:
    unpack(Path(__file__).parent / "first_release.tar.xz", tmp_path)
    before, files_before = tables(tmp_path), files(tmp_path)
    assert len(before["wagtailcore_page"]) > 100 and len(files_before) > 10
    settings.DATA_DIR = tmp_path
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    env |= {"DATA_DIR": str(tmp_path), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}

    too_early = subprocess.run(
        [sys.executable, "manage.py", "serve"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert too_early.returncode != 0 and "esegui prima «manage.py migrate»" in too_early.stderr

    migrating = subprocess.Popen([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env)
    was_told, end = False, time.monotonic() + LIMIT
    while migrating.poll() is None and time.monotonic() < end:
        was_told = was_told or folders.is_held(maintenance.LOCK)
        time.sleep(0.05)
    assert migrating.returncode == 0 and was_told and not folders.is_held(maintenance.LOCK)

    after = tables(tmp_path)
    assert set(before) <= set(after)
    assert {name: gone for name in before if (gone := set(before[name]) - set(after[name]))} == {}
    assert _changed(before, after) <= SAID_OTHERWISE
    assert files(tmp_path) == files_before
    assert _naming_their_parents(before["search_searchdocument"]) > 10
    assert [_naming_their_parents(after[each]) for each in ("search_searchdocument", "portal_obligation")] == [0, 0]

    done = subprocess.run(
        [sys.executable, "-c", LIVE, "dimissioni protette", _address_of("MD-08", after)],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lived = json.loads(done.stdout.splitlines()[-1])
    assert (lived["entered"], lived["form"], lived["file"], lived["rebuilding"]) == (302, 200, 200, False)
    assert any("imission" in title for title in lived["found"])


def _changed(before: dict[str, Table], after: dict[str, Table]) -> set[tuple[str, str]]:
    """(table, column) wherever one value is another, or is no more."""
    return {
        (name, column)
        for name, rows in before.items()
        for key, row in rows.items()
        for column, value in row.items()
        if after[name][key].get(column, Ellipsis) != value
    }


def _naming_their_parents(rows: Table) -> int:
    """How many lead to a page by the words of its space and of all that stands above it."""
    return sum(re.match("/spazi/[^/]+/.", row["url"]) is not None for row in rows.values())


def _address_of(title: str, found: dict[str, Table]) -> str:
    (row,) = [row for row in found["portal_document"].values() if row["title"].startswith(title)]
    return f"/documenti/{row['id']}/{Path(row['file']).name}"


@pytest.mark.django_db
def test_while_the_database_is_brought_up_to_date_every_page_says_so_and_keeps_what_was_typed(
    settings: Any, tmp_path: Path, as_: Any, index: Any
) -> None:
    settings.DATA_DIR = tmp_path
    client = as_("worker")
    with maintenance.under_way():
        for address in ("/", "/p/PR-02/", "/cerca/?q=protocollo", "/admin/", "/accesso/login/"):
            response = client.get(address)
            assert response.status_code == 503 and response["Retry-After"] == "60"
            assert "Il portale si aggiorna" in response.content.decode()
        typed = client.post("/segnala/", {"text": "Il numero di telefono è vecchio."})
        assert typed.status_code == 503 and "Il numero di telefono è vecchio." in typed.content.decode()
        assert Client().get("/salute/").status_code == 200
    assert client.get("/p/PR-02/").status_code == 200
    with maintenance.under_way():
        pass  # and whoever comes next is not kept out by those who only looked


def test_the_changelog_begins_with_this_version_and_speaks_to_its_users(settings: Any) -> None:
    words = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"(?m)^## (\d+\.\d+(?:\.\d+)?)", words)
    assert versions[0] == settings.VERSION and len(versions) == len(set(versions)) >= 2
