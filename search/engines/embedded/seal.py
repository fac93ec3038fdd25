"""What a version of the index consisted of when it was last written, so that damage is noticed before it is read.

A file of a segment that was cut or changed can stop the engine, or hang it for ever: nothing in it is looked at
before it has been compared. Each file is read for that once, and again only where its size or its time has changed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.engines.contract import IndexDamaged

SEAL, META = "seal.json", "meta.json"
DELETIONS = ".del"  # of a segment: another file for each commit, while the segment's own files stay
ATTEMPTS = 5

Seen = tuple[int, int, int]


# What reading and taking apart a file of ours raises where it is no longer what we wrote: too deep a one, too.
NOT_OURS = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Seal:
    stamp: str = ""
    files: dict[str, tuple[int, str]] = field(default_factory=dict)  # name → size, digest
    held: tuple[int, int] | None = None  # at which commit how many documents; unknown where it was sealed before


def read(directory: Path) -> Seal:
    """The seal of a version; an empty one where there is none yet."""
    try:
        found = json.loads((directory / SEAL).read_text())
        files = {name: (size, digest) for name, (size, digest) in found["files"].items()}
        held = found.get("held")
        return Seal(str(found["stamp"]), files, (int(held[0]), int(held[1])) if held else None)
    except FileNotFoundError:
        return Seal()
    except NOT_OURS as error:
        raise IndexDamaged(f"{directory / SEAL}: {error!r}") from error


def write(directory: Path, stamp: str) -> None:
    """Seal what has just been committed; a segment never changes, so only the new ones are read."""
    before = read(directory).files
    files = {
        path.name: before.get(path.name) or (path.stat().st_size, _digest(path)) for path in _segment_files(directory)
    }
    fresh = directory / f"{SEAL}.new"
    fresh.write_text(json.dumps({"stamp": stamp, "files": files, "held": _held(_meta(directory))}))
    fresh.replace(directory / SEAL)


class Watch:
    """Compares the files of a version with its seal; remembers which it has already read."""

    def __init__(self) -> None:
        self._compared: dict[Path, Seen] = {}

    def compare(self, directory: Path) -> Seal:
        """The seal of the version; IndexDamaged where a file is not what was sealed."""
        for attempt in range(1, ATTEMPTS + 1):
            before = _mark(directory / META)
            try:
                return self._compare(directory)
            except IndexDamaged:
                # A writer may have committed meanwhile, and taken away what was merged.
                if attempt == ATTEMPTS or _mark(directory / META) == before:
                    raise
        raise IndexDamaged(str(directory))

    def _compare(self, directory: Path) -> Seal:
        meta = _meta(directory)
        segments, held, seal = _segments(directory, meta), _held(meta), read(directory)
        # A later commit is sealed in a moment; at the same one no document may be missing.
        if seal.held is not None and (held[0] < seal.held[0] or (held[0] == seal.held[0] and held != seal.held)):
            raise IndexDamaged(f"{directory / META}: {held} where {seal.held} was sealed")
        for name, (size, digest) in seal.files.items():
            segment = segments.get(name.partition(".")[0])
            if segment is None or (name.endswith(DELETIONS) and name != _deletions(segment)):
                continue  # merged or written anew since
            path = directory / name
            seen = _mark(path)
            if seen is None or seen[0] != size:
                raise IndexDamaged(f"{path}: missing or cut")
            if self._compared.get(path) != seen:
                if _digest(path) != digest:
                    raise IndexDamaged(f"{path}: changed")
                self._compared[path] = seen
        self._compared = {path: seen for path, seen in self._compared.items() if path.name in seal.files}
        return seal


def _meta(directory: Path) -> Any:
    """The engine's own list."""
    try:
        found = json.loads((directory / META).read_text())
        _held(found)
    except NOT_OURS as error:
        raise IndexDamaged(f"{directory / META}: {error!r}") from error
    return found


def _held(meta: Any) -> tuple[int, int]:
    """Which commit, and how many documents; merging changes neither."""
    gone = ((each["deletes"] or {}).get("num_deleted_docs", 0) for each in meta["segments"])
    return int(meta["opstamp"]), sum(each["max_doc"] for each in meta["segments"]) - sum(gone)


def _segments(directory: Path, meta: Any) -> dict[str, Any]:
    """The segments that it names, by the beginning of their files' names."""
    try:
        return {str(each["segment_id"]).replace("-", ""): each for each in meta["segments"]}
    except NOT_OURS as error:
        raise IndexDamaged(f"{directory / META}: {error!r}") from error


def _segment_files(directory: Path) -> Iterator[Path]:
    segments = _segments(directory, _meta(directory))
    for path in sorted(directory.iterdir()):
        segment = segments.get(path.name.partition(".")[0])
        if segment and (path.suffix != DELETIONS or path.name == _deletions(segment)):
            yield path


def _deletions(segment: Any) -> str:
    deletes = segment.get("deletes") or {}
    return f"{segment['segment_id'].replace('-', '')}.{deletes.get('opstamp')}{DELETIONS}"


def _mark(path: Path) -> Seen | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()
    except OSError as error:
        raise IndexDamaged(f"{path}: {error!r}") from error
