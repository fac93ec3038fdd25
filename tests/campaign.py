"""`make faults`: everything is killed at random moments under load, each dependency is taken away and given back.

Three writers work through the site all the while: they publish, propose and upload. Whatever was answered must be
there once, be found, be mailed once and be read; whatever was not answered may be there once or not at all. Prints a
table, and ends with 1 where something was lost, doubled or left behind. KILLS=200 and SEED choose how much and which.
"""

import json
import os
import random
import shutil
import signal
import socketserver
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
if __name__ == "__main__":
    django.setup()

from tests.running import Installation, children, family, is_alive  # noqa: E402
from tests.typed_pages import typed  # noqa: E402

KILLS = int(os.environ.get("KILLS", "200"))
SEED = int(os.environ.get("SEED", "1"))
AWAY = float(os.environ.get("AWAY", "25"))  # seconds for which a dependency is away
PASSWORD = "una-betulla-alta"  # noqa: S105
TOKEN = "t" * 32
RECOVERY = 180  # seconds
WRITER, BOSS, APPROVER = "scrive@raccordo.example", "dirige@raccordo.example", "approva@raccordo.example"


def prepare() -> dict[str, int]:
    """In the installation: a space, who writes, who publishes, who approves."""
    from portal import network
    from portal.models import User
    from portal.models.spaces import Role
    from portal.spaces import opening, roles

    network.set_up("Prova")
    space = opening.open_space("PROVA", "Prova", slug="prova", by=None, visibility="pubblico")
    boss = User.objects.create_superuser(BOSS, PASSWORD, first_name="Dina", last_name="Dirige")
    for email, role in ((WRITER, Role.EDITOR), (APPROVER, Role.APPROVER)):
        roles.give_role(space, User.objects.create_user(email, PASSWORD, first_name="Una"), role, by=boss)
    return {"root": space.root_page.pk, "collection": space.collection_id}


def what_is_there() -> dict[str, Any]:
    """In the installation: each thing of the campaign, how often, and what is left half done."""
    from django.conf import settings
    from wagtail.models import Page

    from portal.models import Activity, Document, Job
    from search.models import SearchDocument

    kept = {Path(name).name for name in Document.objects.values_list("file", flat=True)}
    folder = Path(settings.MEDIA_ROOT) / "documents"
    lying = {file.name for file in folder.iterdir()} if folder.exists() else set()
    return {
        "published": Counter(Page.objects.live().filter(title__startswith="Pubblica").values_list("title", flat=True)),
        "activities": Counter(
            Activity.objects.filter(verb="pubblicato", page__title__startswith="Pubblica").values_list(
                "page__title", flat=True
            )
        ),
        "proposed": Counter(Page.objects.filter(title__startswith="Proponi").values_list("title", flat=True)),
        "uploaded": Counter(Document.objects.values_list("title", flat=True)),
        "unread": list(Document.objects.exclude(reading_state="letto").values_list("title", flat=True)),
        "orphans": sorted(lying - kept),
        "missing": sorted(kept - lying),
        "jobs": list(Job.objects.exclude(state="fatto").values_list("key", "state", "problem")),
        "pending": SearchDocument.objects.filter(pending=True).count(),
    }


def hurry() -> int:
    """In the installation: what a dead process left is taken up after minutes; the campaign does not wait for them."""
    from datetime import timedelta

    from django.utils import timezone

    from portal.background import jobs
    from portal.models import Job

    Job.objects.filter(state="attesa").update(touched_at=timezone.now() - jobs.FORGOTTEN - timedelta(seconds=1))
    return jobs.sweep()


def a_week_later() -> int:
    """In the installation: a file whose process died before its row was written goes with its term, and no other."""
    from datetime import timedelta

    from portal.background import clock
    from portal.upkeep import terms

    terms.UPLOADS = timedelta(seconds=-1)
    return clock.keep_terms()


# --- A mail server that can hang -------------------------------------------------------------------------


class Mailbox(socketserver.ThreadingTCPServer):
    """Takes mails and keeps them; while it hangs it takes calls and says nothing."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.mails: list[Any] = []
        self.hangs = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        with suppress(OSError):
            self._say("220 campagna")
            while line := self.rfile.readline():
                word = line.strip().upper()[:4]
                if word == b"DATA":
                    self._say("354 scrivi")
                    lines = iter(self.rfile.readline, b".\r\n")
                    self.server.mails.append(message_from_bytes(b"".join(lines), policy=default))
                self._say("221 ciao" if word == b"QUIT" else "250 va bene")

    def _say(self, words: str) -> None:
        while self.server.hangs.is_set():
            time.sleep(0.2)
        self.wfile.write(f"{words}\r\n".encode())


# --- Who works meanwhile ---------------------------------------------------------------------------------


@dataclass
class Browser:
    """One person's way through the site."""

    port: int
    email: str
    session: str = ""

    def post(self, path: str, body: bytes, kind: str) -> tuple[int, str]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = f"csrftoken={TOKEN}; sessionid={self.session}" if self.session else f"csrftoken={TOKEN}"
        try:
            line.request("POST", path, body, {"Content-Type": kind, "Cookie": cookie, "Host": "localhost"})
            answer = line.getresponse()
            answer.read()
            said = [answer.headers.get("Location", ""), *answer.headers.get_all("Set-Cookie", [])]
            return answer.status, "\n".join(said)
        finally:
            line.close()

    def form(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        body = urlencode({**fields, "csrfmiddlewaretoken": TOKEN}).encode()
        return self.post(path, body, "application/x-www-form-urlencoded")

    def finds(self, words: str) -> bool:
        """As somebody who has entered: strangers may ask so often a minute."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            address = f"/cerca/?{urlencode({'format': 'json', 'q': words})}"
            line.request("GET", address, headers={"Cookie": f"sessionid={self.session}", "Host": "localhost"})
            return bool(json.loads(line.getresponse().read())["total"])
        finally:
            line.close()

    def enter(self) -> bool:
        status, headers = self.form("/accesso/login/", {"login": self.email, "password": PASSWORD})
        if status == 302 and "sessionid=" in headers:
            self.session = headers.partition("sessionid=")[2].partition(";")[0]
        return bool(self.session)


@dataclass
class Writers:
    """They go on until they are told to stop, whatever happens around them."""

    port: int
    root: int
    collection: int
    answered: dict[str, list[str]] = field(default_factory=lambda: {"Pubblica": [], "Proponi": [], "Carica": []})
    asked: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    broken: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for kind, email, act in (
            ("Pubblica", BOSS, self._publish), ("Proponi", WRITER, self._propose), ("Carica", BOSS, self._upload),
        ):  # fmt: skip
            self.threads.append(threading.Thread(target=self._work, args=(kind, email, act), daemon=True))
            self.threads[-1].start()

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _work(self, kind: str, email: str, act: Callable[[Browser, str], int]) -> None:
        browser = Browser(self.port, email)
        while not self.stop.is_set():
            try:
                if not browser.session and not browser.enter():
                    time.sleep(0.5)
                    continue
                self.asked[kind] += 1
                title = f"{kind} {self.asked[kind]:05}"
                status = act(browser, title)
            except (OSError, HTTPException):
                self.broken += 1
                time.sleep(0.3)
                continue
            if status == 302:
                self.answered[kind].append(title)
            elif status == 503:
                self.busy += 1
            else:
                self.refused[status] += 1
            time.sleep(0.2)

    def _page(self, browser: Browser, title: str, act: str) -> int:
        fields = typed(title=title, change_note="Nuova.") | {act: "1"}
        status, location = browser.form(f"/admin/pages/add/portal/textpage/{self.root}/", fields)
        return 401 if "login" in location else status

    def _publish(self, browser: Browser, title: str) -> int:
        return self._page(browser, title, "action-publish")

    def _propose(self, browser: Browser, title: str) -> int:
        return self._page(browser, title, "action-submit")

    def _upload(self, browser: Browser, title: str) -> int:
        fields = {"csrfmiddlewaretoken": TOKEN, "title": title, "collection": str(self.collection)}
        parts = [f'--limite\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        name = title.lower().replace(" ", "-")
        parts.append(f'--limite\r\nContent-Disposition: form-data; name="file"; filename="{name}.txt"\r\n\r\n')
        body = "".join([*parts, f"Il testo di {title}.\r\n--limite--\r\n"]).encode()
        status, location = browser.post("/admin/documents/add/", body, "multipart/form-data; boundary=limite")
        return 401 if "login" in location else status


# --- What happens ----------------------------------------------------------------------------------------


@dataclass
class Row:
    what: str
    times: int
    seconds: float
    said: str = ""


class Campaign:
    def __init__(self, folder: Path) -> None:
        self.dice = random.Random(SEED)
        self.mailbox = Mailbox()
        url = f"smtp://127.0.0.1:{self.mailbox.server_address[1]}"
        self.site = Installation(folder / "prepared", folder / "data", "campaign", queue=12, EMAIL_URL=url)
        self.rows: list[Row] = []
        self.writers: Writers

    def run(self) -> bool:
        self.site.start()
        self._wait(self.site.answers)
        made = self.site("__import__('tests.campaign').campaign.prepare()")
        self.writers = Writers(self.site.port, made["root"], made["collection"])
        self.writers.start()
        for name, away in DEPENDENCIES.items():
            self._taken_away(name, away)
        self._kill_at_random()
        self.writers.end()
        problems = self._problems()
        self.site.launcher.terminate()
        everybody = family(self.site.launcher.pid)
        self.site.launcher.wait(60)
        problems += [f"process {pid} goes on" for pid in everybody if is_alive(pid)]
        problems += [f"process {pid} was left behind" for pid in self.site.left_behind()]
        self._print(problems)
        return not problems

    def _wait(self, what: Callable[[], Any]) -> float:
        began = time.monotonic()
        while time.monotonic() - began < RECOVERY:
            with suppress(OSError, HTTPException, ValueError):
                if what():
                    return time.monotonic() - began
            time.sleep(0.3)
        raise SystemExit(f"Not again within {RECOVERY} seconds; the folder is {self.site.data}")

    def _answers_again(self) -> float:
        """Until somebody has written, and the next job is done."""
        before = sum(map(len, self.writers.answered.values()))
        return self._wait(lambda: sum(map(len, self.writers.answered.values())) > before)

    def _taken_away(self, name: str, away: Callable[["Campaign"], Any]) -> None:
        print(f"  {name} …", flush=True)
        busy, reads, slowest = self.writers.busy, 0, 0.0
        with away(self):
            end = time.monotonic() + AWAY
            while time.monotonic() < end:
                began = time.monotonic()
                with suppress(OSError, HTTPException):
                    reads += self.site.get("/spazi/prova/")[0] == 200
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.5)
        back = self._answers_again()
        said = f"{reads} pages read meanwhile, the slowest in {slowest:.1f} s; {self.writers.busy - busy} told to wait"
        self.rows.append(Row(name, 1, back, said))

    def _kill_at_random(self) -> None:
        killed: Counter[str] = Counter()
        print(f"  {KILLS} kills …", flush=True)
        while sum(killed.values()) < KILLS:
            time.sleep(self.dice.uniform(0.2, 3))
            if (victim := self._victim()) and is_alive(victim[1]):
                killed[victim[0]] += 1
                os.kill(victim[1], signal.SIGKILL)
                if victim[0] == "launcher":
                    self.site.launcher.wait()
                    time.sleep(1)
                    self.site.start()
        back = self._answers_again()
        self.rows += [Row(f"kill -9: {name}", times, back) for name, times in sorted(killed.items())]

    def _victim(self) -> tuple[str, int] | None:
        """One of all processes; the launcher seldom, because with it goes everything."""
        if self.dice.random() < 0.04:
            return "launcher", self.site.launcher.pid
        with suppress(OSError, IndexError):
            child = self.dice.choice(children(self.site.launcher.pid))
            if child == self.site.site:
                return "site", child
            below = family(child)
            pid = self.dice.choice(below)
            return ("leader of a lane" if pid == child else "worker of a lane"), pid
        return None

    # What came of it

    def _problems(self) -> list[str]:
        """All that was answered is there once; nothing is left half done."""
        self._wait(lambda: self._is_done(self._look()))
        self.rowless = len(self._look()["orphans"])
        self.site("__import__('tests.campaign').campaign.a_week_later()")
        found, answered = self._look(), self.writers.answered
        problems = []
        for kind, things in (("Pubblica", "published"), ("Proponi", "proposed"), ("Carica", "uploaded")):
            problems += [f"lost: {title}" for title in answered[kind] if not found[things].get(title)]
            problems += [f"doubled: {title}" for title, times in found[things].items() if times > 1]
        problems += [f"published without its act: {title}" for title in found["published"].keys() - found["activities"]]
        problems += [f"act twice: {title}" for title, times in found["activities"].items() if times > 1]
        problems += [f"file without its row: {name}" for name in found["orphans"]]
        problems += [f"row without its file: {name}" for name in found["missing"]]
        problems += self._mails(answered["Proponi"])
        reader = Browser(self.site.port, BOSS)
        self._wait(reader.enter)
        problems += [f"not found: {title}" for title in answered["Pubblica"] if not reader.finds(title)]
        with closing(sqlite3.connect(self.site.data / "raccordo.sqlite3")) as database:
            state = database.execute("PRAGMA integrity_check").fetchone()[0]
        return problems + ([] if state == "ok" else [f"database: {state}"])

    def _look(self) -> dict[str, Any]:
        found: dict[str, Any] = self.site("__import__('tests.campaign').campaign.what_is_there()")
        return found

    def _is_done(self, found: dict[str, Any]) -> bool:
        if found["jobs"]:
            self.site("__import__('tests.campaign').campaign.hurry()")
            time.sleep(5)
        return not found["jobs"] and not found["pending"] and not found["unread"]

    def _mails(self, proposed: list[str]) -> list[str]:
        ids = {title: set() for title in proposed}
        for mail in self.mailbox.mails:
            for title in [title for title in ids if title in str(mail["Subject"])]:
                if mail["To"] == APPROVER:
                    ids[title].add(mail["Message-ID"])
        self.folded = len(self.mailbox.mails) - len({(mail["To"], mail["Message-ID"]) for mail in self.mailbox.mails})
        lost = [f"not mailed: {title}" for title, found in ids.items() if not found]
        return lost + [f"mailed twice: {title}" for title, found in ids.items() if len(found) > 1]

    def _print(self, problems: list[str]) -> None:
        writers = self.writers
        print(f"\n{'taken away or killed':<34}{'times':>6}{'again after':>13}  meanwhile")
        for row in self.rows:
            print(f"{row.what:<34}{row.times:>6}{row.seconds:>11.1f} s  {row.said}")
        print(f"\n{'':<34}{'asked':>6}{'answered':>10}")
        for kind, titles in writers.answered.items():
            print(f"{kind:<34}{writers.asked[kind]:>6}{len(titles):>10}")
        print(f"broken off {writers.broken}, told to wait {writers.busy}, other answers {dict(writers.refused)}")
        print(f"mails {len(self.mailbox.mails)}, of them second copies with the same Message-ID {self.folded}")
        print(f"files whose process was killed before their row was written {self.rowless}, gone with their term")
        print(f"lost, doubled, orphaned: {len(problems)}")
        for problem in problems[:40]:
            print(f"  {problem}")


# --- Dependencies ----------------------------------------------------------------------------------------


@contextmanager
def locked_database(campaign: Campaign) -> Iterator[None]:
    database = sqlite3.connect(campaign.site.data / "raccordo.sqlite3", timeout=60, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    yield
    database.execute("ROLLBACK")
    database.close()


@contextmanager
def hanging_mail(campaign: Campaign) -> Iterator[None]:
    campaign.mailbox.hangs.set()
    yield
    campaign.mailbox.hangs.clear()


@contextmanager
def no_index(campaign: Campaign) -> Iterator[None]:
    """The folder of the index is gone; it is made again by itself."""
    folder = campaign.site.data / "index"
    folder.rename(folder.with_suffix(".away"))
    yield
    shutil.rmtree(folder.with_suffix(".away"))


@contextmanager
def hanging_site(campaign: Campaign) -> Iterator[None]:
    hung = campaign.site.site
    os.kill(hung, signal.SIGSTOP)
    yield
    campaign._wait(lambda: not is_alive(hung))


@contextmanager
def hanging_worker(campaign: Campaign) -> Iterator[None]:
    hung = family(campaign.site.leader)
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    yield
    campaign._wait(lambda: not any(map(is_alive, hung)))


@contextmanager
def hanging_writer(campaign: Campaign) -> Iterator[None]:
    """A worker stops while it holds the database's write lock."""
    file = campaign.site.data / "hangs"
    campaign.site.ask("tests.running.hang_with_the_lock", str(file))
    yield
    campaign._wait(lambda: file.exists() and not is_alive(int(file.read_text())))


@contextmanager
def full_disk(campaign: Campaign) -> Iterator[None]:
    """Only where the data folder has a small disk of its own, which root can give it."""
    filler = campaign.site.data / "filler"
    with filler.open("wb") as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
            file.flush()
    yield
    filler.unlink()


DEPENDENCIES: dict[str, Callable[[Campaign], Any]] = {
    "database locked": locked_database, "mail server hangs": hanging_mail, "index gone": no_index,
    "site hangs": hanging_site, "quick lane hangs": hanging_worker, "worker hangs as it writes": hanging_writer,
}  # fmt: skip


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="raccordo-campaign-"))
    (folder / "prepared").mkdir()
    (folder / "data").mkdir()
    small = f"mount -t tmpfs -o size=400m raccordo-campaign {folder / 'data'} 2>/dev/null"
    is_small = os.geteuid() == 0 and os.system(small) == 0  # noqa: S605
    if is_small:
        DEPENDENCIES["disk full"] = full_disk
    else:
        print("  disk full: not tried, only root can give the data folder a small disk of its own")
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(1))  # whoever stops it leaves nothing running
    campaign = Campaign(folder)
    try:
        return 0 if campaign.run() else 1
    finally:
        campaign.site.end()
        if is_small:
            os.system(f"umount {folder / 'data'} 2>/dev/null || umount -l {folder / 'data'}")  # noqa: S605
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
