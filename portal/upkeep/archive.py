"""The one file that a backup is: a compressed tar whose last member lists the others with their fingerprints."""

import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

FORMAT = 1
MANIFEST = "manifest.json"
LEVEL = 4  # most files are compressed already
PIECE = 1024 * 1024


class Damaged(Exception):
    """The archive is not whole, or is none of ours: why, in a sentence."""


@dataclass
class Manifest:
    """What an archive holds, and of which installation it is the copy."""

    version: str
    made_at: str
    database: str  # the vendor
    migrations: list[str]
    lost: list[str]  # files that the database names and the disk had not
    members: dict[str, str] = field(default_factory=dict)  # name → SHA-256
    format: int = FORMAT


class _Fingerprinted:
    """A file that is fingerprinted while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.sha256.update(piece)
        return piece


def pack(folder: Path, archive: Path, manifest: Manifest) -> None:
    """Write all that lies in the folder; the archive has its name only once it is whole and on the disk."""
    part = archive.with_name(archive.name + ".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=LEVEL) as tar:
                for path in _files(folder):
                    manifest.members[path.relative_to(folder).as_posix()] = _add(tar, folder, path)
                listed = folder / MANIFEST
                listed.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False), encoding="utf-8")
                _add(tar, folder, listed)
            out.flush()
            os.fsync(out.fileno())
        part.rename(archive)
    finally:
        part.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _add(tar: tarfile.TarFile, folder: Path, path: Path) -> str:
    with path.open("rb") as file:
        member = tar.gettarinfo(arcname=path.relative_to(folder).as_posix(), fileobj=file)
        # A second name of one file (a link) is a file here: the other may never be unpacked.
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", os.fstat(file.fileno()).st_size
        member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
        read = _Fingerprinted(file)
        tar.addfile(member, read)  # type: ignore[arg-type]
    return read.sha256.hexdigest()


def unpack(archive: Path, folder: Path) -> Manifest:
    """Put everything into the folder, and say what it is; raises Damaged where one byte is another than it was."""
    found: dict[str, str] = {}
    with _reading(archive) as tar:
        for member in tar:
            target = folder / _safe(member)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            found[member.name] = _write(tar, member, target)
    return _checked(folder, found)


def check(archive: Path) -> Manifest:
    """Read the archive from beginning to end without keeping anything of it but the list."""
    found: dict[str, str] = {}
    listed = b""
    with _reading(archive) as tar:
        for member in tar:
            _safe(member)
            read = _Fingerprinted(_content(tar, member))
            if member.name == MANIFEST:
                listed = read.read()
            while read.read(PIECE):
                pass
            found[member.name] = read.sha256.hexdigest()
    return _agreed(listed, found)


@contextmanager
def _reading(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise Damaged(_("L’archivio è danneggiato o non è una copia di Raccordo (%s).") % problem) from problem


def _safe(member: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if not member.isreg() or name.is_absolute() or ".." in name.parts:
        raise Damaged(_("L’archivio contiene qualcosa che nelle copie non c’è mai: «%s».") % member.name)
    return name


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    return tar.extractfile(member)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    read = _Fingerprinted(_content(tar, member))
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := read.read(PIECE):
            out.write(piece)
    os.utime(target, (member.mtime, member.mtime))
    return read.sha256.hexdigest()


def _checked(folder: Path, found: dict[str, str]) -> Manifest:
    listed = folder / MANIFEST
    manifest = _agreed(listed.read_bytes() if listed.exists() else b"", found)
    listed.unlink()
    return manifest


def _agreed(listed: bytes, found: dict[str, str]) -> Manifest:
    """The manifest, where the members are exactly those that it lists."""
    try:
        manifest = Manifest(**json.loads(listed))
    except (ValueError, TypeError) as problem:
        raise Damaged(_("L’archivio non arriva alla fine: manca l’elenco di ciò che contiene.")) from problem
    if manifest.format != FORMAT:
        raise Damaged(_("L’archivio è di una forma che questa versione non conosce: serve una versione più nuova."))
    found.pop(MANIFEST, None)
    wrong = {name for name, _sha256 in found.items() ^ manifest.members.items()}
    if wrong:
        names = ", ".join(f"«{name}»" for name in sorted(wrong)[:5])
        raise Damaged(_("L’archivio è danneggiato: non è più com’era, o manca, %s.") % names)
    return manifest
