"""Background work: a row first, then a task, safe to run twice and after a `kill -9`.

django-q2 delivers at least once and retries a task that kills its worker for ever. So the row counts the
attempt *before* the work and says "done" right after it, and a sweep asks again for what was left. Work may
still happen twice, when a process dies between the two: it is written so that this does no harm.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_q.models import OrmQ
from django_q.tasks import async_task
from redis.exceptions import RedisError

from portal.models.jobs import Job, JobState, Lane
from portal.models.people import User
from portal.notices.mail_server import InDoubt

from . import schedules
from .schedules import every

logger = logging.getLogger(__name__)
ATTEMPTS = 3
FORGOTTEN = timedelta(minutes=7)  # longer than django-q2's own timeout: nobody is working on it any more
MAIL_WAITS = timedelta(days=1)  # for a server that does not take it now

Turn = tuple[int, int]
_in_hand: ContextVar[str] = ContextVar("the work that this process has in hand", default="")


def ask(key: str, function: str, *args: Any, lane: Lane = Lane.QUICK, person: User | None = None) -> Job:
    """Ask for `function(*args)`; a key asked for again before its turn is one piece of work.

    Call it inside the transaction that needs the work. Mail goes in a lane of its own, and so do files, whose
    `person` gives way to the others.
    """
    wanted: dict[str, Any] = {"function": function, "args": list(args), "lane": lane, "person": person}
    job, new = Job.objects.get_or_create(key=key[:120], defaults=wanted)
    if not new:
        now = timezone.now()
        Job.objects.filter(pk=job.pk).update(
            **wanted, state=JobState.WAITING, attempts=0, asked=F("asked") + 1, problem="", touched_at=now,
            asked_at=now,
        )  # fmt: skip
        job.refresh_from_db()
    transaction.on_commit(lambda: _enqueue(job))
    return job


def _enqueue(job: Job) -> None:
    """What asked for it is kept by now: a queue that takes nothing must not answer as if it were not.

    The launcher asks again once the queue takes its beats.
    """
    try:
        async_task("portal.background.jobs.run", job.pk, (job.asked, job.attempts), cluster=job.lane)
    except (DatabaseError, RedisError) as problem:
        logger.warning("Job %s is not in the queue yet: %r", job.pk, problem)


def run(job_id: int, turn: Turn | None = None) -> None:
    """Do one job, once for each turn: of several tasks for the same request and attempt, one works.

    Counts the attempt first, so that work which kills its process is given up after three.
    """
    if turn is not None:
        job_id, turn = _in_turn(job_id, turn)
    waiting = Job.objects.filter(pk=job_id, state=JobState.WAITING, attempts__lt=ATTEMPTS)
    if turn is not None:
        asked, attempts = turn
        waiting = waiting.filter(asked=asked, attempts=attempts)
    if not waiting.update(attempts=F("attempts") + 1, touched_at=timezone.now()):
        return
    job = Job.objects.get(pk=job_id)
    # Asked again while we work: the row stays waiting under its new number, for the newer task or the sweep.
    mine = Job.objects.filter(pk=job_id, asked=job.asked)
    in_hand = _in_hand.set(f"job-{job.pk}-{job.asked}")
    try:
        work: Callable[..., None] = import_string(job.function)
        work(*job.args)
    except Exception as problem:  # recorded on the row and raised again for django-q2's own log
        mine.update(problem=repr(problem)[:2000])
        if job.lane == Lane.MAIL and job.asked_at > timezone.now() - MAIL_WAITS and may_pass(problem):
            mine.update(attempts=F("attempts") - 1)  # the sweep asks again until the server takes it
        _give_up_spent(mine)
        raise
    finally:
        _in_hand.reset(in_hand)
    mine.update(state=JobState.DONE, problem="", touched_at=timezone.now())


def retry(job_id: int) -> bool:
    """Ask anew for what was given up; False where it is no longer so."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id, state=JobState.FAILED).first()
        if job is not None:
            ask(job.key, job.function, *job.args, lane=Lane(job.lane), person=job.person)
    return job is not None


def name_of_work() -> str:
    """The work in hand, by a name that is the same at each try; empty outside of any."""
    return _in_hand.get()


def _in_turn(job_id: int, turn: Turn) -> tuple[int, Turn]:
    """Of the files that wait, that of the person whose last was read longest ago: a hundred of one hold up nobody."""
    first_try = turn[1] == 0
    if not first_try or not Job.objects.filter(pk=job_id, lane=Lane.FILES).exists():
        return job_id, turn
    files = Job.objects.filter(lane=Lane.FILES)
    read = files.filter(person=OuterRef("person"), attempts__gt=0).order_by("-touched_at").values("touched_at")[:1]
    waiting = files.filter(state=JobState.WAITING, attempts=0).annotate(last=Subquery(read))
    first = waiting.order_by(F("last").asc(nulls_first=True), "pk").first()
    return (first.pk, (first.asked, 0)) if first else (job_id, turn)


def may_pass(problem: Exception) -> bool:
    """Whether a mail server may take later what it does not take now: it is away, or says so by its number.

    What it may have taken already is not sent again for as long as that.
    """
    if isinstance(problem, InDoubt):
        return False
    if isinstance(problem, SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _words in problem.recipients.values())
    if isinstance(problem, SMTPResponseException):
        return 400 <= problem.smtp_code < 500
    return isinstance(problem, OSError)


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


def recover(lane: Lane = Lane.QUICK) -> int:
    """At a worker's start: ask again for what nobody began; its task may lie in the memory of a dead worker."""
    return _ask_again(Job.objects.filter(lane=lane, state=JobState.WAITING, attempts=0))


def _ask_again(left: QuerySet[Job]) -> int:
    jobs = list(left)
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(touched_at=timezone.now())
    for job in jobs:
        _enqueue(job)
    return len(jobs)


def follow_clock() -> None:
    """The clock was set back: tasks that lie in the queue since what is now the future are there now.

    Of those that a worker has in hand a second delivery finds their turn taken. Redis looks at no clock.
    """
    now = timezone.now()
    OrmQ.objects.filter(lock__gt=now).update(lock=now)
    Job.objects.filter(touched_at__gt=now).update(touched_at=now)
    schedules.follow_clock()
