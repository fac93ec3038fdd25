"""One command keeps site and worker alive: real processes, killed one after the other.

The limit on waiting is generous, for busy machines; django-q2 alone would leave the work lying for seven
minutes or, with a dead queue, for ever.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from waitress.adjustments import Adjustments

from portal.background import disk, launcher, server, web
from portal.models.jobs import Lane
from tests.portal.test_web_processes import Site, running_site
from tests.running import LIMIT, Installation, children, family, is_alive, stat_of, wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


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


# --- What the server takes -------------------------------------------------------------------------------


def begins(port: int, length: int, cookie: str = "") -> bytes:
    """All that the server says at once to whoever announces a body, and sends none."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        said = f"POST /segnala/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: {length}\r\n\r\n"
        line.sendall(said.encode())
        line.settimeout(2)
        try:
            while piece := line.recv(65536):  # headers and sentence may come one after the other
                answer += piece
        except TimeoutError:
            return answer
    return answer


@pytest.mark.parametrize(
    ("length", "cookie", "is_taken"),
    [
        (1024**3, "", False),
        (2 * 1024**2, "", False),
        (1000, "", True),
        (2 * 1024**2, "sessionid=qualcuno", True),
        (53 * 1024**2, "sessionid=qualcuno", False),
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    running: Installation, length: int, cookie: str, is_taken: bool
) -> None:
    said = begins(running.port, length, cookie)
    assert (said == b"") == is_taken
    assert is_taken or (said.startswith(b"HTTP/1.1 413") and "al massimo 50 MB" in said.decode())


@pytest.mark.parametrize(("cookie", "pieces"), [("", 2), ("sessionid=qualcuno", 53)])
def test_a_body_of_unknown_length_is_refused_where_it_is_too_large(
    running: Installation, cookie: str, pieces: int
) -> None:
    start = f"POST /segnala/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    megabyte = b"100000\r\n" + b"x" * 1024**2 + b"\r\n"
    assert sent_on(running.port, [start.encode(), *[megabyte] * pieces]).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "request_head",
    [
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Lungo: " + "a" * 70_000,
        "GET / HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"X-{number}: 1\r\n" for number in range(9000)),
        "GET /" + "a" * 70_000 + " HTTP/1.1\r\nHost: localhost\r\n",
    ],
    ids=["one long header", "nine thousand headers", "a long address"],
)
def test_headers_without_measure_are_refused(running: Installation, request_head: str) -> None:
    assert b" 431 " in sent_on(running.port, [request_head.encode() + b"\r\n\r\n"])[:40]
    assert running.answers()


def sent_on(port: int, pieces: list[bytes]) -> bytes:
    """What the server says to whoever sends these, and goes on as long as it is let."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        with suppress(OSError):
            for piece in pieces:
                line.sendall(piece)
        with suppress(OSError):
            while piece := line.recv(65536):
                answer += piece
    return answer


def test_three_hundred_half_open_connections_keep_nobody_out_and_one_address_gets_no_more(
    running: Installation,
) -> None:
    lines = []
    try:
        for _number in range(300):
            line = socket.create_connection(("127.0.0.1", running.port), timeout=10)
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half")
            lines.append(line)
        assert running.answers()
        for _number in range(server.MOST_FROM_ONE - 250):
            lines.append(socket.create_connection(("127.0.0.1", running.port), timeout=10))
        wait_for(lambda: is_closed(lines[-1]), "the connections beyond the limit are closed")
        assert not is_closed(lines[0])
    finally:
        for line in lines:
            line.close()
    wait_for(running.answers, "the site answers again")


def test_a_line_of_ipv6_gets_no_more_connections_than_an_address_and_its_neighbour_gets_them_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "MOST_FROM_ONE", 3)
    site = SimpleNamespace(active_channels={}, life=None)
    with ExitStack() as lines:

        def come(address: str) -> server.Channel:
            ours, theirs = map(lines.enter_context, socket.socketpair())
            return server.Channel(site, ours, (address, 1, 0, 0), Adjustments(), {})

        from_one = [come(f"2001:db8:5:6::{number:x}") for number in range(1, 6)]
        assert [each.will_close for each in from_one] == [False, False, False, True, True]
        assert not come("2001:db8:5:7::1").will_close
        assert not any(come(f"::ffff:192.0.2.{number}").will_close for number in range(1, 6))


def is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_a_request_that_comes_drop_by_drop_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(server.time, "time", lambda: now)
    request = server.Request(Adjustments())
    request.received(b"POST / HTTP/1.1\r\n")
    now += 59
    request.received(b"X-Drop: ")
    assert request.heard == now - 59  # as if nothing had come since it began
    request.received(b"1\r\nCookie: sessionid=x\r\nContent-Length: 1000000\r\n\r\n")
    request.received(b"x" * 10 * server.SLOWEST)
    assert request.heard == now - 49
    request.received(b"x" * 60 * server.SLOWEST)
    assert request.heard == now


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


def test_a_site_that_hangs_is_started_anew(running: Installation) -> None:
    hung = running.site
    os.kill(hung, signal.SIGSTOP)
    wait_for(lambda: running.site not in (0, hung), "another site")
    wait_for(running.answers, "the site answers again")
    assert not is_alive(hung)


def test_a_parent_that_hangs_while_its_servers_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would replace a server that ends, and no reload would reach them."""
    monkeypatch.setattr(launcher, "SILENT_AFTER", 10.0)
    watching = launcher.Launcher("127.0.0.1", 0, print)
    watching.web.started = time.monotonic()
    monkeypatch.setenv(web.BEATS_TO, str(watching.web.mouths[0]))

    def is_heard() -> bool:
        before = watching.web_heard
        assert not watching._replaces_nobody()
        return before < watching.web_heard

    with running_site(Site(keeps=watching.web.mouths)) as site:
        for _beat in range(3):
            wait_for(is_heard, "a beat")
        os.kill(site.process.pid, signal.SIGSTOP)
        wait_for(watching._replaces_nobody, "its silence is noticed")
        assert site.ask()
        os.kill(site.process.pid, signal.SIGCONT)
        wait_for(lambda: not watching._replaces_nobody(), "it is heard again")


def test_a_worker_that_hangs_is_started_anew(running: Installation) -> None:
    wait_for(lambda: not running("Job.objects.filter(state='attesa', attempts=0).count()"), "nothing is left to do")
    hung = running.leader
    for pid in family(hung):
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: running.leader not in (0, hung), "another leader")
    running.does_work()
    assert not is_alive(hung)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere a writer locks rows, not the database")
def test_a_worker_that_hangs_while_it_writes_is_started_anew_and_no_other_lane_is(
    running: Installation, tmp_path: Path
) -> None:
    wait_for(lambda: not running("Job.objects.filter(state='attesa', attempts=0).count()"), "nothing is left to do")
    hung, others = running.leader, [running.leader_of(lane) for lane in (Lane.MAIL, Lane.FILES)]
    file = tmp_path / "hangs"
    running.ask("tests.running.hang_with_the_lock", str(file))
    writer = int(wait_for(lambda: file.exists() and file.read_text(), "a worker takes the job"))
    wait_for(lambda: stat_of(writer)[0] == "T", "it hangs")
    wait_for(lambda: running.leader not in (0, hung), "another leader")
    assert not is_alive(writer)
    assert [running.leader_of(lane) for lane in (Lane.MAIL, Lane.FILES)] == others
    running.does_work()


def test_a_killed_leader_of_the_workers_is_replaced_and_leaves_nobody_unwatched(running: Installation) -> None:
    leader = running.leader
    followers = family(leader)
    kill(leader)
    wait_for(lambda: not any(map(is_alive, followers)), "the workers without a leader are gone")
    running.does_work()
    assert running.answers()


def test_on_reload_site_and_workers_are_others_and_work_in_hand_is_finished(
    running: Installation, tmp_path: Path
) -> None:
    site, leader = running.site, running.leader
    job, _worker = running.hold(tmp_path / "in-hand", seconds=2)
    running.launcher.send_signal(signal.SIGHUP)
    wait_for(lambda: running.site not in (0, site), "another site")
    wait_for(lambda: running.leader not in (0, leader), "another leader")
    wait_for(lambda: running.is_done(job), "what was in hand is done")
    wait_for(running.answers, "the site answers again")
    assert running.launcher.poll() is None


def test_sigterm_lets_work_finish_and_frees_the_port(running: Installation, tmp_path: Path) -> None:
    job, _worker = running.hold(tmp_path / "last", seconds=2)
    everybody = family(running.launcher.pid)
    assert len(everybody) > 6  # launcher, site, leader, sentinel and those who work
    running.launcher.terminate()
    assert running.launcher.wait(LIMIT) == 0
    assert not any(map(is_alive, everybody))
    assert running.is_done(job)
    socket.create_server(("127.0.0.1", running.port)).close()


# Asked to end, the first waits for a file that the second makes when it is asked.
ASKED = """
import signal, sys, time
from pathlib import Path
told, ready, first = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "first"
def end(*args):
    while first and not told.exists():
        time.sleep(.02)
    told.touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
ready.touch()
time.sleep(300)
"""


def test_all_are_asked_to_end_before_one_is_waited_for(tmp_path: Path) -> None:
    those = []
    for name in ("first", "second"):
        files = [str(tmp_path / "told"), str(tmp_path / name)]
        those.append(launcher.Child(name, [sys.executable, "-c", ASKED, *files, name]))
        those[-1].start()
    wait_for(lambda: (tmp_path / "first").exists() and (tmp_path / "second").exists(), "both have begun")
    processes = [child.process for child in those]
    launcher.stop_all(those)
    assert [process.returncode for process in processes if process] == [0, 0]


@pytest.mark.parametrize("meanwhile", ["all work", "some hang", "their leader is killed too"])
def test_a_killed_launcher_leaves_no_orphans(running: Installation, meanwhile: str) -> None:
    everybody = family(running.launcher.pid)
    if meanwhile == "some hang":
        running.pause([*children(running.leader), *children(running.site)])
    leaders = [running.leader] if meanwhile == "their leader is killed too" else []
    kill(running.launcher.pid, *leaders)
    running.launcher.wait()
    wait_for(lambda: not any(map(is_alive, everybody)), "all are gone")
    running.start()
    running.does_work()


def test_what_hangs_when_a_launcher_is_killed_is_ended_by_the_next_one(running: Installation) -> None:
    """Asked to end by the launcher's death, a leader that hangs hears nothing; with its lock nobody could write."""
    hung = family(running.leader)
    running.pause(hung)
    kill(running.launcher.pid)
    running.launcher.wait()
    running.start()
    wait_for(lambda: not any(map(is_alive, hung)), "what hung is gone")
    running.does_work()


def test_what_was_published_before_everything_was_killed_is_found_afterwards(running: Installation) -> None:
    everybody = family(running.launcher.pid)
    running.pause(family(running.leader))  # so that none of them is quicker than we are
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


# --- A disk that takes nothing ---------------------------------------------------------------------------


class Shelf:
    """A data folder whose disk a test takes away: a file stands where the folder was."""

    def __init__(self, folder: Path, settings: Any) -> None:
        self.folder = folder
        folder.mkdir()
        settings.DATA_DIR = folder

    def close(self) -> None:
        self.folder.rename(self.folder.with_suffix(".away"))
        self.folder.touch()

    def open(self) -> None:
        self.folder.unlink()
        self.folder.with_suffix(".away").rename(self.folder)


@pytest.fixture
def shelf(tmp_path: Path, settings: Any) -> Shelf:
    return Shelf(tmp_path / "dati", settings)


def test_a_disk_that_takes_nothing_is_said_once_and_ends_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "DISK_EVERY", 0)
    said: list[str] = []
    parent = launcher.Launcher("127.0.0.1", 0, say=said.append)
    shelf.close()
    for _look in range(3):
        parent._look_at_disk()
    assert len(said) == 1 and "Non posso scrivere in" in said[0] and "Chi legge continua" in said[0]
    for worker in parent.workers:
        worker.pulse.started = time.monotonic() - 1000
        worker.pulse.was_sent(went=False)
        assert not worker.pulse.is_silent()
    shelf.open()
    parent._look_at_disk()
    assert said[1:] == ["Si può scrivere di nuovo."]
    assert disk.problem() == ""


def test_a_log_that_takes_nothing_ends_nothing(shelf: Shelf) -> None:
    with Path("/dev/full").open("w", buffering=1) as full:
        launcher.Launcher("127.0.0.1", 0, say=lambda words: full.write(f"{words}\n")).say("Mi sentite?")
        with suppress(OSError):
            full.close()


def test_a_start_on_a_disk_that_takes_nothing_is_refused_in_words(shelf: Shelf) -> None:
    shelf.close()
    with pytest.raises(CommandError, match="Non posso scrivere in"):
        launcher.Launcher("127.0.0.1", 0, say=print).run()
