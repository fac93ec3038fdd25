"""Zip archives, read only as far as is safe."""

import io
import zipfile
from collections.abc import Iterator

from .limits import MAX_MEMBERS, MAX_UNPACKED
from .problems import BOMB, PASSWORD, UNKNOWN, Unreadable

CHUNK = 65536
CENTRAL_HEADER = b"PK\x01\x02"
ENCRYPTED = 0x1


class Archive:
    """A zip archive whose parts, all together, may unpack to so much and no more."""

    def __init__(self, data: bytes) -> None:
        # Counted before opening, because opening already builds an object for each member.
        if data.count(CENTRAL_HEADER) > MAX_MEMBERS:
            raise Unreadable(BOMB)
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._left = MAX_UNPACKED
        # Some programs write the names with the other slash, or in capitals of their own; the first of a name counts.
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            self._parts.setdefault(info.filename.replace("\\", "/").lstrip("/").lower(), info)
        self.names = self._parts.keys()

    def spelled(self, name: str) -> str:
        """The part's name as the file writes it, but for the slashes: relations name it so."""
        return self._parts[name].filename.replace("\\", "/").lstrip("/")

    def stream(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part, piece by piece."""
        info = self._parts[name.lower()]
        if info.flag_bits & ENCRYPTED:
            raise Unreadable(PASSWORD)
        # Office formats know only these two; zipfile unpacks the others without a bound on each piece.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(UNKNOWN)
        with self._zip.open(info) as part:
            while chunk := part.read(CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise Unreadable(BOMB)
                yield chunk

    def read(self, name: str, size: int) -> bytes:
        """The first bytes of a part."""
        kept = b""
        for chunk in self.stream(name):
            kept += chunk
            if len(kept) >= size:
                break
        return kept[:size]
