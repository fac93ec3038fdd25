"""What a file holds beside its text: comments, words taken out, notes on a page, properties.

Nobody means to publish it and no search finds it, but whoever opens the file does: it may be data of somebody.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from .archive import Archive
from .markup import Dialect, Prose, Xml
from .office import DOCUMENT, OPENDOCUMENT
from .packages import Package
from .problems import Unreadable, faults_named
from .text import Text, clean

LONGEST = 400_000  # characters, beside a text of the greatest length
COMMENTS = (r"comments?\+xml", r"(?:word|xl|ppt)/(?:threaded)?comments[^/]*(?:/[^/]+)?\.xml")
PROPERTIES = (r"(?:core|extended|custom)-properties\+xml", r"docprops/[^/]+\.xml")
SHEET_NAMES = (r"(?:sheet|template|macroenabled\w*)\.main", r"xl/workbook\d*\.xml")
TAKEN_OUT = Dialect(frozenset({"delText"}), skipped=frozenset(), after={"p": "\n"}, cell="tc")
ASIDE = Dialect(
    OPENDOCUMENT.holders, skipped=frozenset(), after=OPENDOCUMENT.after, cell=OPENDOCUMENT.cell,
    parts=frozenset({"tracked-changes", "annotation"}),
)  # fmt: skip


def found(kind: str, data: bytes) -> str:
    """As much of it as can be read: of a damaged file, what stands before the damage."""
    pieces: list[str] = []
    with suppress(Unreadable), faults_named():
        for piece in READERS[kind](data) if kind in READERS else ():
            pieces.append(clean(piece))
    return "\n".join(filter(None, pieces))[:LONGEST]


def _in_office(data: bytes) -> Iterator[str]:
    package = Package(Archive(data))
    for name in package.parts(*COMMENTS):
        yield _words(package.archive, name, {"p", "author", "comment", "text", "threadedcomment"})
    for name in package.parts(*PROPERTIES):
        yield _words(package.archive, name)
    for name in package.parts(*DOCUMENT):
        yield _prose(package.archive, name, TAKEN_OUT, b"delText")
    for name in package.parts(*SHEET_NAMES):
        names = _SheetNames()
        names.feed(package.archive.stream(name))
        yield str(names.text)


def _in_opendocument(data: bytes) -> Iterator[str]:
    archive = Archive(data)
    yield _prose(archive, "content.xml", ASIDE, b"annotation", b"tracked-changes")
    if "meta.xml" in archive.names:
        yield _words(archive, "meta.xml")


def _in_pdf(data: bytes) -> Iterator[str]:
    from .pdf import beside  # PDFium takes as long to load as the rest

    yield from beside(data)


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    **dict.fromkeys(("docx", "xlsx", "pptx"), _in_office),
    **dict.fromkeys(("odt", "ods", "odp"), _in_opendocument),
    "pdf": _in_pdf,
}


def _prose(archive: Archive, name: str, dialect: Dialect, *marks: bytes) -> str:
    """What the dialect reads in a part, which is read anew only where it has one of the marks."""
    content = b"".join(archive.stream(name))
    text = Text()
    if any(mark in content for mark in marks):
        Prose(dialect, text).feed([content])
    return str(text)


def _words(archive: Archive, name: str, ends: set[str] | None = None) -> str:
    words = _AllWords(ends)
    words.feed(archive.stream(name))
    return str(words.text)


class _AllWords(Xml):
    """All the characters of a part; a line ends with the named elements, or with each."""

    def __init__(self, ends: set[str] | None) -> None:
        super().__init__()
        self.text, self._ends = Text(), ends

    def end(self, name: str) -> None:
        if self._ends is None or name.lower() in self._ends:
            self.text.write("\n")

    def characters(self, text: str) -> None:
        self.text.write(text)


class _SheetNames(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.text = Text()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self.text.write(attributes.get("name", "") + "\n")
