"""Word, Excel and PowerPoint since 2007, and OpenDocument: XML in a zip archive."""

import re
from collections.abc import Mapping

from portal.extraction.archive import Archive
from portal.extraction.markup import Dialect, Prose, Xml
from portal.extraction.problems import DAMAGED, PASSWORD, Unreadable
from portal.extraction.text import Text

# "Fallback" repeats text boxes for older programs; the properties define tab stops, which are no tabs.
OFFICE = Dialect(
    holders=frozenset({"t"}),
    skipped=frozenset({"Fallback", "pPr", "rPr", "sectPr", "tblPr"}),
    after={"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-", "tc": "\t", "tr": "\n"},
    cell="tc",
)
# Deleted text and reviewers' comments are in the document, but nobody means to publish them.
OPENDOCUMENT = Dialect(
    holders=frozenset({"p", "h"}),
    skipped=frozenset({"tracked-changes", "annotation", "ruby-text"}),
    after={"p": "\n", "h": "\n", "line-break": "\n", "tab": "\t", "s": " ", "table-cell": "\t", "table-row": "\n"},
    cell="table-cell",
)
OPENDOCUMENT_MARGINS = Dialect(
    holders=OPENDOCUMENT.holders,
    skipped=OPENDOCUMENT.skipped,
    after=OPENDOCUMENT.after,
    cell=OPENDOCUMENT.cell,
    parts=frozenset({"header", "header-left", "header-first", "footer", "footer-left", "footer-first"}),
)
DOCX_PARTS = (r"word/header\d*\.xml", r"word/document\d*\.xml", r"word/(?:foot|end)notes\.xml", r"word/footer\d*\.xml")
PPTX_PARTS = (r"ppt/slides/slide\d+\.xml", r"ppt/diagrams/data\d+\.xml", r"ppt/notesSlides/notesSlide\d+\.xml")


def read_docx(data: bytes) -> list[str]:
    return [_prose(Archive(data), DOCX_PARTS)]


def read_pptx(data: bytes) -> list[str]:
    return [_prose(Archive(data), PPTX_PARTS)]


def _prose(archive: Archive, patterns: tuple[str, ...]) -> str:
    text = Text()
    for pattern in patterns:
        for name in _parts(archive, pattern):
            Prose(OFFICE, text).feed(archive.stream(name))
            text.write("\n")
    return str(text)


def _parts(archive: Archive, pattern: str) -> list[str]:
    """The names that match, slide 2 before slide 10."""
    names = {name for name in archive.names if re.fullmatch(pattern, name)}
    return sorted(names, key=lambda name: (len(name), name))


def read_opendocument(data: bytes) -> list[str]:
    archive = Archive(data)
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read(
        "META-INF/manifest.xml", 1_000_000
    ):
        raise Unreadable(PASSWORD)
    text = Text()
    Prose(OPENDOCUMENT, text).feed(archive.stream("content.xml"))
    if "styles.xml" in archive.names:
        Prose(OPENDOCUMENT_MARGINS, text).feed(archive.stream("styles.xml"))
    return [str(text)]


def read_xlsx(data: bytes) -> list[str]:
    archive = Archive(data)
    text = Text()
    for name in _parts(archive, r"xl/workbook\d*\.xml"):
        _SheetNames(text).feed(archive.stream(name))
    strings = _SharedStrings()
    for name in _parts(archive, r"xl/sharedStrings\d*\.xml"):
        strings.feed(archive.stream(name))
    for name in _parts(archive, r"xl/worksheets/sheet\d+\.xml"):
        _Cells(strings.found, text).feed(archive.stream(name))
        text.write("\n")
    return [str(text)]


class _SheetNames(Xml):
    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self._text.write(attributes.get("name", "") + "\n")


class _SharedStrings(Xml):
    """The strings that cells refer to by number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._string: Text | None = None
        self._reads = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            self._string = Text()
        self._reads = name == "t"

    def end(self, name: str) -> None:
        self._reads = False
        if name == "si":
            self.found.append(str(self._string))

    def characters(self, text: str) -> None:
        if self._reads and self._string is not None:
            self._string.write(text)


class _Cells(Xml):
    """The values of one sheet, a row a line. Formulas, logical values and errors are left out."""

    def __init__(self, strings: list[str], text: Text) -> None:
        super().__init__()
        self._strings = strings
        self._text = text
        self._type = ""
        self._value = ""
        self._reads = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._type, self._value = attributes.get("t", "n"), ""
        self._reads = name in ("v", "t")

    def end(self, name: str) -> None:
        self._reads = False
        if name == "c" and self._value and self._type not in ("b", "e"):
            self._text.write(self._shown() + "\t")
        elif name == "row":
            self._text.write("\n")

    def characters(self, text: str) -> None:
        if self._reads:
            self._value += text

    def _shown(self) -> str:
        if self._type != "s":
            return self._value
        number = int(self._value)
        if not 0 <= number < len(self._strings):
            raise Unreadable(DAMAGED)
        return self._strings[number]
