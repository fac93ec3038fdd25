"""The parent of web server and worker: one command starts both, and neither can die unnoticed.

django-q2 looks healthy with a dead queue after the `kill -9` of an idle worker. So the launcher sends a
heartbeat through the queue, and starts the worker anew when none comes back.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import close_old_connections
from django_q.tasks import async_task

from . import jobs
from .network import ensure_schedules

TICK = 0.5
BEAT_EVERY = 5.0
SILENT_AFTER = 20.0  # seconds without a heartbeat before the worker is started anew
RESTART_PAUSE = 1.0
STOP_PATIENCE = 10.0


class Stopped(Exception):
    """Somebody asked the launcher to stop."""


def _die_with_parent() -> None:
    """In the child: end when the launcher is killed, so that no orphan holds the port. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Child:
    """One process in a group of its own."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: PLW1509
            self.command, start_new_session=True, preexec_fn=_die_with_parent, cwd=settings.BASE_DIR
        )
        self.started = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """Ask the group to end, then make it."""
        if self.process is None:
            return
        for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 2.0)):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                continue
            if number == signal.SIGTERM:
                _kill_group(self.process.pid)
            break
        self.process = None


def _kill_group(leader: int) -> None:
    """End the workers whose leader went first."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


class Launcher:
    """Starts, watches, restarts and stops the two children."""

    def __init__(self, host: str, port: int, say: Callable[[str], object]) -> None:
        self.host, self.port, self.say = host, port, say
        python = [sys.executable, "-u"]
        web = ["-m", "waitress", f"--listen={host}:{port}", "--threads=8", "portal.wsgi:application"]
        self.web = Child("sito", [*python, *web])
        self.worker = Child("lavori", [*python, "manage.py", "qcluster"])
        self.last_beat_sent = 0.0

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        ensure_schedules()
        try:
            self._start_worker()
            self.web.start()
            self._announce()
            while True:
                time.sleep(TICK)
                self._watch()
        except Stopped:
            self.say("Mi fermo: finisco i lavori in corso …")
        finally:
            self.web.stop()
            self.worker.stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        raise Stopped

    def _start_worker(self) -> None:
        _clear(jobs.heartbeat_file())
        self.worker.start()

    def _watch(self) -> None:
        if self.web.has_died():
            self._restart(self.web, self.web.start)
        if self.worker.has_died() or self._is_silent():
            self._restart(self.worker, self._start_worker)
        if time.monotonic() - self.last_beat_sent > BEAT_EVERY:
            self.last_beat_sent = time.monotonic()
            close_old_connections()
            async_task("portal.jobs.beat")

    def _restart(self, child: Child, start: Callable[[], None]) -> None:
        self.say(f"Il processo «{child.name}» si è fermato: lo riavvio.")
        child.stop(patience=2.0)
        time.sleep(RESTART_PAUSE)
        start()

    def _is_silent(self) -> bool:
        """No heartbeat for too long, counted from the worker's start."""
        file = jobs.heartbeat_file()
        heard = time.time() - file.stat().st_mtime if file.exists() else float("inf")
        return min(heard, time.monotonic() - self.worker.started) > SILENT_AFTER

    def _announce(self) -> None:
        self.say(f"\nRaccordo risponde su http://{self.host.replace('127.0.0.1', 'localhost')}:{self.port}/")
        if settings.DEMO:
            self.say(f"Accessi di prova (password per tutti: {settings.DEMO_PASSWORD}):")
            for name, what in DEMO_ACCOUNTS:
                self.say(f"  {name + '@raccordo.example':<40} {what}")
        self.say("Ctrl-C per fermare.\n")


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


def _clear(file: Path) -> None:
    file.unlink(missing_ok=True)
