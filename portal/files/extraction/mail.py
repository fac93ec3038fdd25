"""Mail messages: subject, body, and the attachments."""

from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

from .limits import MAX_MIME_DEPTH
from .markup import html_text
from .plain import decode
from .problems import TOO_DEEP, Unreadable
from .results import Enclosed


def opened(data: bytes) -> Iterator[str | Enclosed]:
    """The message, piece by piece."""
    # The old policy, which is also the default, because the new one fails on malformed headers.
    yield from _pieces(BytesParser().parsebytes(data), 0)


def _pieces(part: Message, depth: int) -> Iterator[str | Enclosed]:
    if depth > MAX_MIME_DEPTH:
        raise Unreadable(TOO_DEEP)
    if part["subject"]:
        yield _header(str(part["subject"]))
    content = part.get_payload()
    if not isinstance(content, list):
        yield from _leaf(part)
        return
    parts = [inner for inner in content if isinstance(inner, Message)]
    if parts and part.get_content_type() == "multipart/alternative":
        parts = [_simplest(parts)]
    for inner in parts:
        yield from _pieces(inner, depth + 1)


def _simplest(versions: list[Message]) -> Message:
    """Of several versions of one text, the plain one; else the last, which is the richest."""
    plain = (version for version in versions if version.get_content_type() == "text/plain" and _bytes(version).strip())
    return next(plain, versions[-1])


def _leaf(part: Message) -> Iterator[str | Enclosed]:
    name = _name(part)
    if part.get_content_maintype() == "text" and not name:
        source = decode(_bytes(part), part.get_content_charset() or "")
        yield html_text(source) if part.get_content_subtype() == "html" else source
    else:
        yield name
        yield Enclosed(name, _bytes(part))


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: Message) -> str:
    return _header(part.get_filename() or "")


def _header(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value
