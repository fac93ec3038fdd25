"""Work that waits for others never holds up work that does not: a real mail server that hangs, real files that cost."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.models.jobs import Lane
from tests.running import Installation, wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
SOON = 15  # seconds; one mail alone takes ten to find out that nobody answers, one file here half an hour


class HangingServer:
    """Takes every call and says nothing."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.calls: list[socket.socket] = []
        threading.Thread(target=self._take_calls, daemon=True).start()

    def _take_calls(self) -> None:
        while True:
            try:
                call, _address = self.door.accept()
            except OSError:  # closed: the test is over
                return
            self.calls.append(call)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.door.getsockname()[1]}"

    def close(self) -> None:
        for each in (self.door, *self.calls):
            each.close()


@pytest.fixture(scope="module")
def server() -> Iterator[HangingServer]:
    made = HangingServer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def running(
    prepared_in: Path, tmp_path_factory: pytest.TempPathFactory, server: HangingServer
) -> Iterator[Installation]:
    made = Installation(prepared_in, tmp_path_factory.mktemp("lanes"), "lanes", queue=13, EMAIL_URL=server.url)
    made.start()
    yield made
    made.end()


def test_neither_a_mail_server_that_hangs_nor_six_slow_files_hold_up_what_is_published(
    running: Installation, server: HangingServer, tmp_path: Path
) -> None:
    somebody = running("User.objects.create_user('qualcuno@raccordo.example').pk")
    letters = [
        running.ask("portal.accounts.password_reset.send_password_link", [somebody], lane=Lane.MAIL)
        for _number in range(6)
    ]
    files = [
        running.ask("tests.running.hold", str(tmp_path / str(number)), 1800, lane=Lane.FILES) for number in range(6)
    ]
    wait_for(lambda: server.calls and any(tmp_path.iterdir()), "mails and files are under way")
    began = time.monotonic()
    assert running("publish('Transumanza')") > 0
    wait_for(lambda: running.finds("transumanza"), "what was published is found")
    running.does_work()
    assert time.monotonic() - began < SOON
    assert not any(running.is_done(job) for job in (*letters, *files))
    assert len(list(tmp_path.iterdir())) == 1  # one file at a time

    for _file in files:
        Path(wait_for(lambda: next(tmp_path.iterdir(), None), "the next file is read")).unlink()
    wait_for(lambda: all(running.is_done(job) for job in files), "all files are read")


def test_whoever_asks_for_a_password_waits_for_no_mail_server(running: Installation, server: HangingServer) -> None:
    began = time.monotonic()
    answers: list[Any] = [running.post("/accesso/password/reset/", email="qualcuno@raccordo.example") for _n in "123"]
    assert [status for status, _body in answers] == [302] * 3
    assert time.monotonic() - began < SOON
