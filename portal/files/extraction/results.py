"""What a reading gives back, and what it hands over on the way."""

from dataclasses import dataclass, field

TEXT, WORD, CONTENT = "testo", "word", "contenuto"  # what the reading process is asked for


@dataclass(frozen=True)
class Signature:
    """One signature found around a file.

    `is_intact` says only that the content is the one that the key in the certificate signed. `signer` is the name
    the certificate states: whether it was issued by a qualified provider, and so whether the name is true, is
    another question, which needs the European trusted lists.
    """

    signer: str
    is_intact: bool
    kind: str = "CAdES"
    at: str = field(default="", compare=False)  # as the machine of the signer states it, in ISO 8601


@dataclass(frozen=True)
class Enclosed:
    """A file inside another. One only attached is left out where it cannot be read; a part of the text is not."""

    name: str
    data: bytes
    is_attached: bool = True


@dataclass(frozen=True)
class Extraction:
    """The text of a file, or one Italian sentence saying why there is none.

    `pages` has one text for each page of a PDF (page 7 is `pages[6]`) and a single one for any other format;
    it is empty when there is a problem. `warning` is a sentence on what could not be read beside the text.
    `beside` is what no search finds and whoever opens the file does: comments, words taken out, the beginning of a
    text that is too long.
    `kind` is the format found ("" if unknown), of the content when signed.
    """

    text: str = ""
    pages: list[str] = field(default_factory=list)
    problem: str = ""
    signatures: list[Signature] = field(default_factory=list)
    kind: str = ""
    warning: str = ""
    beside: str = ""


ENDINGS = ("png", "jpg", "gif", "webp")  # of the pictures that a browser shows


@dataclass(frozen=True)
class Picture:
    """A picture of a document, with the ending of its format."""

    data: bytes
    ending: str


@dataclass(frozen=True)
class WordDocument:
    """A Word document as HTML, in which a picture is «word:» and its place in `pictures`; or why there is none.

    `left` counts what has no place in a page, `notes` are the words of its notes, `margins` those above and below
    its sheets.
    """

    html: str = ""
    title: str = ""
    pictures: list[Picture] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    margins: list[str] = field(default_factory=list)
    problem: str = ""
