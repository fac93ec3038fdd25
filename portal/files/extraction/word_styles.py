"""What a Word document says of its paragraphs' styles and of its lists' numbers."""

import re
from collections.abc import Mapping

from .markup import Xml

NUMBERED = re.compile(r"(?:heading|titolo|titre|überschrift|encabezado)\s*([1-9])", re.IGNORECASE)
TITLES = {"title", "titolo", "titolo principale", "titolo documento"}
CONTENTS = re.compile(r"(?:toc|sommario|contents|indice)\b.*", re.IGNORECASE)
CAPTIONS = {"caption", "didascalia", "illustration", "table", "tabella", "illustrazione", "figure", "figura"}
LONGEST_CHAIN = 10
TITLE, PLAIN, INDEX, CAPTION = 0, -1, -2, -3  # beside the levels of headings
USUAL = re.compile(r"\(?%\d[.)°]?\)?-?\s*")


class Styles(Xml):
    """Paragraph styles by their id: what each is called, on which it is based, how deep it stands in the outline."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}
        self._bases: dict[str, str] = {}
        self._outline: dict[str, int] = {}
        self._bold: set[str] = set()
        self._now = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        value = said.get("val", "")
        if name == "style":
            self._now = said.get("styleId", "") if said.get("type", "paragraph") == "paragraph" else ""
        elif not self._now:
            return
        elif name == "name":
            self._names[self._now] = value.strip()
        elif name == "basedOn":
            self._bases[self._now] = value
        elif name == "outlineLvl" and value.isdecimal() and int(value) < 9:
            self._outline[self._now] = int(value) + 1
        elif name == "b" and value not in {"0", "false"}:
            self._bold.add(self._now)

    def end(self, name: str) -> None:
        if name == "style":
            self._now = ""

    def level(self, style: str | None) -> int:
        """1 to 9 for a heading, 0 for the document's title; else what kind of paragraph it is."""
        for each in self._chain(style):
            name = self._names.get(each, each).casefold()
            if found := NUMBERED.fullmatch(name):
                return int(found[1])
            if name in TITLES:
                return TITLE
            if CONTENTS.fullmatch(name):
                return INDEX
            if name in CAPTIONS:
                return CAPTION
            if each in self._outline:
                return self._outline[each]
        return PLAIN

    def is_bold(self, style: str | None) -> bool:
        return any(each in self._bold for each in self._chain(style))

    def _chain(self, style: str | None) -> list[str]:
        found: list[str] = []
        while style and style not in found and len(found) < LONGEST_CHAIN:
            found.append(style)
            style = self._bases.get(style)
        return found


class Numbering(Xml):
    """Lists by their number: whether the first level counts, and how it writes the count."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[tuple[str, str], str] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._of_list: dict[str, str] = {}
        self._abstract = self._list = self._level = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        value, here = said.get("val", ""), (self._abstract, self._level)
        if name == "abstractNum":
            self._abstract = said.get("abstractNumId", "")
        elif name == "lvl":
            self._level = said.get("ilvl", "")
        elif name == "numFmt":
            self._formats[here] = value
        elif name == "lvlText":
            self._texts[here] = value
        elif name == "num":
            self._list = said.get("numId", "")
        elif name == "abstractNumId":
            self._of_list[self._list] = value

    def is_counted(self, number: str) -> bool:
        return self._formats.get((self._of_list.get(number, ""), "0"), "bullet") not in {"bullet", "none"}

    def is_unusual(self, number: str) -> bool:
        """«Art. 1», «1.1»: what a list of a page cannot write."""
        texts = [text for (abstract, _level), text in self._texts.items() if abstract == self._of_list.get(number)]
        return any("%" in text and not USUAL.fullmatch(text) for text in texts[:2])
