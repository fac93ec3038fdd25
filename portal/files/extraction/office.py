"""Word and PowerPoint since 2007, and OpenDocument: XML in a zip archive."""

from collections.abc import Iterator, Mapping

from .archive import Archive
from .limits import MAX_FILE
from .markup import Dialect, Prose
from .packages import Package
from .problems import PASSWORD, Unreadable
from .results import Enclosed
from .text import Text

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
# What a content type holds, and the usual name, of each kind of part.
HEADERS = (r"wordprocessingml\.header", r"word/header\d*\.xml")
DOCUMENT = (r"(?:document|template|macroenabled\w*)\.main", r"word/document\d*\.xml")
NOTES = (r"wordprocessingml\.(?:foot|end)notes", r"word/(?:foot|end)notes\.xml")
FOOTERS = (r"wordprocessingml\.footer", r"word/footer\d*\.xml")
SLIDES = (r"presentationml\.slide\+", r"ppt/slides/slide\d+\.xml")
DIAGRAMS = (r"drawingml\.diagramdata", r"ppt/diagrams/data\d+\.xml")
SPEAKERS_NOTES = (r"presentationml\.notesslide\+", r"ppt/notesslides/notesslide\d+\.xml")


def docx_opened(data: bytes) -> Iterator[str | Enclosed]:
    """Words in the order of the paper; then the chunks of other formats that programs put in whole."""
    package = Package(Archive(data))
    for kind in (HEADERS, DOCUMENT, NOTES, FOOTERS):
        for name in package.parts(*kind):
            text = Text()
            prose = _Prose(OFFICE, text)
            prose.feed(package.archive.stream(name))
            yield str(text)
            for chunk in _chunks(package, name, prose.chunks):
                yield Enclosed(chunk, package.archive.read(chunk, MAX_FILE), is_attached=False)


class _Prose(Prose):
    """Notes which chunks a part takes in: their text lies in parts of their own, often as HTML."""

    def __init__(self, dialect: Dialect, text: Text) -> None:
        super().__init__(dialect, text)
        self.chunks: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        if name == "altChunk":
            self.chunks += [value for key, value in attributes.items() if key.rpartition(" ")[2] == "id"]


def _chunks(package: Package, part: str, names: list[str]) -> list[str]:
    if not names:
        return []
    related = package.related(part)
    return [related[name] for name in names if related.get(name) in package.archive.names]


def read_pptx(data: bytes) -> list[str]:
    package = Package(Archive(data))
    text = Text()
    for kind in (SLIDES, DIAGRAMS, SPEAKERS_NOTES):
        for name in package.parts(*kind):
            Prose(OFFICE, text).feed(package.archive.stream(name))
            text.write("\n")
    return [str(text)]


def read_opendocument(data: bytes) -> list[str]:
    archive = Archive(data)
    manifest = "meta-inf/manifest.xml"
    if manifest in archive.names and b"encryption-data" in archive.read(manifest, 1_000_000):
        raise Unreadable(PASSWORD)
    text = Text()
    Prose(OPENDOCUMENT, text).feed(archive.stream("content.xml"))
    if "styles.xml" in archive.names:
        Prose(OPENDOCUMENT_MARGINS, text).feed(archive.stream("styles.xml"))
    return [str(text)]
