"""XML, streamed and without entities; HTML."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.parsers import expat

from .limits import MAX_XML_DEPTH
from .plain import decode
from .problems import DOCTYPE, TOO_DEEP, Unreadable
from .text import Text

BLOCK = re.compile(
    "address|article|aside|blockquote|br|caption|d[dlt]|div|fig(?:caption|ure)|footer|form|h[1-6r]|header|legend|li"
    "|main|nav|ol|option|p|pre|section|table|title|tr|ul"
)
CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([a-z0-9_-]{1,30})", re.IGNORECASE)
SPACES = re.compile(r"\s+")


class Xml:
    """Streams XML; a subclass says what to do with elements, whose names come without namespace.

    Refuses any DOCTYPE, and with it entities, and elements nested too deep.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.characters

    def feed(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._parser.Parse(chunk, False)
        self._parser.Parse(b"", True)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""

    def end(self, name: str) -> None:
        """An element closes."""

    def characters(self, text: str) -> None:
        """Characters between two tags."""

    def _refuse(self, *declaration: object) -> None:
        raise Unreadable(DOCTYPE)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_XML_DEPTH:
            raise Unreadable(TOO_DEEP)
        self.start(name.rpartition(" ")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.end(name.rpartition(" ")[2])


@dataclass(frozen=True)
class Dialect:
    """How running text is written in one family of XML formats."""

    holders: frozenset[str]  # characters count only inside these
    skipped: frozenset[str]  # nothing inside these counts
    after: Mapping[str, str]  # what the end of an element puts in the text
    cell: str  # inside it a paragraph does not end the line
    parts: frozenset[str] = field(default_factory=frozenset)  # if any: only what is inside these


class Prose(Xml):
    """Writes the running text of one XML part."""

    def __init__(self, dialect: Dialect, text: Text) -> None:
        super().__init__()
        self._dialect = dialect
        self._text = text
        self._inside = dict.fromkeys(("holders", "skipped", "cell", "parts"), 0)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._count(name, 1)

    def end(self, name: str) -> None:
        self._count(name, -1)
        mark = self._dialect.after.get(name)
        if mark and self._counts():
            self._text.write(" " if mark == "\n" and self._inside["cell"] else mark)

    def characters(self, text: str) -> None:
        if self._inside["holders"] and self._counts():
            self._text.write(SPACES.sub(" ", text))

    def _counts(self) -> bool:
        return not self._inside["skipped"] and (not self._dialect.parts or self._inside["parts"] > 0)

    def _count(self, name: str, step: int) -> None:
        self._inside["holders"] += step * (name in self._dialect.holders)
        self._inside["skipped"] += step * (name in self._dialect.skipped)
        self._inside["cell"] += step * (name == self._dialect.cell)
        self._inside["parts"] += step * (name in self._dialect.parts)


class _AnyXml(Xml):
    """All the characters of a document of any vocabulary, one element a line."""

    def __init__(self) -> None:
        super().__init__()
        self.text = Text()

    def end(self, name: str) -> None:
        self.text.write("\n")

    def characters(self, text: str) -> None:
        self.text.write(text)


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = Text()
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        self._mark(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self._mark(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.write(SPACES.sub(" ", data))

    def _mark(self, tag: str) -> None:
        if BLOCK.fullmatch(tag):
            self.text.write("\n")
        elif tag in ("td", "th"):
            self.text.write(" ")


def html_text(source: str) -> str:
    """What a reader of the page would read."""
    page = _Html()
    page.feed(source)
    page.close()
    return str(page.text)


def read_html(data: bytes) -> list[str]:
    charset = CHARSET.search(data[:2048])
    return [html_text(decode(data, charset[1].decode("ascii") if charset else ""))]


def read_xml(data: bytes) -> list[str]:
    document = _AnyXml()
    document.feed([data])
    return [str(document.text)]
