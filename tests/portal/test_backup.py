"""A copy made while somebody writes, and put back on an empty machine: byte for byte, and people work with it."""

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from portal.upkeep import archive, backup
from tests.installation import KEPT, copy, server
from tests.portal.test_settings import OWN_KEY

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120
# One who publishes, uploads and deletes files as fast as the machine can, until a file says stop.
WRITER = """
import sys
from pathlib import Path
import django
django.setup()
from django.core.files.base import ContentFile
from portal.demo import body_of, person, publish, space
from portal.models import Document
from portal.models.pages import TextPage
here, number, old = Path(sys.argv[1]), 0, []
while not (here / "stop").exists():
    number += 1
    page = TextPage(title=f"Scritta {number}", body=body_of([{"heading": "Dove", "text": f"Zufolamento {number}."}]))
    publish(space("SP-RETE").root_page, page, on=-1, by=person("chiara.bonacchi"))
    file = ContentFile(f"testo {number}".encode(), f"scritto-{number}.txt")
    old.append(Document.objects.create(title=f"Scritto {number}", collection=space("SP-RETE").collection, file=file))
    if len(old) > 3:
        old.pop(0).delete()
    (here / "writing").write_text(str(number))
    (here / "writing").replace(here / "written")
"""
# What a person does on the machine where the copy was put back.
LIVE = """
import json, sys
import django
django.setup()
from django.test import Client
from search import index
index.apply_pending()
client = Client(headers={"host": "localhost"})
entered = client.post("/accesso/login/", {"login": "elena.fedi@raccordo.example", "password": "raccordo-demo"})
found = client.get("/cerca/", {"q": sys.argv[1], "format": "json"}).json()
form = client.get("/p/MD-08/")
file = client.get(sys.argv[2])
print(json.dumps({"entered": entered.status_code, "found": [each["title"] for each in found["results"]],
                  "rebuilding": found["rebuilding"], "form": form.status_code, "file": file.status_code}))
"""


# Several commands in one process, which takes its time to start: what each says, or why it does not.
COMMANDS = """
import json, sys
from io import StringIO
import django
django.setup()
from django.core.management import call_command
from django.core.management.base import CommandError
said = []
for command in json.loads(sys.argv[1]):
    words = StringIO()
    try:
        call_command(*command, stdout=words, stderr=words)
    except CommandError as problem:
        words.write(f"refused: {problem}")
    said.append(words.getvalue())
print(json.dumps(said))
"""


# PostgreSQL spells the condition of an index otherwise each time that it reads it: «a = ANY ((ARRAY[b])::c[])».
RESPELT = re.compile(r"(?m)^(CREATE UNIQUE INDEX|    CONSTRAINT) .* ANY .*$")


def _spelt(line: re.Match[str]) -> str:
    return re.sub(r"::[a-z ]+(\[\])?|[()]", "", line[0])


class Machine:
    """A data folder and, on PostgreSQL, a database of that name."""

    def __init__(self, data: Path, database: str) -> None:
        self.data, self.database = data, database
        self.data.mkdir(exist_ok=True)
        self.env = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.env |= {"DATA_DIR": str(data), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}
        if server():
            self.env["DATABASE_URL"] = f"{server().rpartition('/')[0]}/{database}"

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env | environment, capture_output=True, text=True,
            timeout=LIMIT, check=False,
        )  # fmt: skip

    def manage(self, *command: str, **environment: str) -> str:
        done = self.run("manage.py", *command, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *commands: list[str]) -> list[str]:
        """What each command says; in sentences, for whatever else it raises ends the process."""
        done = self.run("-c", COMMANDS, json.dumps(commands))
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert all(each.startswith("refused: ") for each in said), said
        return said

    def dump(self) -> str:
        """The whole database as SQL."""
        if server():
            done = subprocess.run(["pg_dump", "--no-owner", self.env["DATABASE_URL"]], capture_output=True, check=True)
            return re.sub(r"(?m)^\\(un)?restrict .*$", "", RESPELT.sub(_spelt, done.stdout.decode()))
        with closing(sqlite3.connect(self.data / "raccordo.sqlite3")) as here:
            return "\n".join(here.iterdump())

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        if server():
            with psycopg.connect(self.env["DATABASE_URL"]) as here:
                return here.execute(statement).fetchall()  # type: ignore[arg-type]
        with closing(sqlite3.connect(self.data / "raccordo.sqlite3")) as here:
            return here.execute(statement).fetchall()

    def files(self) -> dict[str, bytes]:
        root = self.data / "files"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def empty_machine(folder: Path) -> Machine:
    if server():
        with psycopg.connect(server(), autocommit=True) as on_server:
            on_server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier("raccordo_back")))
            on_server.execute(SQL("CREATE DATABASE {}").format(Identifier("raccordo_back")))
    return Machine(folder, "raccordo_back")


@pytest.fixture(scope="module")
def site(prepared_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The demo network, with a secret of its own."""
    made = Machine(tmp_path_factory.mktemp("site"), "raccordo_site")
    copy("demo", prepared_in, made.data, made.database)
    (made.data / "raccordo.env").write_text(f"SECRET_KEY={OWN_KEY}\n")
    return made


@dataclass(frozen=True)
class Copied:
    """A copy made while nobody wrote, and what the site held then."""

    path: Path
    dump: str
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def copied(site: Machine, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    path = tmp_path_factory.mktemp("copies") / "ferma.tar.gz"
    before = site.dump(), site.files()
    assert "Copia pronta e riletta" in site.manage("backup", str(path))
    return Copied(path, *before)


def test_what_is_put_back_on_an_empty_machine_is_the_same_byte_for_byte(copied: Copied, tmp_path: Path) -> None:
    other = empty_machine(tmp_path / "other")
    said = other.manage("restore", str(copied.path))
    assert "Ripristinato" in said and "migrate" in said
    assert other.dump() == copied.dump
    assert len(other.files()) > 10 and other.files() == copied.files
    assert f"SECRET_KEY={OWN_KEY}" in (other.data / "raccordo.env").read_text()
    assert copied.path.stat().st_mode & 0o077 == 0
    assert (other.data / "raccordo.env").stat().st_mode & 0o077 == 0


def test_a_copy_made_while_somebody_writes_is_of_one_moment_and_people_work_with_it(
    site: Machine, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as log:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, env=site.env, stderr=log)
    try:
        _wait_for(tmp_path / "written", more_than=4)
        site.manage("backup", str(tmp_path / "viva.tar.gz"))
        at_the_end = int((tmp_path / "written").read_text())
        _wait_for(tmp_path / "written", more_than=at_the_end)  # nobody was stopped by it
    finally:
        (tmp_path / "stop").touch()
        assert writer.wait(LIMIT) == 0, (tmp_path / "log").read_text()

    other = empty_machine(tmp_path / "other")
    other.manage("restore", str(tmp_path / "viva.tar.gz"))
    named = {name for (name,) in other.ask("SELECT file FROM portal_document")}
    assert named <= set(other.files()), "each row has its file"
    written = {
        title for (title,) in other.ask("SELECT title FROM wagtailcore_page WHERE live AND title LIKE 'Scritta %'")
    }
    assert 4 <= len(written) < int((tmp_path / "written").read_text())
    pages = "SELECT count(*) FROM search_searchdocument WHERE title LIKE 'Scritta %' AND heading = ''"
    assert other.ask(pages) == [(len(written),)], "a publication and its search row are one"

    last = max(int(title.split()[1]) for title in written)
    (form,) = other.ask("SELECT id, file FROM portal_document WHERE title LIKE 'MD-08%'")
    tests = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PREPARED": str(other.data)}  # the demo's passwords are theirs
    done = other.run("-c", LIVE, f"zufolamento {last}", f"/documenti/{form[0]}/{Path(form[1]).name}", **tests)
    assert done.returncode == 0, done.stderr
    lived = json.loads(done.stdout.splitlines()[-1])
    assert (lived["entered"], lived["form"], lived["file"], lived["rebuilding"]) == (302, 200, 200, False)
    assert f"Scritta {last}" in lived["found"]


def _wait_for(file: Path, more_than: int) -> None:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if file.exists() and int(file.read_text() or 0) > more_than:
            return
        time.sleep(0.05)
    raise AssertionError(f"{file.name}: not more than {more_than} after {LIMIT} seconds")


# --- What is refused -------------------------------------------------------------------------------------


def test_nothing_is_restored_over_an_installation(site: Machine, copied: Copied) -> None:
    before = site.dump(), site.files()
    (said,) = site.refused(["restore", str(copied.path)])
    assert "Qui c’è già un’installazione" in said
    assert (site.dump(), site.files()) == before


def damaged_copies(whole: Path, folder: Path) -> Iterator[Path]:
    content = whole.read_bytes()
    for name, other in {
        "cut": content[: len(content) // 2],
        "one bit": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "empty": b"",
        "noise": b"non sono un archivio" * 100,
    }.items():
        path = folder / f"{name}.tar.gz"
        path.write_bytes(other)
        yield path


def rewritten(whole: Path, path: Path, changes: dict[str, bytes]) -> Path:
    """The archive with members changed or added, as a hand would."""
    with tarfile.open(whole) as old, tarfile.open(path, "w:gz") as new:
        contents = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
        for name, content in (contents | changes).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
    return path


def manifest_of(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]


def test_a_copy_that_is_damaged_or_does_not_fit_is_said_and_leaves_the_machine_empty(
    copied: Copied, tmp_path: Path
) -> None:
    other = empty_machine(tmp_path / "other")
    damaged = list(damaged_copies(copied.path, tmp_path))
    commands = [[*command, str(path)] for path in damaged for command in (["restore", "--check"], ["restore"])]
    assert {said.partition(" è")[0].partition(" non")[0] for said in other.refused(*commands)} == {
        "refused: L’archivio"
    }

    listed = manifest_of(copied.path)
    touched = [
        ({"raccordo.env": b"SECRET_KEY=altra\n"}, "non è più com’era"),
        ({"files/in-piu.txt": b"x"}, "non è più com’era"),
        ({"../fuori.txt": b"x"}, "nelle copie non c’è mai"),
        ({"manifest.json": b"{}"}, "manca l’elenco"),
        ({"manifest.json": json.dumps(listed | {"migrations": ["portal.9999_of_tomorrow"]}).encode()}, "più nuova"),
        ({"manifest.json": json.dumps(listed | {"database": "oracle"}).encode()}, "correggi DATABASE_URL"),
        ({"manifest.json": json.dumps(listed | {"format": 99}).encode()}, "una versione più nuova"),
    ]
    paths = [rewritten(copied.path, tmp_path / f"{n}.tar.gz", change) for n, (change, _said) in enumerate(touched)]
    sentences = ["L’archivio" for _path in damaged] + [said for _change, said in touched] + ["è vuota"]
    commands = [["restore", str(path)] for path in [*damaged, *paths]] + [["backup", str(tmp_path / "vuota.tar.gz")]]
    said = other.refused(*commands)
    assert [words for words, each in zip(sentences, said, strict=True) if words not in each] == []
    assert not (tmp_path / "fuori.txt").exists() and other.files() == {}

    (other.data / "files").mkdir()
    (other.data / "files" / "mio.txt").write_text("mio")
    (said,) = other.refused(["restore", str(copied.path)])
    assert "ci sono già dei file" in said and other.files() == {"mio.txt": b"mio"}

    (other.data / "files" / "mio.txt").unlink()
    other.manage("restore", str(copied.path))  # it was empty indeed


def test_no_copy_takes_the_place_of_another_nor_lies_among_the_files_nor_on_a_full_disk(
    site: Machine, copied: Copied, tmp_path: Path
) -> None:
    before = copied.path.read_bytes()
    folder = tmp_path / "copie"
    folder.mkdir()
    (folder / "copia.tar.gz.part").symlink_to("/dev/full")
    wrong = [
        copied.path,
        site.data / "files" / "copia.tar.gz",
        tmp_path / "no" / "copia.tar.gz",
        folder / "copia.tar.gz",
    ]
    said = site.refused(*(["backup", str(path)] for path in wrong))
    sentences = ["esiste già", "fra i file del portale", "non c’è", "La copia non è riuscita"]
    assert [words for words, each in zip(sentences, said, strict=True) if words not in each] == []
    assert copied.path.read_bytes() == before and list(folder.iterdir()) == []
    assert json.loads((site.data / "last_backup.json").read_text())["problem"]


def test_a_file_that_is_lost_is_said_and_the_rest_is_copied(prepared_in: Path, tmp_path: Path) -> None:
    made = Machine(tmp_path / "lossy", "raccordo_lossy")
    copy("demo", prepared_in, made.data, made.database)
    lost = next(name for name in sorted(made.files()) if name.startswith("documents/"))
    (made.data / "files" / lost).unlink()
    done = made.run("manage.py", "backup", str(tmp_path / "copia.tar.gz"))
    assert done.returncode == 0 and "1 file mancano dal disco" in done.stderr
    assert "raccordo.env" in done.stderr, "its secret is nowhere in the copy, and that is said"
    assert manifest_of(tmp_path / "copia.tar.gz")["lost"] == [lost]


# --- A folder of copies ----------------------------------------------------------------------------------


def test_the_clock_makes_the_days_copy_and_keeps_days_weeks_and_months_of_them(site: Machine, tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=12)
    for days in range(1, 400):
        (tmp_path / f"raccordo-{today - timedelta(days=days):%Y%m%d-%H%M%S}.tar.gz").touch()
    (tmp_path / "raccordo-vecchio.tar.gz").write_text("di un altro")
    (site.data / "last_backup.json").unlink(missing_ok=True)  # after one that failed an hour goes by
    call = "import django; django.setup(); from portal.background import clock; print(clock.back_up())"
    done = site.run("-c", call, BACKUP_TO=str(tmp_path), BACKUP_KEEP="7,5,12")
    # It is made in a process of its own, whose words are waited for here.
    assert done.stdout.startswith("True\n") and "Tolte" in done.stdout, done.stderr
    kept = list(backup.kept_in(tmp_path))
    assert 15 <= len(kept) <= 7 + 5 + 12
    assert archive.check(kept[0]).lost == []
    moments = list(backup.kept_in(tmp_path).values())
    assert (moments[0] - moments[6]).days in (6, 7) and (moments[0] - moments[-1]).days > 300
    assert (tmp_path / "raccordo-vecchio.tar.gz").read_text() == "di un altro"


def test_once_a_day_from_its_hour_on_a_copy_is_due(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_TO, settings.BACKUP_HOUR, settings.DATA_DIR = str(tmp_path), 2, tmp_path
    morning = datetime(2026, 3, 10, 9, 0, tzinfo=ZoneInfo("Europe/Rome"))
    assert backup._is_due(morning)
    (tmp_path / "raccordo-20260310-010500.tar.gz").touch()  # 2:05 in Rome
    assert not backup._is_due(morning)
    assert not backup._is_due(morning + timedelta(hours=16))  # one in the night
    assert backup._is_due(morning + timedelta(hours=18))
    settings.BACKUP_TO = ""
    assert not backup.start_if_due()
