"""Work is a row before it is a task: asked for once, tried three times, never lost."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule
from django_q.signals import post_execute_in_worker, pre_execute
from django_q.signing import SignedPackage

from portal.background import heartbeat, jobs, launcher, schedules
from portal.background.heartbeat import Pulse
from portal.models import Job
from portal.models.jobs import Lane

pytestmark = pytest.mark.django_db
done: list[Any] = []


class Broken(Exception):
    pass


def work(word: str) -> None:
    done.append(word)


def fail() -> None:
    raise Broken("la stampante è in fiamme")


def ask_again_meanwhile() -> None:
    work("prima")
    jobs.ask("lettera", f"{__name__}.work", "dopo")


@pytest.fixture(autouse=True)
def _nothing_to_do(db: None) -> None:
    """The demo network leaves work of its own."""
    OrmQ.objects.all().delete()
    Job.objects.all().delete()
    done.clear()


@pytest.fixture
def worker(django_capture_on_commit_callbacks: Any) -> Callable[[], int]:
    """Does the tasks that lie in the queue, as django-q2's worker would; returns how many."""

    def do() -> int:
        tasks = list(OrmQ.objects.order_by("pk"))
        for task in tasks:
            package = SignedPackage.loads(task.payload)
            with django_capture_on_commit_callbacks(execute=True):
                jobs.run(*package["args"])
            task.delete()
        return len(tasks)

    return do


@pytest.fixture
def ask(django_capture_on_commit_callbacks: Any) -> Callable[..., Job]:
    """`jobs.ask` in a transaction that is then committed."""

    def asking(key: str, function: str, *args: Any, **how: Any) -> Job:
        with django_capture_on_commit_callbacks(execute=True):
            return jobs.ask(key, f"{__name__}.{function}", *args, **how)

    return asking


def forgotten(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(touched_at=timezone.now() - jobs.FORGOTTEN - timedelta(seconds=1))


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


# --- A row, then a task ----------------------------------------------------------------------------------


def test_work_is_a_row_before_it_is_a_task(worker: Callable[[], int], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.ask("lettera", f"{__name__}.work", "ciao")
        assert (state(job), job.attempts) == ("attesa", 0)
        assert not OrmQ.objects.exists()
    assert OrmQ.objects.count() == 1
    worker()
    assert done == ["ciao"]
    assert (state(job), job.attempts, job.problem) == ("fatto", 1, "")


def test_work_asked_for_in_a_transaction_that_fails_is_never_done(
    worker: Callable[[], int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Broken), transaction.atomic():
        jobs.ask("lettera", f"{__name__}.work", "ciao")
        raise Broken
    assert worker() == 0
    assert not Job.objects.filter(key="lettera").exists()


def test_work_asked_for_twice_is_done_once_with_the_last_words(
    ask: Callable[..., Job], worker: Callable[[], int]
) -> None:
    first = ask("lettera", "work", "vecchie")
    second = ask("lettera", "work", "nuove")
    assert first.pk == second.pk
    worker()
    assert done == ["nuove"]
    assert state(second) == "fatto"


def test_work_done_can_be_asked_for_again(ask: Callable[..., Job], worker: Callable[[], int]) -> None:
    ask("lettera", "work", "uno")
    worker()
    job = ask("lettera", "work", "due")
    assert (state(job), job.attempts) == ("attesa", 0)
    worker()
    assert done == ["uno", "due"]


def test_a_task_delivered_twice_works_once(ask: Callable[..., Job], worker: Callable[[], int]) -> None:
    job = ask("lettera", "work", "ciao")
    task = OrmQ.objects.get()
    OrmQ.objects.create(key=task.key, payload=task.payload, lock=task.lock)
    assert worker() == 2
    assert done == ["ciao"]
    assert (state(job), job.attempts) == ("fatto", 1)


def test_work_asked_for_again_while_it_is_done_is_done_again(
    ask: Callable[..., Job], worker: Callable[[], int]
) -> None:
    job = ask("lettera", "ask_again_meanwhile")
    worker()
    assert done == ["prima"]
    assert state(job) == "attesa"
    worker()
    assert done == ["prima", "dopo"]
    assert state(job) == "fatto"


# --- Attempts --------------------------------------------------------------------------------------------


def test_the_attempt_is_counted_before_the_work(ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    job = ask("lettera", "work", "ciao")
    counted = []

    def imported(name: str) -> Any:
        counted.append((state(job), job.attempts))
        return lambda word: None

    monkeypatch.setattr(jobs, "import_string", imported)
    jobs.run(job.pk)
    assert counted == [("attesa", 1)]


def test_work_that_fails_is_tried_three_times_then_given_up_with_its_reason(
    ask: Callable[..., Job], worker: Callable[[], int]
) -> None:
    job = ask("lettera", "fail")
    for attempt in (1, 2, 3):
        assert state(job) == "attesa"
        with pytest.raises(Broken):
            worker()
        OrmQ.objects.all().delete()
        assert state(job) == ("fallito" if attempt == 3 else "attesa")
        assert job.attempts == attempt
        assert "la stampante è in fiamme" in job.problem
        forgotten(job)
        assert jobs.sweep() == (0 if attempt == 3 else 1)


def test_work_that_kills_its_process_is_given_up_after_three(
    ask: Callable[..., Job], worker: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies in the middle: nothing after the work is ever reached."""
    job = ask("lettera", "work", "ciao")

    def dying(name: str) -> Any:
        raise SystemExit

    monkeypatch.setattr(jobs, "import_string", dying)
    for _attempt in range(3):
        with pytest.raises(SystemExit):
            worker()
        OrmQ.objects.all().delete()
        assert state(job) == "attesa"
        forgotten(job)
        jobs.sweep()
    assert state(job) == "fallito"
    assert job.attempts == 3
    assert job.problem == "Il processo si è interrotto ogni volta."
    assert not OrmQ.objects.exists()


def test_a_task_that_django_q_delivers_again_after_a_death_waits_for_the_sweep(
    ask: Callable[..., Job], worker: Callable[[], int]
) -> None:
    """Its turn has passed with the counted attempt: else it could work beside the sweep's own task."""
    job = ask("lettera", "work", "ciao")
    Job.objects.filter(pk=job.pk).update(attempts=1)
    worker()
    assert done == []
    forgotten(job)
    assert jobs.sweep() == 1
    worker()
    assert done == ["ciao"]
    assert (state(job), job.attempts) == ("fatto", 2)


def test_work_given_up_can_be_asked_for_again(ask: Callable[..., Job], worker: Callable[[], int]) -> None:
    job = ask("lettera", "work", "ciao")
    OrmQ.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(state="fallito", attempts=3, problem="stanco")
    ask("lettera", "work", "ciao")
    worker()
    assert (state(job), job.attempts, job.problem) == ("fatto", 1, "")


# --- What was left behind --------------------------------------------------------------------------------


def test_the_sweep_asks_again_only_for_what_lies_for_long(ask: Callable[..., Job], worker: Callable[[], int]) -> None:
    lost, fresh, finished = (ask(key, "work", key) for key in ("persa", "fresca", "finita"))
    OrmQ.objects.all().delete()
    jobs.run(finished.pk)
    forgotten(lost)
    forgotten(finished)
    assert jobs.sweep() == 1
    assert jobs.sweep() == 0  # it has just been asked for
    worker()
    assert done == ["finita", "persa"]
    assert (state(lost), state(fresh)) == ("fatto", "attesa")


def test_a_new_worker_takes_up_what_nobody_had_begun(ask: Callable[..., Job], worker: Callable[[], int]) -> None:
    waiting, begun = ask("in coda", "work", "in coda"), ask("a metà", "work", "a metà")
    OrmQ.objects.all().delete()
    Job.objects.filter(pk=begun.pk).update(attempts=1)  # perhaps another worker is at it
    assert jobs.recover() == 1
    worker()
    assert done == ["in coda"]
    assert (state(waiting), state(begun)) == ("fatto", "attesa")


# --- The heartbeat ---------------------------------------------------------------------------------------


def listen() -> None:
    """Set the heartbeat's clock back; one beat brings it to now."""
    file = heartbeat.file_of(Lane.QUICK)
    file.touch()
    os.utime(file, (1, 1))


def has_beaten(within: float = 2) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if heartbeat.file_of(Lane.QUICK).stat().st_mtime > 1:
            return True
        time.sleep(0.01)
    return False


def test_the_heart_beats_while_a_task_is_worked_on_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "PULSE", 0.02)
    listen()
    pre_execute.send(sender="test", func=None, task={})
    try:
        assert has_beaten()
        listen()
        assert has_beaten()  # and again
    finally:
        post_execute_in_worker.send(sender="test", func=None, task={})
    time.sleep(0.1)
    listen()
    assert not has_beaten(within=0.2)


def test_a_short_task_is_heard_too() -> None:
    """Many of them in a row leave no room in the queue for the launcher's own heartbeat."""
    listen()
    pre_execute.send(sender="test", func=None, task={})
    post_execute_in_worker.send(sender="test", func=None, task={})
    assert has_beaten()


class Clock:
    """Two clocks that a test moves by hand: the one that nobody sets, and the one that people set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steady, self.set_by_people = 5000.0, time.time()
        monkeypatch.setattr(heartbeat.time, "monotonic", lambda: self.steady)
        monkeypatch.setattr(heartbeat.time, "time", lambda: self.set_by_people)

    def passes(self, seconds: float) -> None:
        self.steady += seconds
        self.set_by_people += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize("set_back", [0, 7200])
def test_a_lane_that_answers_no_beat_is_silent_also_after_the_clock_was_set_back(clock: Clock, set_back: int) -> None:
    pulse = Pulse(Lane.QUICK)
    pulse.begin()
    clock.passes(1)
    heartbeat.beat()
    clock.set_by_people -= set_back
    clock.passes(heartbeat.BEAT_EVERY + 1)
    assert pulse.wants_beat()
    pulse.was_sent(went=True)
    clock.passes(heartbeat.SILENT_AFTER - 1)
    assert not pulse.is_silent()
    clock.passes(2)
    assert pulse.is_silent()
    heartbeat.beat()
    assert not pulse.is_silent()


@pytest.mark.parametrize("takes_it", [False, True])
def test_while_the_database_keeps_a_beat_waiting_no_lane_is_silent(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, takes_it: bool
) -> None:
    """A lane whose own beat went just before can take nothing from the queue either, and is not due for another."""
    parent = launcher.Launcher("127.0.0.1", 0, say=lambda words: None)
    first, *others = parent.workers
    clock.passes(1)
    for worker in parent.workers:
        worker.process, worker.pulse.started = Mock(), time.monotonic()
    first.pulse.was_sent(went=True)
    clock.passes(heartbeat.BEAT_EVERY - 1)
    assert not first.pulse.wants_beat() and all(worker.pulse.wants_beat() for worker in others)

    def write(act: Any) -> bool:
        clock.passes(heartbeat.FIRST_BEAT_WITHIN)
        return takes_it

    monkeypatch.setattr(parent, "_write", write)
    parent._send_beats()
    assert not any(worker.pulse.is_silent() for worker in parent.workers)
    clock.passes(heartbeat.FIRST_BEAT_WITHIN + 1)
    assert any(worker.pulse.is_silent() for worker in others) is takes_it


def test_nobody_is_silent_while_no_beat_can_be_sent(clock: Clock) -> None:
    pulse = Pulse(Lane.QUICK)
    pulse.begin()
    clock.passes(heartbeat.FIRST_BEAT_WITHIN)
    pulse.was_sent(went=True)
    pulse.was_sent(went=False)
    clock.passes(2 * heartbeat.FIRST_BEAT_WITHIN)
    assert not pulse.is_silent()
    pulse.was_sent(went=True)
    clock.passes(heartbeat.FIRST_BEAT_WITHIN + 1)
    assert pulse.is_silent()


def test_what_waits_in_the_queue_is_taken_after_the_clock_was_set_back(
    ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedules.ensure()
    ask("lettera", "work", "ciao")
    then = timezone.now() - timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: then)
    broker = get_broker()
    assert not broker.dequeue()
    jobs.follow_clock()
    then += timedelta(seconds=1)
    assert len(broker.dequeue()) == 1
    assert not Schedule.objects.filter(next_run__gt=then + timedelta(days=1)).exists()
    assert Schedule.objects.get(func="portal.background.jobs.sweep").next_run <= then + timedelta(minutes=1)


# --- Lanes -----------------------------------------------------------------------------------------------


def test_each_lane_has_a_queue_of_its_own(ask: Callable[..., Job]) -> None:
    for lane in Lane:
        ask(lane, "work", lane, lane=lane)
    assert {task.key for task in OrmQ.objects.all()} == set(Lane)
    schedules.ensure()
    lanes = dict(Schedule.objects.values_list("func", "cluster"))
    assert lanes["portal.background.clock.send_digests"] == Lane.MAIL
    assert lanes["portal.background.clock.publish_scheduled"] == lanes["portal.background.jobs.sweep"] == Lane.QUICK


def test_many_files_of_one_person_hold_up_nobody_elses(
    ask: Callable[..., Job], worker: Callable[[], int], person: Callable[[str], Any]
) -> None:
    many, one, other = person("worker"), person("director"), person("office")
    for number in range(6):
        ask(f"molti-{number}", "work", f"molti-{number}", lane=Lane.FILES, person=many)
    for whose in (one, other):
        ask(whose.email, "work", whose.email, lane=Lane.FILES, person=whose)
    assert worker() == 8
    assert done[0] == "molti-0"
    assert set(done[1:3]) == {one.email, other.email}
    assert done[3:] == [f"molti-{number}" for number in range(1, 6)]
    assert not Job.objects.filter(state="attesa").exists()


def refuse(kind: str) -> None:
    done.append(kind)
    raise {
        "silent": TimeoutError("timed out"),
        "later": SMTPRecipientsRefused({"x@rete.example": (451, b"riprova")}),
        "never": SMTPRecipientsRefused({"x@rete.example": (550, b"non esiste")}),
        "ours": ValueError("sbagliato"),
    }[kind]


@pytest.mark.parametrize(("kind", "is_kept"), [("silent", True), ("later", True), ("never", False), ("ours", False)])
def test_a_mail_waits_for_a_server_that_is_away_for_a_day_and_is_tried_three_times_else(
    ask: Callable[..., Job], worker: Callable[[], int], kind: str, is_kept: bool
) -> None:
    job = ask("lettera", "refuse", kind, lane=Lane.MAIL)
    for _attempt in range(6):
        with suppress(OSError, ValueError):
            worker()
        OrmQ.objects.all().delete()
        forgotten(job)
        jobs.sweep()
    assert (len(done), state(job)) == ((6, "attesa") if is_kept else (3, "fallito"))
    Job.objects.filter(pk=job.pk).update(asked_at=timezone.now() - jobs.MAIL_WAITS)
    for _attempt in range(3):
        with suppress(OSError, ValueError):
            worker()
        OrmQ.objects.all().delete()
        forgotten(job)
        jobs.sweep()
    assert state(job) == "fallito"


def test_what_waited_before_its_module_moved_is_carried_out_all_the_same() -> None:
    moved = import_module("portal.migrations.0019_jobs_in_background")
    waiting = Job.objects.create(key="vecchia", function="portal.work.jobs.sweep")
    elsewhere = Job.objects.create(key="altra", function="portal.notices.digests.send")
    moved.rename(apps, None)
    waiting.refresh_from_db()
    elsewhere.refresh_from_db()
    assert waiting.function == "portal.background.jobs.sweep"
    assert elsewhere.function == "portal.notices.digests.send"
