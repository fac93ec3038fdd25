"""A copy of everything, while the site runs: the database at one moment, all the files that it names, the settings.

What is not in it makes itself anew: the search index, the collected static files.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.files.storage import file_store

from . import archive, folders, snapshots

LOCK = "backup.lock"
STATE = "last_backup.json"
SETTINGS = "raccordo.env"
FILES = "files"
TRIES = 4
NAME = re.compile(r"raccordo-(\d{8}-\d{6})\.tar\.gz")
MOMENT = "%Y%m%d-%H%M%S"
PERIODS = ("%Y-%m-%d", "%G-%V", "%Y-%m")  # the days, weeks and months of which BACKUP_KEEP says how many
AGAIN_AFTER = timedelta(hours=1)


class NotBackedUp(Exception):
    """Why there is no copy, in a sentence."""


@dataclass(frozen=True)
class Backup:
    """The last copy that was tried: where it lies, or why there is none."""

    at: str
    path: str
    size: int = 0
    lost: int = 0
    problem: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


# --- Making one ------------------------------------------------------------------------------------------


def make(path: Path) -> Backup:
    """Write the copy to the path, which must be free; raises NotBackedUp."""
    path = path.resolve()
    _require_place(path)
    now = timezone.now().isoformat()
    try:
        with folders.held(LOCK), folders.aside("backup") as folder:
            manifest = _collect(folder, now)
            archive.pack(folder, path, manifest)
            archive.check(path)
    except folders.Occupied as problem:
        raise NotBackedUp(_("Un’altra copia è già in corso su questa cartella dei dati.")) from problem
    except (snapshots.NoSnapshot, archive.Damaged, OSError) as problem:
        said = (
            f"{path}: {os.strerror(problem.errno)}" if isinstance(problem, OSError) and problem.errno else str(problem)
        )
        _remember(Backup(now, str(path), problem=said))
        raise NotBackedUp(_("La copia non è riuscita: %s") % said) from problem
    done = Backup(now, str(path), path.stat().st_size, len(manifest.lost))
    _remember(done)
    return done


def _require_place(path: Path) -> None:
    if path.exists():
        raise NotBackedUp(_("«%s» esiste già: una copia non prende il posto di un’altra.") % path)
    if not path.parent.is_dir():
        raise NotBackedUp(_("La cartella «%s» non c’è.") % path.parent)
    if Path(settings.MEDIA_ROOT) in path.parents:
        raise NotBackedUp(_("La copia non può stare fra i file del portale: scegli un’altra cartella."))
    if snapshots.is_empty():
        raise NotBackedUp(_("La base dati è vuota: non c’è niente da copiare."))


def _collect(folder: Path, now: str) -> archive.Manifest:
    """Put side by side a snapshot and the files that it names.

    A file is written before its row and deleted after it: whatever the snapshot names was there at its moment. Where
    one went right then, another snapshot is taken; what two of them name and the disk has not is lost, and said.
    """
    missing: set[str] = set()
    for _attempt in range(TRIES):
        before = missing
        names, migrations = snapshots.take(folder)
        missing = names - _put_files_beside(folder / FILES)
        if missing <= before:
            break
    kept = Path(settings.DATA_DIR) / SETTINGS
    if kept.exists():
        shutil.copy2(kept, folder / SETTINGS)
    return archive.Manifest(settings.VERSION, now, connection.vendor, migrations, sorted(missing))


def _put_files_beside(folder: Path) -> set[str]:
    """Every file, where another has not taken it already; returns the names of all that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in file_store().everything():
        target = folder / file.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # deleted meanwhile
                file_store().put_beside(file.name, target)
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# --- The last one ----------------------------------------------------------------------------------------


def last() -> Backup | None:
    """The last one tried; None where nobody ever did."""
    try:
        return Backup(**json.loads((Path(settings.DATA_DIR) / STATE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _remember(done: Backup) -> None:
    with suppress(OSError):  # the disk that is full for the copy may be so for this
        (Path(settings.DATA_DIR) / STATE).write_text(json.dumps(asdict(done)), encoding="utf-8")


# --- A folder of them ------------------------------------------------------------------------------------


def make_in(folder: Path) -> tuple[Backup, list[Path]]:
    """A copy named for its moment, and what then goes: see `superfluous`."""
    made = make(folder / f"raccordo-{timezone.now().astimezone(UTC):{MOMENT}}.tar.gz")
    gone = superfluous(kept_in(folder), settings.BACKUP_KEEP)
    for path in gone:
        path.unlink(missing_ok=True)
    return made, gone


def kept_in(folder: Path) -> dict[Path, datetime]:
    """The copies in a folder and their moments, newest first; of other files it says nothing."""
    found = {path: NAME.fullmatch(path.name) for path in folder.glob("raccordo-*.tar.gz")}
    moments = {path: datetime.strptime(name[1], MOMENT).replace(tzinfo=UTC) for path, name in found.items() if name}
    return dict(sorted(moments.items(), key=lambda each: each[1], reverse=True))


def superfluous(copies: dict[Path, datetime], keep: list[int]) -> list[Path]:
    """All but the newest of each of the last days, weeks and months that there are copies of."""
    kept: set[Path] = set()
    for form, count in zip(PERIODS, keep, strict=True):
        newest: dict[str, Path] = {}
        for path, moment in copies.items():
            newest.setdefault(f"{timezone.localtime(moment):{form}}", path)
        kept.update(list(newest.values())[: max(count, 1)])
    return [path for path in copies if path not in kept]


def start_if_due() -> bool:
    """Where a folder is set: once a day, from its hour on, in a process of its own that no job's time limit ends."""
    if not settings.BACKUP_TO or not _is_due(timezone.localtime()):
        return False
    subprocess.Popen(  # noqa: PLW1509
        [sys.executable, "manage.py", "backup", "--to", settings.BACKUP_TO],
        cwd=settings.BASE_DIR,
        start_new_session=True,
    )
    return True


def _is_due(now: datetime) -> bool:
    hour = now.replace(hour=settings.BACKUP_HOUR, minute=0, second=0, microsecond=0)
    since = hour if now >= hour else hour - timedelta(days=1)
    newest = next(iter(kept_in(Path(settings.BACKUP_TO)).values()), None)
    tried = last()
    if tried is not None and tried.problem and now - tried.moment < AGAIN_AFTER:
        return False
    return newest is None or newest < since
