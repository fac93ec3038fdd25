"""Several servers on one socket: all of them answer, and none that ends takes the site along."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says who answers, after a while: whoever asks meanwhile is served by another."""
    time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


class Site:
    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "portal.background.web", "2", "127.0.0.1", str(self.port), "--threads=1"]
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        self.process = subprocess.Popen([*command, f"{Path(__file__).stem}:application"], env=here)

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
    found = Site()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            found.ask()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            break
    yield found
    if found.process.poll() is None:
        found.process.kill()
    found.process.wait()


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
