"""Which format a file has, by content first and name second, and who reads it."""

import base64
import binascii
import re
from collections.abc import Iterable
from pkgutil import resolve_name

from .archive import Archive
from .limits import MAX_NESTING
from .packages import Package
from .problems import DAMAGED, NO_TEXT, PASSWORD, TOO_DEEP, UNKNOWN, Unreadable, faults_named
from .results import Enclosed, Signature
from .text import Text, Warned, clean, within_limit

# Imported only when needed: a process reads one file, and must start fast.
READERS = {
    "pdf": "portal.files.extraction.pdf.read",
    "xlsx": "portal.files.extraction.sheets.read_xlsx",
    "pptx": "portal.files.extraction.office.read_pptx",
    "odt": "portal.files.extraction.office.read_opendocument",
    "ods": "portal.files.extraction.office.read_opendocument",
    "odp": "portal.files.extraction.office.read_opendocument",
    "rtf": "portal.files.extraction.rtf.read_rtf",
    "txt": "portal.files.extraction.plain.read_txt",
    "html": "portal.files.extraction.markup.read_html",
    "xml": "portal.files.extraction.markup.read_xml",
}
# These hold other files, which they hand over as they find them.
OPENERS = {"eml": "portal.files.extraction.mail.opened", "docx": "portal.files.extraction.office.docx_opened"}
ENVELOPE_OPENER = "portal.files.extraction.signed.open_envelope"
MAIN_PARTS = (
    (re.compile(r"word/document\d*\.xml"), "docx"),
    (re.compile(r"xl/workbook\d*\.xml"), "xlsx"),
    (re.compile(r"ppt/presentation\d*\.xml"), "pptx"),
)
OPENDOCUMENT = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
}
SAME_AS = {
    "htm": "html",
    "mht": "eml",
    "mhtml": "eml",
    "xhtml": "html",
    "docm": "docx",
    "xlsm": "xlsx",
    "pptm": "pptx",
    "p7s": "p7m",
}
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
PEM = re.compile(rb"-----BEGIN (?:PKCS ?#?7[ A-Z]*|CMS)-----")
HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
HEADER = re.compile(rb"([!-9;-~]+):|[ \t]")
MAIL_HEADERS = {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"mime-version", b"return-path"}


def read(kind: str, data: bytes, level: int = 0) -> list[str]:
    """The pages of a file of this format, cleaned; Unreadable if it cannot be done."""
    if level > MAX_NESTING:
        raise Unreadable(TOO_DEEP)
    with faults_named():
        found = _raw_pages(kind, data, level)
        pages = within_limit(clean(page) for page in found)
    if not any(pages):
        raise Unreadable(NO_TEXT)
    return Warned(pages, found.warning) if isinstance(found, Warned) else pages


def unwrap(data: bytes, filename: str) -> tuple[bytes, str, list[Signature]]:
    """The file inside one or more signed envelopes, its name, and all the signatures, outermost first."""
    open_envelope = resolve_name(ENVELOPE_OPENER)
    signatures: list[Signature] = []
    for _ in range(MAX_NESTING):
        data, found = open_envelope(data)
        filename = re.sub(r"\.p7[ms]$", "", filename, flags=re.IGNORECASE)
        signatures += found
        if not _is_envelope(data):
            return data, filename, signatures
    raise Unreadable(TOO_DEEP)


def detect(data: bytes, filename: str) -> str:
    """The format, "" if unknown."""
    return _by_content(data) or _by_name(data, filename)


def _raw_pages(kind: str, data: bytes, level: int) -> list[str]:
    if kind == "p7m":
        data, filename, _ = unwrap(data, "")
        return read(detect(data, filename), data, level + 1)
    if kind in OPENERS:
        return [_as_one_page(resolve_name(OPENERS[kind])(data), level)]
    if kind not in READERS:
        raise Unreadable(UNKNOWN)
    pages: list[str] = resolve_name(READERS[kind])(data)
    return pages


def _as_one_page(pieces: Iterable[str | Enclosed], level: int) -> str:
    text = Text()
    for piece in pieces:
        text.write((piece if isinstance(piece, str) else _enclosed_text(piece, level)) + "\n")
    return str(text)


def _enclosed_text(file: Enclosed, level: int) -> str:
    try:
        with faults_named():
            kind = detect(file.data, file.name)
        return "\n".join(read(kind, file.data, level + 1))
    except Unreadable:
        if file.is_attached:
            return ""
        raise


def _by_content(data: bytes) -> str:
    # Envelopes and archives first: what they contain may show through at their beginning.
    if _is_envelope(data):
        return "p7m"
    if data.startswith(b"PK\x03\x04"):
        return _by_parts(Archive(data))
    if data.startswith(COMPOUND):
        return _by_streams(data)
    head = data[:1024]
    if b"%PDF-" in head:
        return "pdf"
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith(b"{\\rtf"):
        return "rtf"
    if _is_html(beginning):
        return "html"
    if beginning.startswith(b"<?xml"):
        return "xml"
    return "eml" if _has_mail_headers(data[:65536]) else ""


def _is_html(beginning: bytes) -> bool:
    """Whether a page begins here, after a declaration and comments; step by step, as a pattern would take for ever."""
    if beginning[:5].lower() == b"<?xml":
        beginning = beginning.partition(b">")[2].lstrip()
    while beginning.startswith(b"<!--"):
        beginning = beginning.partition(b"-->")[2].lstrip()
    return bool(HTML.match(beginning))


def _is_envelope(data: bytes) -> bool:
    """CMS signed data, as it is, in PEM or in bare base64."""
    if data[:1] == b"\x30":
        return SIGNED_DATA in data[:24]
    beginning = data[:256].lstrip()
    return bool(PEM.match(beginning)) or (beginning[:2] == b"MI" and SIGNED_DATA in _decoded(beginning[:48]))


def _decoded(text: bytes) -> bytes:
    text = b"".join(text.split())
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True)
    except binascii.Error:
        return b""


def _by_parts(archive: Archive) -> str:
    if "mimetype" in archive.names:
        return OPENDOCUMENT.get(archive.read("mimetype", 200).decode("ascii", "replace").strip(), "zip")
    listed = Package(archive).kind()
    return listed or next((kind for part, kind in MAIN_PARTS if any(map(part.fullmatch, archive.names))), "zip")


def _by_streams(data: bytes) -> str:
    """Office before 2007, or a later one with a password: that is kept in the old container."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable(PASSWORD)
    return "ole"


def _has_mail_headers(head: bytes) -> bool:
    names = set()
    for line in head.lstrip().splitlines():
        if not line:
            break
        header = HEADER.match(line)
        if not header:
            return False
        names.add((header[1] or b"").lower())
    # A signed mail contains a part with its content type alone.
    return len(names & MAIL_HEADERS) >= 2 or b"content-type" in names


def _by_name(data: bytes, filename: str) -> str:
    extension = filename.lower().rpartition(".")[2] if "." in filename else ""
    kind = SAME_AS.get(extension, extension)
    if kind in ("html", "eml") or (kind == "txt" and not _is_binary(data)):
        return kind
    if kind in READERS or kind in ("docx", "p7m"):
        # The name promises a format whose mark is missing: say "damaged" rather than "not read".
        raise Unreadable(DAMAGED)
    return "" if _is_binary(data) else "txt"


def _is_binary(data: bytes) -> bool:
    """Has characters that no text has. UTF-16 has zeros, but begins with a mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    return any(byte < 9 or 13 < byte < 26 for byte in set(data[:65536]))
