"""An installation that runs: the launcher's real processes on a data folder of their own, and a console to ask it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from portal.models.jobs import Lane
from tests.installation import environment

ROOT = Path(__file__).resolve().parents[1]
# Seconds: more than the launcher gives a site that has not yet answered it, which one stopped at once has not.
LIMIT = 240
# Evaluates one line at a time in the installation, as the site and its worker see it.
CONSOLE = """
import json, sys, traceback
import django
django.setup()
from portal import network
from portal.spaces import opening
from portal.background import jobs, write_lock
from portal.models import Job, User
from portal.models.pages import TextPage
from search.models import SearchDocument

def publish(title):
    network.set_up("Prova")
    space = opening.open_space("PROVA", "Prova", slug="prova", by=None, visibility="pubblico")
    page = space.root_page.add_child(instance=TextPage(title=title, change_note="Nuova.", live=False))
    page.save_revision().publish()
    return SearchDocument.objects.filter(pending=True, title=title).count()

def answer(line):
    try:
        return {"is": eval(line)}
    except Exception:  # whoever asked is told, and may ask again
        return {"failed": traceback.format_exc()}

for line in sys.stdin:
    print(json.dumps(answer(line)), flush=True)
"""


def hold(file: str, seconds: float) -> None:
    """A job that says which process works on it, and goes on until the file is taken away."""
    Path(file).write_text(str(os.getpid()))
    end = time.monotonic() + seconds
    while Path(file).exists() and time.monotonic() < end:
        time.sleep(0.05)


def hang_with_the_lock(file: str) -> None:
    """A job that begins to write, says which process it is, and stops; done a second time it does nothing."""
    from django.db import transaction

    if Path(file).exists():
        return
    with transaction.atomic():
        Path(file).write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


def wait_for(what: Callable[[], Any], words: str) -> Any:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{words}: not after {LIMIT} seconds")


def stat_of(pid: int) -> tuple[str, int]:
    """State and parent of a process; a dead one's state is X."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return state, int(parent)


def is_alive(pid: int) -> bool:
    return stat_of(pid)[0] not in "ZX"


def children(pid: int) -> list[int]:
    everybody = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [each for each in everybody if stat_of(each)[1] == pid and is_alive(each)]


def family(pid: int) -> list[int]:
    return [pid, *(each for child in children(pid) for each in family(child))]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has just ended, or is another's
        return b""


class Installation:
    """A data folder, the launcher that serves it, and a console."""

    def __init__(self, prepared_in: Path, data: Path, name: str = "launcher", queue: int = 15, **settings: str) -> None:
        self.data = data
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.env = environment(prepared_in, data, f"raccordo_{name}", queue) | settings
        self.console = self.python("-c", CONSOLE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.launcher: subprocess.Popen[str] | None = None
        self.asked = 0

    def python(self, *command: str, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.env, **options)

    def manage(self, *command: str) -> "subprocess.Popen[str]":
        with (self.data / "log").open("a") as log:
            return self.python("manage.py", *command, stdout=log, stderr=log)

    def start(self) -> None:
        if self.launcher is None or self.launcher.poll() is not None:
            self.launcher = self.manage("serve", f"--port={self.port}")
        wait_for(self.answers, "the site answers")

    def end(self) -> None:
        if self.launcher and self.launcher.poll() is None:
            for pid in family(self.launcher.pid):
                os.kill(pid, signal.SIGKILL)
            self.launcher.wait()
        self.console.kill()
        self.console.wait()

    # What the site says

    def get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """As a browser does, with the token against forgeries in cookie and form."""
        token = "t" * 32
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
        try:
            connection.request("POST", path, urlencode({**fields, "csrfmiddlewaretoken": token}), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def answers(self) -> bool:
        """Asked for a page that does not exist, it has looked into the database and leads to the login."""
        try:
            return self.get("/p/XX-99/")[0] == 302
        except (OSError, HTTPException):
            return False

    def finds(self, word: str) -> bool:
        return json.loads(self.get(f"/cerca/?format=json&q={word}")[1])["total"] > 0

    # What its database says

    def __call__(self, line: str) -> Any:
        self.console.stdin.write(line + "\n")
        self.console.stdin.flush()
        answer = json.loads(self.console.stdout.readline())
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer["is"]

    def ask(self, function: str, *args: Any, lane: str = Lane.QUICK) -> int:
        self.asked += 1
        return self(f"jobs.ask('probe-{self.asked}', {function!r}, *{list(args)!r}, lane={str(lane)!r}).pk")

    def state(self, job: int) -> str:
        return self(f"Job.objects.get(pk={job}).state")

    def is_done(self, job: int) -> bool:
        return self.state(job) == "fatto"

    def does_work(self) -> None:
        job = self.ask("portal.background.heartbeat.beat")
        wait_for(lambda: self.is_done(job), "a job asked for is done")

    # Its processes

    @property
    def site(self) -> int:
        return self._child("background.web")

    @property
    def leader(self) -> int:
        """Of the quick lane."""
        return self.leader_of(Lane.QUICK)

    def leader_of(self, lane: Lane) -> int:
        return self._child("qcluster", f"Q_CLUSTER_NAME={lane}\0")

    def _child(self, word: str, variable: str = "") -> int:
        named = [
            pid
            for pid in children(self.launcher.pid)
            if word.encode() in _read(Path(f"/proc/{pid}/cmdline"))
            and variable.encode() in _read(Path(f"/proc/{pid}/environ"))
        ]
        return named[0] if named else 0

    def left_behind(self) -> list[int]:
        """Whoever still works on this data folder, the console aside."""
        here = f"DATA_DIR={self.data}\0".encode()
        found = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and is_alive(int(entry.name))]
        return [int(entry.name) for entry in found if here in _read(entry / "environ")
                and int(entry.name) not in {self.console.pid, os.getpid()}]  # fmt: skip

    def pause(self, pids: list[int]) -> None:
        """Stops processes, none of them while it writes: it would keep everybody from writing."""

        def are_stopped() -> bool:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            if self("write_lock.holder()") not in pids:
                return True
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            return False

        wait_for(are_stopped, "they have written")

    def hold(self, file: Path, seconds: float = 300) -> tuple[int, int]:
        """A job that has just begun to hold, and the worker that does it."""
        job = self.ask("tests.running.hold", str(file), seconds)
        return job, int(wait_for(lambda: file.exists() and file.read_text(), "a worker takes the job"))
