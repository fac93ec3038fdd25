"""Background work: a row first, then a task, safe to run twice and after a `kill -9`.

django-q2 delivers at least once and retries a task that kills its worker for ever. So the row counts the
attempt *before* the work, "done" is committed together with it, and a sweep asks again for what was left.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from .models.jobs import Job, JobState

logger = logging.getLogger(__name__)
ATTEMPTS = 3
FORGOTTEN = timedelta(minutes=7)  # longer than django-q2's own timeout: nobody is working on it any more


def ask(key: str, function: str, *args: Any) -> Job:
    """Ask for `function(*args)`, at most once at a time per key; call it inside the transaction that needs it."""
    job, new = Job.objects.get_or_create(key=key[:120], defaults={"function": function, "args": list(args)})
    if not new:
        Job.objects.filter(pk=job.pk).update(
            function=function, args=list(args), state=JobState.WAITING, attempts=0, asked=F("asked") + 1, problem="",
            touched_at=timezone.now(),
        )  # fmt: skip
    transaction.on_commit(lambda: async_task("portal.jobs.run", job.pk))
    return job


def run(job_id: int) -> None:
    """Do one job. Counts the attempt first, so that work which kills its process is given up after three."""
    taken = Job.objects.filter(pk=job_id, state=JobState.WAITING, attempts__lt=ATTEMPTS).update(
        attempts=F("attempts") + 1, touched_at=timezone.now()
    )
    if not taken:
        _give_up_if_spent(job_id)
        return
    job = Job.objects.get(pk=job_id)
    work: Callable[..., None] = import_string(job.function)
    try:
        work(*job.args)
    except Exception as problem:  # recorded on the row and raised again for django-q2's own log
        Job.objects.filter(pk=job_id).update(problem=repr(problem)[:2000])
        _give_up_if_spent(job_id)
        raise
    # Asked again while we worked: the row stays waiting, and the newer task or the sweep does it.
    Job.objects.filter(pk=job_id, asked=job.asked).update(state=JobState.DONE, problem="", touched_at=timezone.now())


def _give_up_if_spent(job_id: int) -> None:
    Job.objects.filter(pk=job_id, state=JobState.WAITING, attempts__gte=ATTEMPTS).update(state=JobState.FAILED)


def sweep() -> int:
    """Ask again for work that a dead process left behind; returns how many jobs."""
    left = Job.objects.filter(state=JobState.WAITING, touched_at__lt=timezone.now() - FORGOTTEN)
    jobs = list(left.values_list("pk", flat=True))
    left.update(touched_at=timezone.now())
    for job in jobs:
        async_task("portal.jobs.run", job)
    return len(jobs)


def heartbeat_file() -> Path:
    return Path(settings.DATA_DIR) / "heartbeat"


def beat() -> None:
    """Show the launcher that the worker really works: django-q2 can look healthy with a dead queue."""
    heartbeat_file().touch()
