"""The faults of ours, once each kind: what and where, never on whose page or with which words.

Files, not rows: the database may be what failed. Read before any model is: the log begins with the settings.
"""

import hashlib
import json
import logging
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from traceback import FrameSummary, extract_tb

from django.conf import settings
from django.utils import timezone

from .logs import name_of_request, scrubbed

MOST = 100  # kinds that are kept
AGAIN_AFTER = timedelta(days=1)
KEPT = timedelta(days=30)
LONGEST = 200
NAME_OF_A_TASK = re.compile(r" \([a-z-]+\)(?= - )")  # the queue gives each another one


@dataclass
class Kind:
    """One kind of fault: how often it was seen, and the number of the last request that met it."""

    what: str
    where: str
    first: str
    last: str
    times: int = 0
    request: str = ""
    told: str = ""

    @property
    def name(self) -> str:
        return hashlib.sha256(f"{self.what} {self.where}".encode()).hexdigest()[:16]

    @property
    def last_seen(self) -> datetime:
        return datetime.fromisoformat(self.last)

    def is_news(self, now: datetime) -> bool:
        return not self.told or (self.last > self.told and now - datetime.fromisoformat(self.told) > AGAIN_AFTER)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "faults"


class Notebook(logging.Handler):
    """Writes down each error of the log; where nothing can be written the log itself has it."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            note(record)


def note(record: logging.LogRecord) -> None:
    now = timezone.now().isoformat()
    seen = Kind(*_kind(record), first=now, last=now)
    known = _read(_folder() / f"{seen.name}.json")
    if known is None and len(kinds()) >= MOST:
        return
    kind = known or seen
    kind.last, kind.times, kind.request = now, kind.times + 1, name_of_request()
    keep(kind)


def _kind(record: logging.LogRecord) -> tuple[str, str]:
    """The class of the exception and the line of ours that met it; else the words before names are put into them."""
    if record.exc_info and record.exc_info[0]:
        frames = extract_tb(record.exc_info[2])
        ours = [frame for frame in frames if _is_ours(frame.filename)]
        return record.exc_info[0].__name__, "".join(map(_place, (ours or frames)[-1:]))
    words = NAME_OF_A_TASK.sub("", scrubbed(str(record.msg)).partition(" : Traceback")[0])
    return words[:LONGEST], f"{record.name}:{record.lineno}"


def _place(frame: FrameSummary) -> str:
    return f"{_relative(frame.filename)}:{frame.lineno}, {frame.name}"


def _is_ours(file: str) -> bool:
    return any(Path(settings.BASE_DIR) / layer in Path(file).parents for layer in settings.LAYERS)


def _relative(file: str) -> str:
    path = Path(file)
    return path.relative_to(settings.BASE_DIR).as_posix() if _is_ours(file) else path.name


def kinds() -> list[Kind]:
    """All that are kept, the last seen first."""
    found = [kind for file in _folder().glob("*.json") if (kind := _read(file))]
    return sorted(found, key=lambda kind: kind.last, reverse=True)


def _read(file: Path) -> Kind | None:
    try:
        return Kind(**json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def keep(kind: Kind) -> None:
    _folder().mkdir(exist_ok=True, mode=0o700)
    fresh = _folder() / f"{kind.name}.{name_of_request()}.new"
    fresh.write_text(json.dumps(asdict(kind), ensure_ascii=False), encoding="utf-8")
    fresh.replace(_folder() / f"{kind.name}.json")


def forget_old() -> int:
    """Take away the kinds that nobody met for a month."""
    before = timezone.now() - KEPT
    old = [kind for kind in kinds() if kind.last_seen < before]
    for kind in old:
        (_folder() / f"{kind.name}.json").unlink(missing_ok=True)
    return len(old)
