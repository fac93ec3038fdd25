"""Several servers on one socket: all of them answer, and none that ends takes the site along."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any

import pytest


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says who answers, after a while: whoever asks meanwhile is served by another."""
    time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


# The portal's own command, save that it waits seconds where a slow machine is given minutes.
COMMAND = """
import sys
from portal.background import server, web
server.BEAT_EVERY, web.SILENT_AFTER = 0.3, 8.0
sys.exit(web.main(*sys.argv[1:]))
"""


class Site:
    def __init__(
        self, folder: Path = Path(__file__).parent, module: str = Path(__file__).stem, keeps: Collection[int] = ()
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-c", COMMAND, "2", "127.0.0.1", str(self.port), "--threads=1"]
        here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.getcwd()]), "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen([*command, f"{module}:application"], env=here, pass_fds=keeps)

    def ask(self, _turn: int = 0) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        assert answer.status == 200
        return int(answer.read())

    def answering(self) -> set[int]:
        with ThreadPoolExecutor(8) as together:
            return set(together.map(self.ask, range(16)))


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site(Site()) as found:
        yield found


@contextmanager
def running_site(site: Site) -> Iterator[Site]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            site.ask()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            break
    try:
        yield site
    finally:
        if site.process.poll() is None:
            site.process.kill()
        site.process.wait()


def two_answer(site: Site) -> set[int]:
    end = time.monotonic() + 30
    while len(found := site.answering()) < 2 and time.monotonic() < end:
        pass
    return found


def test_every_process_answers_and_one_that_is_killed_is_started_anew(site: Site) -> None:
    before = two_answer(site)
    assert len(before) == 2
    time.sleep(6)  # whoever ends sooner did not start properly
    os.kill(min(before), signal.SIGKILL)
    after = two_answer(site)
    assert len(after) == 2
    assert max(before) in after and min(before) not in after


def test_one_of_them_that_hangs_is_started_anew_while_the_others_answer(site: Site) -> None:
    before = two_answer(site)
    os.kill(min(before), signal.SIGSTOP)
    end = time.monotonic() + 30
    while Path(f"/proc/{min(before)}").exists() and time.monotonic() < end:
        time.sleep(0.1)
    after = two_answer(site)
    assert len(after) == 2
    assert max(before) in after and min(before) not in after


def keep_asking(site: Site, until: Event, answers: list[int]) -> None:
    """As a browser does: one connection, as long as it is kept open."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    while not until.is_set():
        connection.request("GET", "/")
        answers.append(int(connection.getresponse().read()))
        time.sleep(0.05)


def test_on_reload_each_gives_way_to_a_new_one_and_no_request_is_refused(site: Site) -> None:
    before, over, answers = two_answer(site), Event(), list[int]()
    with ThreadPoolExecutor(4) as together:
        asking = [together.submit(keep_asking, site, over, answers) for _ in range(4)]
        site.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 40
        while any(Path(f"/proc/{pid}").exists() for pid in before) and time.monotonic() < end:
            time.sleep(0.1)
        over.set()
        for each in asking:
            each.result()
    after = two_answer(site)
    assert len(after) == 2
    assert not after & before
    assert after & set(answers) and before & set(answers)


def test_new_code_that_does_not_start_leaves_the_old_in_its_place(tmp_path: Path) -> None:
    sound = Path(__file__).read_text().split("# The portal's own command")[0]
    (tmp_path / "served.py").write_text(sound)
    with running_site(Site(tmp_path, "served")) as site:
        before = two_answer(site)
        (tmp_path / "served.py").write_text("raise ImportError('half of an upgrade')\n")
        time.sleep(1)
        site.process.send_signal(signal.SIGHUP)
        time.sleep(6)
        assert two_answer(site) == before
        (tmp_path / "served.py").write_text(sound)
        site.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while site.answering() & before and time.monotonic() < end:
            time.sleep(0.2)
        assert not two_answer(site) & before


def test_asked_to_stop_all_of_it_ends_and_the_port_is_free(site: Site) -> None:
    assert len(two_answer(site)) == 2
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(20) == 0
    with socket.create_server(("127.0.0.1", site.port)):
        pass


def test_processes_that_cannot_start_end_the_site_instead_of_trying_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "portal.background.web", "2", "127.0.0.1", str(port), "tests.nothing:here"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode != 0
