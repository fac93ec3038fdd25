"""One command keeps site and worker alive: real processes, killed one after the other.

The limit on waiting is generous, for busy machines; django-q2 alone would leave the work lying for seven
minutes or, with a dead queue, for ever.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError

from portal.background import launcher
from tests.installation import environment

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 90
# Evaluates one line at a time in the installation, as the site and its worker see it.
CONSOLE = """
import json, sys
import django
django.setup()
from portal import network
from portal.spaces import opening
from portal.background import jobs
from portal.models import Job
from portal.models.pages import TextPage
from search.models import SearchDocument

def publish(title):
    network.set_up("Prova")
    space = opening.open_space("PROVA", "Prova", slug="prova", by=None, visibility="pubblico")
    page = space.root_page.add_child(instance=TextPage(title=title, change_note="Nuova.", live=False))
    page.save_revision().publish()
    return SearchDocument.objects.filter(pending=True, title=title).count()

for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""


def hold(file: str, seconds: float) -> None:
    """A job that says which process works on it, and goes on until the file is taken away."""
    Path(file).write_text(str(os.getpid()))
    end = time.monotonic() + seconds
    while Path(file).exists() and time.monotonic() < end:
        time.sleep(0.05)


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


class Installation:
    """A data folder, the launcher that serves it, and a console."""

    def __init__(self, prepared_in: Path, data: Path) -> None:
        self.data = data
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.env = environment(prepared_in, data, "raccordo_launcher", queue=15)
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
        return json.loads(self.console.stdout.readline())

    def ask(self, function: str, *args: Any) -> int:
        self.asked += 1
        return self(f"jobs.ask('probe-{self.asked}', {function!r}, *{list(args)!r}).pk")

    def state(self, job: int) -> str:
        return self(f"Job.objects.get(pk={job}).state")

    def is_done(self, job: int) -> bool:
        return self.state(job) == "fatto"

    def does_work(self) -> None:
        job = self.ask("portal.background.jobs.beat")
        wait_for(lambda: self.is_done(job), "a job asked for is done")

    # Its processes

    @property
    def site(self) -> int:
        return self._child("waitress")

    @property
    def leader(self) -> int:
        return self._child("qcluster")

    def _child(self, word: str) -> int:
        named = [pid for pid in children(self.launcher.pid) if word in Path(f"/proc/{pid}/cmdline").read_text()]
        return named[0] if named else 0

    def hold(self, file: Path, seconds: float = 300) -> tuple[int, int]:
        """A job that has just begun to hold, and the worker that does it."""
        job = self.ask("tests.portal.test_launcher.hold", str(file), seconds)
        return job, int(wait_for(lambda: file.exists() and file.read_text(), "a worker takes the job"))


@pytest.fixture(scope="module")
def installation(prepared_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(prepared_in, tmp_path_factory.mktemp("installation"))
    yield made
    made.end()


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.start()
    return installation


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_a_killed_site_answers_again(running: Installation) -> None:
    killed = running.site
    kill(killed)
    wait_for(lambda: running.site not in (0, killed), "another site")
    wait_for(running.answers, "the site answers again")
    running.does_work()


def test_an_answer_to_head_ends_after_its_headers(running: Installation) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as line:
        line.sendall(
            f"HEAD /accesso/login/ HTTP/1.1\r\nHost: localhost:{running.port}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    headers, _blank, body = answer.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 200")
    assert int(headers.lower().partition(b"content-length: ")[2].split()[0]) > 1000
    assert body == b""


def test_while_a_killed_worker_was_busy_the_others_do_the_work(running: Installation, tmp_path: Path) -> None:
    leader = running.leader
    _job, busy = running.hold(tmp_path / "busy")
    kill(busy)
    running.does_work()
    assert running.answers()
    assert running.leader == leader  # django-q2 replaces a busy worker by itself


def test_killed_idle_workers_take_the_queue_with_them_and_work_goes_on(running: Installation, tmp_path: Path) -> None:
    """One of two idle workers holds the lock of the queue: whoever comes after it waits for ever."""
    leader = running.leader
    held = [running.hold(tmp_path / name) for name in "ab"]
    for name in "ab":
        (tmp_path / name).unlink()
    wait_for(lambda: all(running.is_done(job) for job, _worker in held), "both workers are idle")
    kill(*(worker for _job, worker in held))
    running.does_work()
    assert running.answers()
    assert running.leader != leader
    assert not is_alive(leader)


def test_a_killed_leader_of_the_workers_is_replaced_and_leaves_nobody_unwatched(running: Installation) -> None:
    leader = running.leader
    followers = family(leader)
    kill(leader)
    wait_for(lambda: not any(map(is_alive, followers)), "the workers without a leader are gone")
    running.does_work()
    assert running.answers()


def test_sigterm_lets_work_finish_and_frees_the_port(running: Installation, tmp_path: Path) -> None:
    job, _worker = running.hold(tmp_path / "last", seconds=2)
    everybody = family(running.launcher.pid)
    assert len(everybody) > 6  # launcher, site, leader, sentinel and those who work
    running.launcher.terminate()
    assert running.launcher.wait(LIMIT) == 0
    assert not any(map(is_alive, everybody))
    assert running.is_done(job)
    socket.create_server(("127.0.0.1", running.port)).close()


def test_a_killed_launcher_leaves_no_orphans(running: Installation) -> None:
    everybody = family(running.launcher.pid)
    kill(running.launcher.pid)
    running.launcher.wait()
    wait_for(lambda: not any(map(is_alive, everybody)), "all are gone")
    running.start()
    running.does_work()


def test_what_was_published_before_everything_was_killed_is_found_afterwards(running: Installation) -> None:
    everybody = family(running.launcher.pid)
    for pid in family(running.leader):
        os.kill(pid, signal.SIGSTOP)  # so that none of them is quicker than we are
    assert running("publish('Transumanza')") > 0
    assert not running.finds("transumanza")
    kill(*everybody)
    running.launcher.wait()
    assert running("SearchDocument.objects.filter(pending=True).exists()")
    running.start()
    wait_for(lambda: running.finds("transumanza"), "what was published is found")
    wait_for(lambda: not running("SearchDocument.objects.filter(pending=True).exists()"), "nothing is pending")


# --- Refusing to start -----------------------------------------------------------------------------------


def test_a_launcher_refuses_a_port_where_somebody_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "PORT_PATIENCE", 0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"La porta {port} non è libera"):
            launcher.Launcher("127.0.0.1", port, say=print).run()


def test_a_second_launcher_refuses_the_same_data_folder() -> None:
    with launcher._only_one_here(), pytest.raises(CommandError, match="già acceso"):
        launcher.Launcher("127.0.0.1", 0, say=print).run()
    assert (Path(settings.DATA_DIR) / "serve.lock").exists()
