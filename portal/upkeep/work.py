"""Whether what the portal does by itself goes on: queue, clock, copies, faults that nobody looked at."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.models import OrmQ, Schedule
from redis.exceptions import RedisError

from portal.background import heartbeat, schedules
from portal.models.jobs import Job, JobState, Lane

from . import backup, folders
from .doctor import Fault, check

LATE = timedelta(minutes=15)
SILENT = 120.0  # seconds; the launcher starts anew what is silent for twenty
DAY_OLD = timedelta(hours=30)
WEEK_OLD = timedelta(days=8)
NAMED = 3


def is_running() -> bool:
    """Whether a launcher has this data folder in hand."""
    return folders.is_held("serve.lock")


@check("site")
def site() -> Iterator[Fault]:
    if not is_running():
        yield Fault(
            _("Il portale non è acceso su questa cartella dei dati."),
            _("Avvialo con «manage.py serve», o con il suo servizio."),
            is_grave=False,
        )


@check("queue")
def queue() -> Iterator[Fault]:
    """Work waits for no more than some minutes, mail for as long as its server does not take it."""
    if settings.REDIS_URL and (problem := _redis_problem()):
        yield Fault(
            _("La coda su Redis non risponde: %(problem)s. Si legge e si salva; indice, posta e file aspettano.")
            % {"problem": problem},
            _("Controlla REDIS_URL in raccordo.env, e che quel server sia acceso: quello che aspetta parte da solo."),
        )
    before = timezone.now() - LATE
    waiting = Job.objects.filter(state=JobState.WAITING, asked_at__lt=before).exclude(lane=Lane.MAIL)
    tasks = OrmQ.objects.filter(lock__lt=before).exclude(key=Lane.MAIL)
    late = max(waiting.count(), tasks.count())
    silent = [lane for lane in Lane.in_use() if is_running() and _is_silent(lane)]
    if late or silent:
        yield Fault(
            _("La coda dei lavori è ferma: ne aspettano %(count)d da più di un quarto d’ora.") % {"count": late},
            _("Guarda che «manage.py serve» sia acceso e che cosa dice; fermalo e riavvialo."),
        )


def _redis_problem() -> str:
    try:
        redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=None).ping()
    except RedisError as problem:
        return str(problem).rstrip(".")
    return ""


def _is_silent(lane: Lane) -> bool:
    file = heartbeat.file_of(lane)
    return file.exists() and time.monotonic() - file.stat().st_mtime > SILENT


@check("mail_queue")
def mail_queue() -> Iterator[Fault]:
    waiting = Job.objects.filter(state=JobState.WAITING, lane=Lane.MAIL, asked_at__lt=timezone.now() - LATE)
    if count := waiting.count():
        problem = waiting.exclude(problem="").values_list("problem", flat=True).first() or _("nessun errore scritto")
        yield Fault(
            _("Ci sono mail che aspettano da più di un quarto d’ora, in tutto %(count)d (%(problem)s).")
            % {"count": count, "problem": problem[:200]},
            _("Controlla EMAIL_URL e che il server di posta risponda: poi partono da sole, per un giorno."),
        )


@check("schedules")
def by_the_clock() -> Iterator[Fault]:
    """Each row that the worker reads is there, and its moment lies ahead."""
    rows = dict(Schedule.objects.filter(name__in=schedules.EVERY).values_list("name", "next_run"))
    late = [name for name in schedules.EVERY if name not in rows or rows[name] < timezone.now() - LATE]
    if late:
        names = ", ".join(name.rpartition(".")[2] for name in late[:NAMED])
        yield Fault(
            _("Sono in ritardo lavori che il portale fa a orario, in tutto %(count)d: %(names)s.")
            % {"count": len(late), "names": names},
            _("Li avvia «manage.py serve»: se è acceso da più di un quarto d’ora, riavvialo."),
        )


@check("failed")
def failed() -> Iterator[Fault]:
    jobs = Job.objects.filter(state=JobState.FAILED).order_by("-touched_at")
    if count := jobs.count():
        names = "; ".join(f"{job.key}: {job.problem[:80]}" for job in jobs[:NAMED])
        yield Fault(
            _("Lavori falliti tre volte, in tutto %(count)d: %(names)s.") % {"count": count, "names": names},
            _("Togli la causa, poi premi «Riprova» nella pagina «Stato del portale»."),
        )


@check("backup")
def copies() -> Iterator[Fault]:
    """Of the last day where the clock makes them, else of the last week."""
    if settings.DEMO:
        return
    remedy = _("Scrivi BACKUP_TO=/una/cartella in raccordo.env, oppure esegui «manage.py backup FILE».")
    last, now = backup.last(), timezone.now()
    if last is not None and last.problem:
        yield Fault(_("L’ultima copia non è riuscita: %(problem)s.") % {"problem": last.problem.rstrip(".")}, remedy)
        return
    moment = last.moment if last is not None else None
    if settings.BACKUP_TO:
        moment = next(iter(backup.kept_in(Path(settings.BACKUP_TO)).values()), None)
    if moment is None:
        yield Fault(_("Non c’è nessuna copia di questa installazione."), remedy)
    elif now - moment > (DAY_OLD if settings.BACKUP_TO else WEEK_OLD):
        yield Fault(
            _("L’ultima copia è vecchia: è del %(day)s.")
            % {"day": timezone.localtime(moment).strftime("%d/%m/%Y, %H:%M")},
            remedy,
        )
