"""What is wrong is said in plain words, with its remedy: each fault is made here, and the doctor finds it."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from portal.background import heartbeat, jobs, schedules
from portal.models import Document, Job
from portal.models.jobs import JobState, Lane
from portal.upkeep import backup, doctor, folders, machine
from search import checkup
from search.models import SearchDocument
from tests.portal.test_settings import OWN_KEY

pytestmark = pytest.mark.django_db
FROM_MAIL = "Raccordo <raccordo@portale.rete.it>"


@pytest.fixture
def healthy(index: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A production installation without a fault, that its launcher has in hand."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    for name, value in {
        "DATA_DIR": data, "STATIC_ROOT": data / "static", "DEMO": False, "SECRET_KEY": OWN_KEY, "HTTPS": True,
        "ALLOWED_HOSTS": ["testserver", "portale.rete.it"], "BASE_URL": "https://portale.rete.it", "HAS_BASE_URL": True,
        "EMAIL_URL": "smtp://posta.rete.it", "DEFAULT_FROM_EMAIL": FROM_MAIL, "BACKUP_TO": "",
    }.items():  # fmt: skip
        setattr(settings, name, value)
    (data / "static").mkdir()
    (data / "static" / "staticfiles.json").write_text("{}")
    _copied(data, timezone.now())
    monkeypatch.setattr(checkup, "PATIENCE", 0.3)
    OrmQ.objects.all().delete()
    Job.objects.all().delete()
    Schedule.objects.all().delete()  # those of data made an hour ago are late
    schedules.ensure()
    index.refresh()
    for lane in Lane:
        heartbeat.file_of(lane).touch()
        os.utime(heartbeat.file_of(lane), (time.monotonic(), time.monotonic()))
    with folders.held("serve.lock"):
        yield settings


def _copied(data: Path, at: Any, problem: str = "") -> None:
    copy = {"at": at.isoformat(), "path": "/srv/copie/a.tar.gz", "size": 1, "lost": 0, "problem": problem}
    (data / backup.STATE).write_text(json.dumps(copy))


def said() -> tuple[str, int]:
    """What the doctor says, and how it ends."""
    words = StringIO()
    try:
        call_command("doctor", stdout=words, no_color=True)
    except SystemExit as end:
        return words.getvalue(), int(str(end.code))
    return words.getvalue(), 0


def test_of_a_healthy_installation_nothing_is_said(healthy: Any) -> None:
    words, end = said()
    assert "Tutto a posto" in words and healthy.VERSION in words
    assert "→" not in words and end == 0


# --- The faults ------------------------------------------------------------------------------------------


def _old() -> Any:
    return timezone.now() - timedelta(hours=1)


def waits(lane: Lane) -> None:
    job = jobs.ask("prova", "portal.background.clock.settle", lane=lane)
    Job.objects.filter(pk=job.pk).update(asked_at=_old(), problem="ConnectionRefusedError")


def a_task_lies(settings: Any) -> None:
    async_task("portal.background.clock.settle")
    OrmQ.objects.update(lock=_old())


def a_worker_is_silent(settings: Any) -> None:
    os.utime(heartbeat.file_of(Lane.QUICK), (time.monotonic() - 600,) * 2)


def a_schedule_is_late(settings: Any) -> None:
    Schedule.objects.filter(name__endswith="clock.send_digests").update(next_run=_old())


def a_schedule_is_gone(settings: Any) -> None:
    Schedule.objects.filter(name__endswith="clock.send_digests").delete()


def a_job_failed(settings: Any) -> None:
    Job.objects.create(key="read-file:7", function="x", state=JobState.FAILED, problem="File illeggibile")


def a_text_waits(settings: Any) -> None:
    SearchDocument.objects.filter(pk=SearchDocument.objects.order_by("pk").first().pk).update(pending=True)


def a_file_is_lost(settings: Any) -> None:
    file = Document.objects.create(title="Perso", file=ContentFile(b"x", "perso.txt"))
    Path(file.file.path).unlink()


def the_clock_is_behind(settings: Any) -> None:
    job = Job.objects.create(key="ieri", function="x", state=JobState.DONE)
    Job.objects.filter(pk=job.pk).update(touched_at=timezone.now() + timedelta(hours=3))


def the_disk_is_full(settings: Any) -> None:
    """The file that the doctor tries to write is one that takes nothing."""
    (settings.DATA_DIR / f".prova-{os.getpid()}").symlink_to("/dev/full")


def others_may_read(settings: Any) -> None:
    settings.DATA_DIR.chmod(0o755)


def nobody_answers_for_mail(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"


def the_database_is_of_before(settings: Any) -> None:
    last = max(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "search")
    MigrationRecorder(connection).record_unapplied("search", last)


def the_index_is_a_file(settings: Any) -> None:
    shutil.rmtree(settings.SEARCH_INDEX_DIR)
    settings.SEARCH_INDEX_DIR.write_text("un file dove c’era la cartella")


def put(**values: Any) -> Callable[[Any], None]:
    def change(settings: Any) -> None:
        for name, value in values.items():
            setattr(settings, name, value)

    return change


def copied(days: int, problem: str = "") -> Callable[[Any], None]:
    return lambda settings: _copied(settings.DATA_DIR, timezone.now() - timedelta(days=days), problem)


FAULTS: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "no secret": (put(SECRET_KEY=""), "Manca una SECRET_KEY propria", "setup_network"),
    "weak secret": (put(SECRET_KEY="a"), "La SECRET_KEY si indovina", "setup_network"),
    "debug": (put(DEBUG=True), "DEBUG è acceso", "setup_network"),
    "no host": (put(ALLOWED_HOSTS=[]), "ALLOWED_HOSTS è vuoto", "setup_network"),
    "any host": (put(ALLOWED_HOSTS=["*"]), "accetta qualsiasi nome", "setup_network"),
    "no address": (put(HAS_BASE_URL=False), "Manca BASE_URL", "setup_network"),
    "another address": (put(BASE_URL="https://altro.it"), "non è fra gli ALLOWED_HOSTS", "setup_network"),
    "no static files": (lambda s: shutil.rmtree(s.STATIC_ROOT), "Mancano i file statici", "collectstatic"),
    "no mail": (put(EMAIL_URL=""), "Le mail non partono", "EMAIL_URL"),
    "mail of an example": (put(DEFAULT_FROM_EMAIL="R <r@raccordo.example>"), "di esempio", "DEFAULT_FROM_EMAIL"),
    "mail server away": (nobody_answers_for_mail, "Il server di posta non risponde", "EMAIL_URL"),
    "mail waits": (lambda s: waits(Lane.MAIL), "Ci sono mail che aspettano", "partono da sole"),
    "disk full": (the_disk_is_full, "No space left", "Libera spazio"),
    "database of before": (the_database_is_of_before, "La base dati è di una versione precedente", "migrate"),
    "index out of reach": (the_index_is_a_file, "Il motore di ricerca non risponde", "cartella dell’indice"),
    "others read": (others_may_read, "Altri utenti della macchina", "chmod"),
    "queue": (lambda s: waits(Lane.QUICK), "La coda dei lavori è ferma", "serve"),
    "task in the queue": (a_task_lies, "La coda dei lavori è ferma", "serve"),
    "silent worker": (a_worker_is_silent, "La coda dei lavori è ferma", "serve"),
    "index gone": (lambda s: shutil.rmtree(s.SEARCH_INDEX_DIR), "L’indice di ricerca manca", "rebuild_search"),
    "index behind": (a_text_waits, "L’indice è indietro: aspettano 1 testi", "rebuild_search"),
    "file lost": (a_file_is_lost, "Mancano file che il portale mostra", "Riprendili da una copia"),
    "clock": (the_clock_is_behind, "L’orologio della macchina non va", "set-ntp"),
    "schedule late": (a_schedule_is_late, "a orario, in tutto 1: send_digests", "riavvialo"),
    "schedule gone": (a_schedule_is_gone, "a orario, in tutto 1: send_digests", "riavvialo"),
    "job failed": (a_job_failed, "read-file:7: File illeggibile", "Riprova"),
    "no copy": (lambda s: (s.DATA_DIR / backup.STATE).unlink(), "Non c’è nessuna copia", "BACKUP_TO"),
    "old copy": (copied(days=9), "L’ultima copia è vecchia", "backup FILE"),
    "copy failed": (copied(days=0, problem="Disco pieno."), "L’ultima copia non è riuscita: Disco pieno.", "BACKUP"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_said_with_its_remedy(name: str, healthy: Any) -> None:
    make, what, remedy = FAULTS[name]
    make(healthy)
    words, end = said()
    assert end == 1
    (told,) = [part for part in words.split("✗")[1:] if what in part]
    assert remedy in told.partition("→")[2]


def test_a_copy_of_yesterday_is_old_where_the_clock_makes_them(healthy: Any, tmp_path: Path) -> None:
    healthy.BACKUP_TO = str(tmp_path)
    assert "Non c’è nessuna copia" in said()[0]
    yesterday = timezone.now() - timedelta(hours=31)
    (tmp_path / f"raccordo-{yesterday:{backup.MOMENT}}.tar.gz").touch()
    assert "L’ultima copia è vecchia" in said()[0]
    (tmp_path / f"raccordo-{timezone.now():{backup.MOMENT}}.tar.gz").touch()
    assert said()[1] == 0


def test_a_site_that_is_not_on_and_one_without_https_are_only_remarked(healthy: Any) -> None:
    healthy.HTTPS = False
    healthy.DATA_DIR = healthy.DATA_DIR.parent / "other"
    healthy.DATA_DIR.mkdir(mode=0o700)
    _copied(healthy.DATA_DIR, timezone.now())
    words, end = said()
    assert "Il portale non è acceso" in words and "senza HTTPS" in words
    assert end == 0


def test_a_check_that_cannot_be_asked_is_said_and_stops_no_other(healthy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_a_table_that_is_locked() -> Any:
        raise OperationalError("database is locked")

    a_job_failed(healthy)
    monkeypatch.setitem(doctor.checks, "queue", ask_a_table_that_is_locked)
    words, end = said()
    assert "Il controllo «queue» non si può fare: database is locked." in words
    assert "File illeggibile" in words and end == 1


def test_a_disk_that_is_nearly_full_is_said_before_it_is(healthy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(healthy.DATA_DIR)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage._replace(free=100 * 1024**2))
    words, end = said()
    assert "Il disco è quasi pieno: restano 100 MB." in words and "Libera spazio" in words and end == 1


def test_a_database_that_is_away_is_said_once_in_plain_words(healthy: Any) -> None:
    """And not as a dozen checks that nobody knows and that could not be asked."""

    def refuse(*args: Any) -> Any:
        raise OperationalError("connection to server at “127.0.0.1” failed:\n\tIs the server running?")

    healthy.DEFAULT_FROM_EMAIL = "R <r@raccordo.example>"
    with connection.execute_wrapper(refuse):
        words, end = said()
    assert "La base dati non risponde: connection to server at “127.0.0.1” failed: Is the server running?" in words
    assert "DATABASE_URL" in words and words.count("Is the server running") == 1 and "Il controllo «" not in words
    assert "di esempio" in words and end == 1
