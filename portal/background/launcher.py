"""The parent of web server and worker: one command starts both, and neither can die unnoticed.

django-q2 looks healthy with a dead queue after the `kill -9` of an idle worker. So the launcher sends a
heartbeat through the queue, and starts the worker anew when none comes back; and it asks the site as a browser
does, and starts anew what does not answer.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
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
from portal.models.jobs import Lane

from . import disk, jobs, leftovers, schedules, write_lock
from .heartbeat import BEAT_EVERY, Pulse
from .probe import Probe
from .web import BEATS_TO, SILENT_AFTER, die_with_parent

TICK = 0.5
DISK_EVERY = 5.0
CLOCK_SLIPS = 60.0  # seconds by which a clock may be set back without anybody's noticing
RESTART_PAUSE = 1.0
LONGEST_PAUSE = 30.0
SHORT_LIFE = 10.0  # whoever ends sooner did not start properly: the pause doubles
STOP_PATIENCE = 10.0
KILL_PATIENCE = 2.0
PORT_PATIENCE = 5.0
BEAT = "portal.background.heartbeat.beat"
RECOVER = "portal.background.jobs.recover"
RECOVERS_EVERY = 60.0
GIVES_WAY = 15  # of 19: work that nobody waits for takes what the others leave
# A browser keeps up to six connections open while its page is read: of those there may be many more than threads.
SERVER = ["--threads=8", "--connection-limit=1000", "--asyncore-use-poll", "--channel-timeout=60"]
SERVER += ["--max-request-header-size=65536", f"--max-request-body-size={settings.LARGEST_BODY}"]


class Child:
    """One process in a group of its own, which its own children join."""

    def __init__(
        self, name: str, command: list[str], stop_signal: int = signal.SIGTERM, env: dict[str, str] | None = None,
        mouth: int = -1,
    ) -> None:  # fmt: skip
        self.name, self.command, self.stop_signal = name, command, stop_signal
        self.mouths = [mouth] if mouth >= 0 else []  # where it says that it is at work
        self.env = {**(env or {}), **({BEATS_TO: str(mouth)} if self.mouths else {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.is_asked = False
        self.started = 0.0
        self.pause = 0.0
        self.due = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: PLW1509
            self.command, start_new_session=True, preexec_fn=die_with_parent, cwd=settings.BASE_DIR,
            env={**os.environ, **self.env}, pass_fds=self.mouths,
        )  # fmt: skip
        self.started, self.is_asked = time.monotonic(), False

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def has(self, pid: int) -> bool:
        """Whether that process is one of this group."""
        with suppress(ProcessLookupError):
            return self.process is not None and pid > 0 and os.getpgid(pid) == self.process.pid
        return False

    def is_due(self) -> bool:
        return self.process is None and time.monotonic() >= self.due

    def retire(self) -> None:
        """Make sure that all of it is gone, and be due again after a pause."""
        self.pause = RESTART_PAUSE if self.age > SHORT_LIFE else min(max(self.pause, RESTART_PAUSE) * 2, LONGEST_PAUSE)
        self.stop(patience=KILL_PATIENCE)
        self.due = time.monotonic() + self.pause

    def ask_to_end(self) -> None:
        """Once: asked again, a server would leave what it is answering."""
        if self.process is not None and not self.is_asked:
            # The leader alone is asked: it lets its workers finish, who would die at once of the same signal.
            self.process.send_signal(self.stop_signal)
            self.is_asked = True

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """Ask it to end what it is doing, then make the whole group end."""
        if self.process is None:
            return
        self.ask_to_end()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        # Then whoever did not obey, and the workers of a leader that went first.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def stop_all(those: Sequence[Child]) -> None:
    """All are asked before one is waited for: each takes some seconds."""
    for child in those:
        child.ask_to_end()
    for child in those:
        child.stop()


class Worker(Child):
    """The processes of one lane."""

    def __init__(self, lane: Lane) -> None:
        command = [sys.executable, "-u", "manage.py", "qcluster"]
        super().__init__(f"lavori: {lane.label}", command, env={"Q_CLUSTER_NAME": lane})
        self.lane, self.pulse = lane, Pulse(lane)

    def start(self) -> None:
        self.pulse.begin()
        super().start()
        if self.process and self.lane == Lane.MEANING:
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self.process.pid, GIVES_WAY)


class Launcher:
    """Starts, watches, restarts and stops the children: the site, and a worker for each lane."""

    def __init__(self, host: str, port: int, say: Callable[[str], object]) -> None:
        self.host, self.port, self._say = host, port, say
        python = [sys.executable, "-u"]
        web = ["-m", "portal.background.web", str(settings.WEB_PROCESSES), host, str(port)]
        web += [*SERVER, *_proxy(), "portal.wsgi:application"]
        self.web_ear, mouth = os.pipe()
        self.web_heard = 0.0
        for end in (self.web_ear, mouth):
            os.set_blocking(end, False)
        self.web = Child("sito", [*python, *web], stop_signal=signal.SIGINT, mouth=mouth)  # waitress ends gently on it
        self.workers = [Worker(lane) for lane in Lane.in_use()]
        self.probe, self.writing = Probe(host, port), write_lock.Watch()
        self.disk_problem, self.queue_takes, self.recovers_from = "", True, 0.0
        self.disk_looked_at = 0.0
        self.clock = _clock()
        self.left: leftovers.Leftovers | None = None
        self.is_announced = False
        self.is_stopping = self.begins_anew = False

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        with _only_one_here():
            self.left = leftovers.Leftovers()
            self._require_free_port()
            self._write(schedules.ensure)
            self._write(network.follow_address)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._on_signal)
            signal.signal(signal.SIGHUP, self._on_reload)
            self.probe.start()
            try:
                while not self.is_stopping:
                    if self.begins_anew:
                        self._begin_anew()
                    self._watch()
                    time.sleep(TICK)
                self.say("Mi fermo: finisco i lavori in corso …")
            finally:
                stop_all([self.web, *self.workers])

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _on_reload(self, number: int, frame: FrameType | None) -> None:
        self.begins_anew = True

    def _begin_anew(self) -> None:
        """New code or settings for site and workers, and no request refused where several processes serve."""
        self.begins_anew = False
        self.say("Riparto con il codice e le impostazioni di adesso …")
        if self.web.process and settings.WEB_PROCESSES > 1:
            self.web.process.send_signal(signal.SIGHUP)
            stop_all(self.workers)
        else:
            stop_all([self.web, *self.workers])

    def _watch(self) -> None:
        self._look_at_disk()
        self._look_at_clock()
        if self.left is not None:
            self.left.end_late()
        idle = self.writing.idle_holder()
        for child in (*self.workers, self.web):
            if child.has_died() or child.has(idle) or self._hangs(child):
                self.say(f"Il processo «{child.name}» si è fermato: lo riavvio.")
                child.retire()
        due: list[Child] = [child for child in (*self.workers, self.web) if child.is_due()]
        for worker in self.workers:
            if worker in due:
                self._start_worker(worker)
        self._look_at_queue()
        if self.web in due:
            self.probe.begin()
            self.web.start()
        if due:
            leftovers.write_down(child.process.pid for child in (self.web, *self.workers) if child.process)
        if not self.is_announced and self._answers():
            self._announce()

    def _hangs(self, child: Child) -> bool:
        if child.process is None:
            return False
        if isinstance(child, Worker):
            return child.pulse.is_silent()
        return self.probe.is_silent() or self._replaces_nobody()

    def _replaces_nobody(self) -> bool:
        """Of several servers some answer, and their parent, which said that it was at work, has long said nothing."""
        with suppress(BlockingIOError):
            if os.read(self.web_ear, 65536):
                self.web_heard = time.monotonic()
        return self.web.started < self.web_heard < time.monotonic() - SILENT_AFTER

    def say(self, words: str) -> None:
        """A disk that is full takes no log either: that must not end what still works."""
        with suppress(OSError):
            self._say(words)

    # The workers

    def _start_worker(self, worker: Worker) -> None:
        worker.start()
        self._write(lambda: _catch_up(worker.lane))

    def _look_at_queue(self) -> None:
        """What was asked for while the queue took nothing lies in its rows alone: it is asked for again afterwards."""
        takes = self._send_beats()
        if takes and not self.queue_takes and time.monotonic() >= self.recovers_from:
            self.recovers_from = time.monotonic() + RECOVERS_EVERY
            self.queue_takes = all(self._write(partial(_recover, worker.lane)) for worker in self.workers)
        elif takes is False:
            self.queue_takes = False

    def _send_beats(self) -> bool | None:
        """One beat through each queue, unless a worker has just beaten of itself; after one refusal no other waits.

        While the database takes no beat, or late, no lane can take one either: what went before is waited for no more.
        Returns whether the queue took them; None where none was due.
        """
        began, went, due = time.monotonic(), not self.disk_problem, False
        for worker in self.workers:
            if worker.process and worker.pulse.wants_beat():
                due = True
                went = went and self._write(partial(async_task, BEAT, save=False, cluster=worker.lane))
                worker.pulse.was_sent(went)
        if not went or time.monotonic() - began > BEAT_EVERY:
            for worker in self.workers:
                worker.pulse.forget_before(began)
        return went if due else None

    def _write(self, act: Callable[[], object]) -> bool:
        """Write to the database; one that does not answer for a while must not end the launcher."""
        try:
            close_old_connections()
            act()
        except (DatabaseError, RedisError) as problem:
            self.say(f"La base dati non prende quello che scrivo: {problem}")
            return False
        return True

    # What all of it stands on

    def _look_at_disk(self) -> None:
        """Say it once when nothing can be written, and once when it can again."""
        if time.monotonic() - self.disk_looked_at < DISK_EVERY:
            return
        self.disk_looked_at = time.monotonic()
        before, self.disk_problem = self.disk_problem, disk.problem()
        if self.disk_problem and not before:
            self.say(f"{self.disk_problem} Chi legge continua a leggere; chi scrive deve aspettare: libera spazio.")
        elif before and not self.disk_problem:
            self.say("Si può scrivere di nuovo.")

    def _look_at_clock(self) -> None:
        """A clock that was set back would hold up whatever waits for its moment."""
        before, self.clock = self.clock, _clock()
        if self.clock < before - CLOCK_SLIPS:
            self.say("L’orologio è tornato indietro: rimetto in coda quello che aspettava.")
            self._write(jobs.follow_clock)

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


def _clock() -> float:
    """By how much the clock that people set is ahead of the one that nobody sets."""
    return time.time() - time.monotonic()


def _only_one_here() -> IO[str]:
    """The lock of the data folder, held while the file is open; CommandError where another launcher has it."""
    try:
        file = (Path(settings.DATA_DIR) / "serve.lock").open("w")
    except OSError as problem:
        raise CommandError(disk.in_words(problem)) from problem
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        file.close()
        raise CommandError(_("Raccordo è già acceso su questa cartella dei dati.")) from problem
    return file


def _recover(lane: Lane) -> None:
    """By a worker of the lane: there may be hundreds, and who watches must not be kept from it."""
    async_task(RECOVER, lane.value, save=False, cluster=lane)


def _catch_up(lane: Lane) -> None:
    """What the last worker had taken and not done died with it: ask for it now, and for all that the clock asks."""
    _recover(lane)
    for function in schedules.EVERY:
        if schedules.LANES[function] == lane:
            schedules.ask(function)


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
