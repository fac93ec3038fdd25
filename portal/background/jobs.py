"""Background work: a row first, then a task, safe to run twice and after a `kill -9`.

django-q2 delivers at least once and retries a task that kills its worker for ever. So the row counts the
attempt *before* the work and says "done" right after it, and a sweep asks again for what was left. Work may
still happen twice, when a process dies between the two: it is written so that this does no harm.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_q.signals import post_execute_in_worker, pre_execute
from django_q.tasks import async_task

from portal.models.jobs import Job, JobState

from .schedules import every

logger = logging.getLogger(__name__)
ATTEMPTS = 3
FORGOTTEN = timedelta(minutes=7)  # longer than django-q2's own timeout: nobody is working on it any more
PULSE = 5.0

Turn = tuple[int, int]


def ask(key: str, function: str, *args: Any) -> Job:
    """Ask for `function(*args)`; a key asked for again before its turn is one piece of work.

    Call it inside the transaction that needs the work.
    """
    job, new = Job.objects.get_or_create(key=key[:120], defaults={"function": function, "args": list(args)})
    if not new:
        Job.objects.filter(pk=job.pk).update(
            function=function, args=list(args), state=JobState.WAITING, attempts=0, asked=F("asked") + 1, problem="",
            touched_at=timezone.now(),
        )  # fmt: skip
        job.refresh_from_db()
    transaction.on_commit(lambda: _enqueue(job))
    return job


def _enqueue(job: Job) -> None:
    async_task("portal.background.jobs.run", job.pk, (job.asked, job.attempts))


def run(job_id: int, turn: Turn | None = None) -> None:
    """Do one job, once for each turn: of several tasks for the same request and attempt, one works.

    Counts the attempt first, so that work which kills its process is given up after three.
    """
    waiting = Job.objects.filter(pk=job_id, state=JobState.WAITING, attempts__lt=ATTEMPTS)
    if turn is not None:
        asked, attempts = turn
        waiting = waiting.filter(asked=asked, attempts=attempts)
    if not waiting.update(attempts=F("attempts") + 1, touched_at=timezone.now()):
        return
    job = Job.objects.get(pk=job_id)
    # Asked again while we work: the row stays waiting under its new number, for the newer task or the sweep.
    mine = Job.objects.filter(pk=job_id, asked=job.asked)
    try:
        work: Callable[..., None] = import_string(job.function)
        work(*job.args)
    except Exception as problem:  # recorded on the row and raised again for django-q2's own log
        mine.update(problem=repr(problem)[:2000])
        _give_up_spent(mine)
        raise
    mine.update(state=JobState.DONE, problem="", touched_at=timezone.now())


def _give_up_spent(jobs: QuerySet[Job]) -> None:
    spent = jobs.filter(state=JobState.WAITING, attempts__gte=ATTEMPTS)
    spent.filter(problem="").update(problem=_("Il processo si è interrotto ogni volta."))
    for job in spent:
        logger.error("Job %s given up after %d attempts: %s", job.key, job.attempts, job.problem)
    spent.update(state=JobState.FAILED)


@every(minutes=1)
def sweep() -> int:
    """Ask again for work that a dead process left behind, and give up what was tried often enough."""
    left = Job.objects.filter(state=JobState.WAITING, touched_at__lt=timezone.now() - FORGOTTEN)
    _give_up_spent(left)
    return _ask_again(left)


def recover() -> int:
    """At a worker's start: ask again for what nobody began; its task may lie in the memory of a dead worker."""
    return _ask_again(Job.objects.filter(state=JobState.WAITING, attempts=0))


def _ask_again(left: QuerySet[Job]) -> int:
    jobs = list(left)
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(touched_at=timezone.now())
    for job in jobs:
        _enqueue(job)
    return len(jobs)


# --- The heartbeat ---------------------------------------------------------------------------------------


def heartbeat_file() -> Path:
    return Path(settings.DATA_DIR) / "heartbeat"


def beat() -> None:
    """Show the launcher that the worker really works: django-q2 can look healthy with a dead queue."""
    heartbeat_file().touch()


class Heart:
    """Beats in a worker process for as long as it has a task in hand: work that takes long is no silence."""

    def __init__(self) -> None:
        self.resting = Event()

    def start(self, **kwargs: Any) -> None:
        self.stop()
        self.resting = Event()
        Thread(target=self._beat_until, args=[self.resting], daemon=True).start()

    def stop(self, **kwargs: Any) -> None:
        self.resting.set()

    @staticmethod
    def _beat_until(resting: Event) -> None:
        beat()
        while not resting.wait(PULSE):
            beat()


_heart = Heart()
pre_execute.connect(_heart.start)
post_execute_in_worker.connect(_heart.stop)
