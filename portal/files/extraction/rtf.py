"""RTF: the text, with headers, footers, notes and boxes; braces that close too much end nothing."""

import codecs
import re
from dataclasses import dataclass, replace

from striprtf.striprtf import charset_map, destinations

from .text import Text

# Pictures and objects in hexadecimal: a minute would go by, token after token.
HEXADECIMAL = re.compile(rb"[0-9a-fA-F\r\n]{256,}")
TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)"
)
# Text of the page, though it does not stand in the flow of its words.
SHOWN = frozenset(
    {"footer", "footerf", "footerl", "footerr", "footnote", "header", "headerf", "headerl", "headerr"}
    | {"object", "result", "shp", "shpgrp", "shpinst", "shptxt", "nonesttables", "pntext"}
)
HIDDEN = destinations - SHOWN
LINE_ENDS = frozenset({"par", "line", "sect", "page", "row", "nestrow", "column"})
SIGNS = {
    "tab": "\t", "cell": "\t", "nestcell": "\t", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
ESCAPED = {"~": " ", "_": "-", "-": "", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n", "\t": "\t"}


@dataclass(frozen=True)
class Group:
    """What holds inside a pair of braces."""

    is_hidden: bool = False
    is_deleted: bool = False
    in_fonts: bool = False
    is_apart: bool = False  # a header, a note: what follows it begins another line
    is_optional: bool = False  # «\\*»: the next word may be left out by whoever does not know it
    font: int = 0
    alternatives: int = 1  # how many characters stand for one that old programs cannot show


class _Rtf:
    def __init__(self) -> None:
        self.text = Text()
        self.group = Group()
        self._stack: list[Group] = []
        self._encoding = "cp1252"
        self._fonts: dict[int, str] = {}
        self._octets = bytearray()
        self._skipped = 0

    def feed(self, source: str) -> None:
        position = 0
        while match := TOKEN.search(source, position):
            position = match.end()
            if match["hex"]:
                self._octet(int(match["hex"], 16))
                continue
            self._decode()
            if match["brace"]:
                self._brace(match["brace"])
            elif match["word"]:
                number = int(match["number"]) if match["number"] else None
                if match["word"] == "bin" and number and number > 0:
                    position += number
                self._word(match["word"], number)
            elif match["sign"]:
                self._sign(match["sign"])
            else:
                self._write(match["text"])
        self._decode()

    def _brace(self, brace: str) -> None:
        self._skipped = 0
        if brace == "{":
            self._stack.append(self.group)
        elif self._stack:
            if self.group.is_apart:
                self._write("\n")
            self.group = self._stack.pop()

    def _word(self, word: str, number: int | None) -> None:
        self._skipped = 0
        if self.group.is_optional:
            self._change(is_optional=False, is_hidden=self.group.is_hidden or word not in SHOWN)
        if word == "fonttbl":
            self._change(in_fonts=True)
        if word in HIDDEN:
            self._change(is_hidden=True)
        elif word in SHOWN:
            self._write("\n")
            self._change(is_apart=True)
        elif word in LINE_ENDS:
            self._write("\n")
        elif word in SIGNS:
            self._write(SIGNS[word])
        elif word == "u" and number is not None:
            self._write(chr(number % 0x10000))
            self._skipped = self.group.alternatives
        elif word == "uc":
            self._change(alternatives=max(number or 0, 0))
        elif word == "f":
            self._change(font=number or 0)
        elif word == "ansicpg":
            self._encoding = _known(f"cp{number}")
        elif word == "fcharset" and self.group.in_fonts:
            self._fonts[self.group.font] = _known(charset_map.get(number or 0, "cp1252"))
        elif word in ("deleted", "plain"):
            self._change(is_deleted=word == "deleted" and number != 0)

    def _sign(self, sign: str) -> None:
        self._skipped = 0
        if sign == "*":
            self._change(is_optional=True)
        else:
            self._write(ESCAPED.get(sign, ""))

    def _octet(self, octet: int) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._octets.append(octet)

    def _decode(self) -> None:
        """Octets that stand side by side are decoded together: an Asian sign has two."""
        if self._octets:
            encoding = self._fonts.get(self.group.font, self._encoding)
            self._write(self._octets.decode(encoding if encoding != "cp1252" else self._encoding, "replace"))
            self._octets.clear()

    def _write(self, piece: str) -> None:
        kept = piece[self._skipped :]
        self._skipped = max(self._skipped - len(piece), 0)
        if kept and not (self.group.is_hidden or self.group.is_deleted):
            self.text.write(kept)

    def _change(self, **values: bool | int) -> None:
        self.group = replace(self.group, **values)  # type: ignore[arg-type]


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "cp1252"


def read_rtf(data: bytes) -> list[str]:
    document = _Rtf()
    document.feed(HEXADECIMAL.sub(b"", data).decode("cp1252", "replace"))
    return [str(document.text)]
