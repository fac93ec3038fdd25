"""The parent of web server and worker: one command starts both, and neither can die unnoticed.

django-q2 looks healthy with a dead queue after the `kill -9` of an idle worker. So the launcher sends a
heartbeat through the queue, and starts the worker anew when none comes back.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, close_old_connections
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from redis.exceptions import RedisError

from portal import network

from . import jobs, schedules

TICK = 0.5
BEAT_EVERY = 5.0
SILENT_AFTER = 20.0  # seconds without a heartbeat before the worker is started anew
FIRST_BEAT_WITHIN = 60.0  # a slow machine takes its time to start
RESTART_PAUSE = 1.0
LONGEST_PAUSE = 30.0
SHORT_LIFE = 10.0  # whoever ends sooner did not start properly: the pause doubles
STOP_PATIENCE = 10.0
KILL_PATIENCE = 2.0
PORT_PATIENCE = 5.0
# A browser keeps up to six connections open while its page is read: of those there may be many more than threads.
SERVER = ["--threads=8", "--connection-limit=1000", "--asyncore-use-poll", "--channel-timeout=60"]


def _die_with_parent() -> None:
    """In the child: end when the launcher is killed, so that no orphan holds the port. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Child:
    """One process in a group of its own, which its own children join."""

    def __init__(self, name: str, command: list[str], stop_signal: int = signal.SIGTERM) -> None:
        self.name, self.command, self.stop_signal = name, command, stop_signal
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.0
        self.due = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: PLW1509
            self.command, start_new_session=True, preexec_fn=_die_with_parent, cwd=settings.BASE_DIR
        )
        self.started = time.monotonic()

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def is_due(self) -> bool:
        return self.process is None and time.monotonic() >= self.due

    def retire(self) -> None:
        """Make sure that all of it is gone, and be due again after a pause."""
        self.pause = RESTART_PAUSE if self.age > SHORT_LIFE else min(max(self.pause, RESTART_PAUSE) * 2, LONGEST_PAUSE)
        self.stop(patience=KILL_PATIENCE)
        self.due = time.monotonic() + self.pause

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """Ask it to end what it is doing, then make the whole group end."""
        if self.process is None:
            return
        # The leader alone is asked: it lets its workers finish, who would die at once of the same signal.
        self.process.send_signal(self.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        # Then whoever did not obey, and the workers of a leader that went first.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Launcher:
    """Starts, watches, restarts and stops the two children."""

    def __init__(self, host: str, port: int, say: Callable[[str], object]) -> None:
        self.host, self.port, self.say = host, port, say
        python = [sys.executable, "-u"]
        web = ["-m", "waitress", f"--listen={host}:{port}", *SERVER, *_proxy(), "portal.wsgi:application"]
        self.web = Child("sito", [*python, *web], stop_signal=signal.SIGINT)  # waitress ends gently on this one
        self.worker = Child("lavori", [*python, "manage.py", "qcluster"])
        self.last_beat_sent = 0.0
        self.is_announced = False
        self.is_stopping = False

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        with _only_one_here():
            self._require_free_port()
            schedules.ensure()
            network.follow_address()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._on_signal)
            try:
                while not self.is_stopping:
                    self._watch()
                    time.sleep(TICK)
                self.say("Mi fermo: finisco i lavori in corso …")
            finally:
                self.web.stop()
                self.worker.stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _watch(self) -> None:
        for child in (self.worker, self.web):
            if child.has_died() or (child is self.worker and self._is_silent()):
                self.say(f"Il processo «{child.name}» si è fermato: lo riavvio.")
                child.retire()
        if self.worker.is_due():
            self._start_worker()
        if self.web.is_due():
            self.web.start()
        self._send_beat()
        if not self.is_announced and self._answers():
            self._announce()

    # The worker

    def _start_worker(self) -> None:
        jobs.heartbeat_file().unlink(missing_ok=True)
        self.worker.start()
        self._enqueue(_catch_up)

    def _send_beat(self) -> None:
        """One beat through the queue, unless a worker has just beaten of itself."""
        now = time.monotonic()
        if self.worker.process and now - self.last_beat_sent > BEAT_EVERY and self._silence() > BEAT_EVERY:
            self.last_beat_sent = now
            self._enqueue(lambda: async_task("portal.background.jobs.beat", save=False))

    def _silence(self) -> float:
        """Seconds since the last heartbeat; infinite before the first."""
        try:
            return time.time() - jobs.heartbeat_file().stat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def _is_silent(self) -> bool:
        if self.worker.process is None:
            return False
        silence = self._silence()
        return self.worker.age > FIRST_BEAT_WITHIN if silence == float("inf") else silence > SILENT_AFTER

    def _enqueue(self, act: Callable[[], object]) -> None:
        """Write to the queue; a database that does not answer for a while must not end the launcher."""
        try:
            close_old_connections()
            act()
        except (DatabaseError, RedisError) as problem:
            self.say(f"La coda dei lavori non risponde: {problem}")

    # The site

    def _require_free_port(self) -> None:
        """Raise CommandError where somebody else listens; a site that is just ending gets some seconds."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        end = time.monotonic() + PORT_PATIENCE
        while True:
            try:
                socket.create_server((self.host.strip("[]"), self.port), family=family).close()
            except OSError as problem:
                if time.monotonic() > end:
                    words = {"port": self.port, "problem": os.strerror(problem.errno or 0)}
                    raise CommandError(_("La porta %(port)d non è libera (%(problem)s).") % words) from problem
                time.sleep(TICK)
            else:
                return

    def _answers(self) -> bool:
        here = self.host.strip("[]").replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        try:
            socket.create_connection((here, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _announce(self) -> None:
        self.is_announced = True
        self.say(f"\nRaccordo risponde su http://{self.host.replace('127.0.0.1', 'localhost')}:{self.port}/")
        if settings.DEMO:
            self.say(f"Accessi di prova (password per tutti: {settings.DEMO_PASSWORD}):")
            for name, what in DEMO_ACCOUNTS:
                self.say(f"  {name + '@raccordo.example':<40} {what}")
        self.say("Ctrl-C per fermare.\n")


def _proxy() -> list[str]:
    """What waitress believes of whoever stands before it: nothing, or of one address whence and how a visitor comes."""
    if not settings.BEHIND_PROXY:
        return []
    return [
        f"--trusted-proxy={settings.TRUSTED_PROXY}",
        f"--trusted-proxy-count={settings.TRUSTED_PROXY_COUNT}",
        "--trusted-proxy-headers=x-forwarded-for x-forwarded-proto",
    ]


def _only_one_here() -> IO[str]:
    """The lock of the data folder, held while the file is open; CommandError where another launcher has it."""
    file = (Path(settings.DATA_DIR) / "serve.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        file.close()
        raise CommandError(_("Raccordo è già acceso su questa cartella dei dati.")) from problem
    return file


def _catch_up() -> None:
    """What the last worker had taken and not done died with it: ask for it now, and for all that the clock asks."""
    jobs.recover()
    for function in schedules.EVERY:
        async_task(function)


DEMO_ACCOUNTS = [
    ("chiara.bonacchi", "coordinatrice"),
    ("paolo.vannini", "direttore, approva"),
    ("elena.fedi", "assistente sociale, Quarrata"),
    ("nadia.elamrani", "assistente sociale, tutela minori"),
    ("giulia.petrucci", "tirocinante"),
    ("rosanna.cioni", "partner del Terzo settore"),
    ("andrea.salvestrini", "azienda sanitaria"),
    ("franca.giuntoli", "amministrativa"),
    ("admin", "amministrazione del portale"),
]
