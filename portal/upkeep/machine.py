"""Whether the machine holds: its disk, its clock, the files that it should have."""

import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.background import disk
from portal.files.storage import BucketAway, file_store
from portal.models import Activity
from portal.models.jobs import Job

from . import snapshots
from .doctor import Fault, check

LEAST_ROOM = 512 * 1024 * 1024
LEAST_SHARE = 0.05
SLIP = timedelta(minutes=2)
NAMED = 5


@check("database")
def database() -> Iterator[Fault]:
    """Asked something that a table must answer."""
    Job.objects.exists()
    yield from ()


@check("disk")
def room() -> Iterator[Fault]:
    if problem := disk.problem():
        yield Fault(problem, _("Libera spazio, oppure rendi la cartella scrivibile all’utente del portale."))
        return
    usage = shutil.disk_usage(settings.DATA_DIR)
    if usage.free < max(LEAST_ROOM, usage.total * LEAST_SHARE):
        yield Fault(
            _("Il disco è quasi pieno: restano %(free)d MB.") % {"free": usage.free // 1024**2},
            _("Libera spazio o allarga il disco di %(folder)s.") % {"folder": settings.DATA_DIR},
        )


@check("private")
def private() -> Iterator[Fault]:
    """Nobody else on the machine reads the database, the files or the key."""
    data = Path(settings.DATA_DIR)
    names = [data, data / "raccordo.env", Path(str(settings.DATABASES["default"]["NAME"])), Path(settings.MEDIA_ROOT)]
    own = [path for path in names if path.is_absolute() and path.exists() and data in (path, *path.parents)]
    if any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in own):
        yield Fault(
            _("Altri utenti della macchina possono leggere i dati del portale."),
            _("Esegui «chmod -R go= %(folder)s».") % {"folder": data},
        )


@check("clock")
def clock() -> Iterator[Fault]:
    """Neither behind what was written already, nor apart from the database's own."""
    now = timezone.now()
    newest = max((at for at in _written() if at is not None), default=now)
    if newest > now + SLIP or abs(_of_database(now) - now) > SLIP:
        yield Fault(
            _("L’orologio della macchina non va: adesso segna %(now)s.")
            % {"now": timezone.localtime(now).strftime("%d/%m/%Y %H:%M")},
            _("Accendi la sincronizzazione, per esempio con «timedatectl set-ntp true»."),
        )


def _written() -> Iterator[datetime | None]:
    yield Activity.objects.order_by("-at").values_list("at", flat=True).first()
    yield Job.objects.order_by("-touched_at").values_list("touched_at", flat=True).first()


def _of_database(now: datetime) -> datetime:
    if connection.vendor != "postgresql":
        return now
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


@check("files")
def files() -> Iterator[Fault]:
    """Each file that a row names is there."""
    try:
        kept = {file.name for file in file_store().everything()}
    except BucketAway as problem:
        yield Fault(
            _("L’archivio dei file non risponde: %(why)s") % {"why": problem},
            _("Controlla FILES_URL in raccordo.env, e che quel server sia acceso."),
        )
        return
    lost = sorted(snapshots.named_files() - kept)
    if lost:
        words = {"count": len(lost), "names": ", ".join(lost[:NAMED])}
        yield Fault(
            _("Mancano file che il portale mostra, in tutto %(count)d: %(names)s.") % words,
            _("Riprendili da una copia: sono in «files/» dentro l’archivio. Poi cerca chi li ha tolti."),
        )
