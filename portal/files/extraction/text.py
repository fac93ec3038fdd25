"""Gathering text within the limit, and making it fit to be indexed and shown."""

import re
import unicodedata
from collections.abc import Iterable

from .limits import MAX_CHARACTERS
from .problems import TOO_LONG, Unreadable

# PDFium marks a hyphenated line end with U+0002 or U+FFFE; typesetters leave soft hyphens.
# Unless they go, "coordina-mento" is never found.
HYPHENATION = re.compile("[\x02\ufffe\u00ad](?:\r?\n)?")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\uffff]")  # PostgreSQL refuses NUL
SPACES = re.compile(r"[^\S\n]+")
LINE_ENDS = re.compile(r" ?\n ?")
BLANK_LINES = re.compile(r"\n{3,}")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


class Text:
    """Pieces of text; refuses to grow over the limit."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def write(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > MAX_CHARACTERS:
            raise Unreadable(TOO_LONG, read=f"{self}{piece}"[:MAX_CHARACTERS])
        self._pieces.append(piece)

    def __str__(self) -> str:
        return "".join(self._pieces)


class Warned(list[str]):
    """Pages that were read, with a sentence on what of the file was not."""

    def __init__(self, pages: Iterable[str], warning: str) -> None:
        super().__init__(pages)
        self.warning = warning


def clean(text: str) -> str:
    """The same text without hyphenation marks, control characters, broken surrogates and idle white space."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = HYPHENATION.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = CONTROLS.sub(" ", text).translate(LIGATURES)
    text = LINE_ENDS.sub("\n", SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", BLANK_LINES.sub("\n\n", text)).strip()


def within_limit(pages: Iterable[str]) -> list[str]:
    """The pages, if all together they stay within the limit."""
    text = Text()
    kept = []
    for page in pages:
        text.write(page)
        kept.append(page)
    return kept
