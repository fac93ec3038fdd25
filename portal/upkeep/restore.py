"""The way back: an archive becomes the installation of an empty machine, or nothing happens at all."""

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from portal.files.storage import file_store

from . import archive, folders, snapshots
from .backup import FILES, SETTINGS


class NotRestored(Exception):
    """Why nothing was restored, in a sentence."""


def restore(path: Path) -> archive.Manifest:
    """Unpack aside, check every byte, then put database, files and settings in their place."""
    try:
        with folders.held("serve.lock"), folders.aside("restore") as folder:
            _require_empty()
            manifest = archive.unpack(path, folder)
            _require_fitting(manifest)
            snapshots.put_back(folder)
            if (folder / FILES).exists():
                _put_files(folder / FILES)
            _put_settings(folder / SETTINGS)
            return manifest
    except folders.Occupied as problem:
        raise NotRestored(_("Il portale è acceso su questa cartella dei dati: fermalo prima.")) from problem
    except (archive.Damaged, snapshots.NoSnapshot) as problem:
        raise NotRestored(str(problem)) from problem


def _require_empty() -> None:
    """Whatever is there already is somebody's."""
    if not snapshots.is_empty():
        raise NotRestored(
            _("Qui c’è già un’installazione: non la tocco. Per ripristinare indica una DATA_DIR vuota (e, con "
              "PostgreSQL, una base dati vuota in DATABASE_URL).")
        )  # fmt: skip
    if any(True for _file in file_store().everything()):
        raise NotRestored(_("In «%s» ci sono già dei file: non li tocco.") % file_store().place())


def _require_fitting(manifest: archive.Manifest) -> None:
    """Of the same kind of database, and of no newer version than this one."""
    if manifest.database != connection.vendor:
        raise NotRestored(
            _("La copia è di una base dati %(theirs)s, qui è configurata %(ours)s: correggi DATABASE_URL.")
            % {"theirs": manifest.database, "ours": connection.vendor}
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if unknown := set(manifest.migrations) - known:
        raise NotRestored(
            _("La copia viene dalla versione %(theirs)s, più nuova di questa (%(ours)s): installa quella. Qui mancano: "
              "%(names)s.")
            % {"theirs": manifest.version, "ours": settings.VERSION, "names": ", ".join(sorted(unknown)[:3])}
        )  # fmt: skip


def _put_files(files: Path) -> None:
    for path in sorted(files.rglob("*")):
        if path.is_file():
            file_store().take_over(path, path.relative_to(files).as_posix())


def _put_settings(kept: Path) -> None:
    """What this machine says of itself (its database first) holds; the copy adds the rest, the secret key too."""
    here = Path(settings.DATA_DIR) / SETTINGS
    lines = {**_settings_in(kept), **_settings_in(here)}
    if settings.DATABASE_URL:
        lines["DATABASE_URL"] = settings.DATABASE_URL
    here.touch(mode=0o600)
    here.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")


def _settings_in(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)
