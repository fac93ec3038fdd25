"""Where files are kept, reached only through a view that asks access: a private disk, or with FILES_URL a bucket.

Both say the same of themselves: `everything`, for copies, terms and what is wrong; an address that leads to
`portal.files.serving.media`, never to the disk or to the bucket (`bucket.py`, loaded where there is one).
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

from django.core.files.storage import FileSystemStorage, default_storage


class BucketAway(OSError):
    """The bucket does not answer, or refuses: of files nothing can be read or written for now."""


@dataclass(frozen=True)
class Stored:
    """A file as it lies there, whether or not a row names it."""

    name: str
    size: int  # bytes
    at: datetime  # written


class FileStore(Protocol):
    """What whoever keeps the portal asks of either."""

    def place(self) -> str: ...
    def everything(self, beneath: str = "") -> Iterator[Stored]: ...
    def put_beside(self, name: str, target: Path) -> None: ...
    def take_over(self, source: Path, name: str) -> None: ...
    def delete(self, name: str) -> None: ...


def file_store() -> FileStore:
    return cast(FileStore, default_storage)


class PrivateStorage(FileSystemStorage):
    """Files on disk, for their own user alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **kwargs})

    def _save(self, name: str, content: Any) -> str:
        """A disk that takes only a part of a file is left with none of it."""
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # its stubs forget it
        except OSError:
            begun = Path(self.path(name))
            with suppress(FileNotFoundError):
                if begun.stat().st_size < content.size:  # else it is somebody else's, of the same name
                    begun.unlink()
            raise

    def place(self) -> str:
        """Where it is, for whoever keeps the portal."""
        return str(self.location)

    def everything(self, beneath: str = "") -> Iterator[Stored]:
        root = Path(self.location)
        for path in root.rglob("*"):
            name = path.relative_to(root).as_posix()
            with suppress(FileNotFoundError):  # deleted meanwhile
                if name.startswith(beneath) and path.is_file():
                    facts = path.stat()
                    yield Stored(name, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def put_beside(self, name: str, target: Path) -> None:
        """A second name for the same bytes, which costs no room and outlives the first; else a copy of them."""
        source = Path(self.path(name))
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # a disk that knows no links
            shutil.copy2(source, target)

    def take_over(self, source: Path, name: str) -> None:
        """The file becomes one of these, under that name."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.rename(target)
