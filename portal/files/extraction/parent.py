"""The side that trusts nothing: starts the reading process, watches it, and believes only what it can check."""

import base64
import json
import logging
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from functools import cache
from typing import IO, Any

from . import limits, problems
from .results import CONTENT, ENDINGS, TEXT, WORD, Extraction, Picture, Signature, WordDocument
from .turns import turn

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child.py")
EXTENSIONS = re.compile(r"(?:\.[a-z0-9]{1,5}){1,4}$")

logger = logging.getLogger(__name__)


def extract(data: bytes, filename: str, *, within: float | None = None) -> Extraction:
    """Read a file, for so many seconds with its turn. Never raises because of what is in it: look at `problem`."""
    if not data:
        return Extraction(problem=problems.EMPTY)
    if len(data) > limits.MAX_FILE:
        return Extraction(problem=problems.TOO_BIG)
    try:
        return _understood(_answer_of_child(data, filename, TEXT, within))
    except problems.Unreadable as error:
        return Extraction(problem=error.reason)


def open_word(data: bytes, filename: str) -> WordDocument:
    """Read a Word document that is to become a page. Never raises because of what is in it: look at `problem`."""
    if not data:
        return WordDocument(problem=problems.EMPTY)
    try:
        return _word_understood(_answer_of_child(data, filename, WORD))
    except problems.Unreadable as error:
        return WordDocument(problem=error.reason)


def content_of(data: bytes, filename: str) -> bytes:
    """The file inside a signed envelope; Unreadable where there is none, or it is too long to hand over."""
    answer = _answer_of_child(data, filename, CONTENT)
    if answer[:1] != b"1":
        raise problems.Unreadable(answer[1:].decode(errors="replace") or problems.CRASHED)
    return answer[1:]


def _answer_of_child(data: bytes, filename: str, task: str, within: float | None = None) -> bytes:
    """What the reading process printed; Unreadable if it ran too long, printed too much or died."""
    until = time.monotonic() + within if within else None
    # A file on standard input, not a pipe: nobody has to keep feeding it while the answer is read.
    with turn(until), tempfile.TemporaryFile() as source:
        source.write(data)
        source.seek(0)
        process = _start(source, filename, task)
        try:
            return _watched(process, until or time.monotonic() + limits.WALL_SECONDS)
        finally:
            _end(process)


def _start(source: IO[bytes], filename: str, task: str) -> subprocess.Popen[bytes]:
    # Only the extensions are passed on: names of persons in a file name would show in the list of processes.
    found = EXTENSIONS.search(filename.lower())
    return subprocess.Popen(
        [sys.executable, "-I", CHILD, found[0] if found else "", task],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        # No secrets of the portal in there; the library path is for interpreters that are not in the usual place.
        env={name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"},
        start_new_session=True,
    )


def _watched(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    answer = _read_until(process, deadline)
    try:
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise problems.Unreadable(problems.SLOW) from None
    if status == -signal.SIGXCPU:
        raise problems.Unreadable(problems.SLOW)
    if status:
        logger.warning("The process reading a file ended with status %s.", status)
        raise problems.Unreadable(problems.CRASHED)
    return answer


def _read_until(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 (for the type checker)
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return bytes(answer)
            answer += chunk
            if len(answer) > limits.MAX_OUTPUT:
                raise problems.Unreadable(problems.TOO_LONG)
    raise problems.Unreadable(problems.SLOW)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: neither a running group nor a zombie nor an open pipe."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@cache
def _say_what_is_lacking(names: str) -> None:
    """Once for each process: on this machine a fault in a parser could reach more than its file."""
    logger.warning("The process reading files is limited but not confined: this kernel lacks %s.", names)


def _understood(answer: bytes) -> Extraction:
    try:
        found = _said(answer)
        pages = [str(page) for page in found["pages"]]
        return Extraction(
            text="\n\n".join(pages).strip(),
            pages=pages,
            problem=str(found["problem"]),
            signatures=[
                Signature(str(signer), intact is True, at=datetime.fromisoformat(at).isoformat() if at else "")
                for signer, intact, at in found["signatures"]
            ],
            kind=str(found["kind"]),
            warning=str(found.get("warning", "")),
            beside=str(found.get("beside", "")),
        )
    except (ValueError, TypeError, LookupError, RecursionError):
        logger.warning("The process reading a file gave an answer that makes no sense.")
        raise problems.Unreadable(problems.CRASHED) from None


def _word_understood(answer: bytes) -> WordDocument:
    try:
        found = _said(answer)
        if found["problem"]:
            return WordDocument(problem=str(found["problem"]))
        return WordDocument(
            html=str(found["html"]),
            title=str(found["title"]),
            pictures=[
                Picture(base64.b64decode(each["data"], validate=True), ENDINGS[ENDINGS.index(each["ending"])])
                for each in found["pictures"]
            ],
            left={str(name): int(count) for name, count in found["left"].items()},
            notes=[str(note) for note in found["notes"]],
            margins=[str(margin) for margin in found["margins"]],
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        logger.warning("The process reading a document gave an answer that makes no sense.")
        raise problems.Unreadable(problems.CRASHED) from None


def _said(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer)
    if found.get("lacking"):
        _say_what_is_lacking(str(found["lacking"]))
    return found
