"""A Word document as HTML and pictures, to become a page; with the count of what has no place in one.

mammoth reads it, from a copy that holds only parts looked at before: no DOCTYPE, no depth, no bomb, nothing outside.
"""

import base64
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from typing import Any

import mammoth
from mammoth import documents, transforms
from mammoth.raw_text import extract_raw_text_from_element

from .archive import Archive
from .formats import detect
from .headings import Headings
from .limits import MAX_WORD_XML
from .markup import Prose, Xml
from .office import DOCUMENT, FOOTERS, HEADERS, OFFICE
from .packages import Package
from .pictures import Pictures
from .problems import NO_TEXT, NOT_WORD, TOO_LONG, TRACKED, Unreadable, faults_named
from .text import Text, clean
from .word_styles import PLAIN, Numbering, Styles

NOT_NEEDED = re.compile(
    r"embeddings/|vbaproject|vbadata|customxml/|fonts?/|fonttable|docprops/|theme/|/header\d*\.xml|/footer\d*\.xml"
    r"|comments|people\.xml|glossary/|webextension|/charts?/|diagrams/|activex/|settings\.xml"
)
FIELD = re.compile(rb"<(/?)w:fldSimple\b")  # unknown to mammoth, which walks through a smart tag
PAGE_NUMBERS = re.compile(r"(?:pag(?:ina|\.)?|page)?[\s\d./di-]*", re.IGNORECASE)
NO_FIELD_OF_ITS_OWN = {"TOC", "HYPERLINK", "PAGEREF", "FORMCHECKBOX", "INDEX", "XE", "TC", "SEQ", "NOTEREF"}
TRACES = {"ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "numberingChange"}
FOREIGN = {"OLEObject", "chart", "relIds", "altChunk", "control"}


def opened(data: bytes, filename: str) -> dict[str, Any]:
    """The answer for the parent; with a problem, nothing else."""
    try:
        with faults_named():
            return {**_read(data, filename), "problem": ""}
    except Unreadable as error:
        return {"problem": error.reason}


def _read(data: bytes, filename: str) -> dict[str, Any]:
    kind = detect(data, filename)
    if kind != "docx":
        raise Unreadable(NOT_WORD.get(kind, NOT_WORD[""]))
    package = Package(Archive(data))
    styles = Styles()
    look = Look(styles, Numbering())
    for part in package.parts(r"wordprocessingml\.numbering", r"word/numbering\.xml"):
        look.numbering.feed(package.archive.stream(part))
    for part in package.parts(r"wordprocessingml\.styles\+", r"word/styles\.xml"):
        styles.feed(package.archive.stream(part))
    for part in package.parts(*DOCUMENT):
        look.feed(package.archive.stream(part))
    if look.tracked:
        raise Unreadable(TRACKED)
    found = _converted(_copy(package.archive), styles, look)
    look.left["macro"] = int(any("vbaproject" in name for name in package.archive.names))
    margins = [_prose(package, part) for kind in (HEADERS, FOOTERS) for part in package.parts(*kind)]
    return {
        **found,
        "left": {name: count for name, count in look.left.items() if count},
        "margins": sorted({each for each in margins if not PAGE_NUMBERS.fullmatch(each)}),
    }


def _copy(archive: Archive) -> io.BytesIO:
    """The parts that make the text, under the names they had, each looked at before another parser opens it."""
    made, size = io.BytesIO(), 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as copy:
        for name in archive.names:
            if NOT_NEEDED.search(name) or name.endswith("/"):
                continue
            content = b"".join(archive.stream(name))
            if name.endswith((".xml", ".rels")):
                size += len(content)
                if size > MAX_WORD_XML:
                    raise Unreadable(TOO_LONG)
                Xml().feed([content])
                content = FIELD.sub(rb"<\1w:smartTag", content)
            copy.writestr(archive.spelled(name), content)
    made.seek(0)
    return made


def _converted(copy: io.BytesIO, styles: Styles, look: "Look") -> dict[str, Any]:
    pictures, notes, headings = Pictures(look.left), list[str](), Headings(styles, look.left)

    def shaped(document: Any) -> Any:
        def note(reference: Any) -> Any:
            body = document.notes.resolve(reference).body
            notes.append(clean("\n".join(map(extract_raw_text_from_element, body))))
            return documents.Text("")

        document = transforms.element_of_type(documents.NoteReference, note)(document)
        document = transforms.element_of_type(documents.Checkbox, _box)(document)
        return headings.named(document)

    html = mammoth.convert_to_html(
        copy, transform_document=shaped, include_embedded_style_map=False, external_file_access=False,
        style_map=headings.style_map, convert_image=mammoth.images.img_element(pictures.take),
    ).value  # fmt: skip
    if not html.strip():
        raise Unreadable(NO_TEXT)
    sent = [{"data": base64.b64encode(data).decode(), "ending": ending} for data, ending in pictures.kept]
    return {"html": html, "pictures": sent, "notes": [each for each in notes if each], "title": headings.title}


def _box(checkbox: Any) -> Any:
    return documents.Text("☒ " if checkbox.checked else "☐ ")


def _prose(package: Package, part: str) -> str:
    text = Text()
    Prose(OFFICE, text).feed(package.archive.stream(part))
    return " ".join(clean(str(text)).split())[:300]


class Look(Xml):
    """Counts, before anything is converted, what a page cannot hold, and finds revisions nobody has accepted yet."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        super().__init__()
        self.styles = styles
        self.numbering = numbering
        self.left: Counter[str] = Counter()
        self.tracked = False
        self._inside: Counter[str] = Counter()
        self._tabs, self._is_heading = 0, False
        self._list = self._last_list = ""
        self._lists: set[str] = set()
        self._instruction = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._inside[name] += 1
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if self._inside["Fallback"]:  # repeats for older programs what stands before it
            return
        self.tracked = self.tracked or name in TRACES
        if name in {"p", "tbl"}:
            self._tabs, self._list, self._is_heading = 0, "", False
        elif name == "pStyle":
            self._is_heading = self.styles.level(said.get("val")) != PLAIN
        elif name == "numId" and self._inside["pPr"] and not self._is_heading:
            self._list = said.get("val", "")
        elif name == "tab" and self._inside["r"]:
            self._tabs += 1
        self._count(name, said)

    def _count(self, name: str, said: Mapping[str, str]) -> None:
        self.left["commenti"] += name == "commentReference"
        self.left["note"] += name in {"footnoteReference", "endnoteReference"}
        self.left["caselle"] += name == "txbxContent"
        self.left["oggetti"] += name in FOREIGN
        self.left["formule"] += name == "oMath" and self._inside["oMath"] == 1
        self.left["celle unite"] += name == "gridSpan" or (name == "vMerge" and said.get("val") == "restart")
        self.left["immagini esterne"] += name == "blip" and "link" in said and "embed" not in said
        if name == "fldSimple":
            self._field(said.get("instr", ""))
        elif name == "fldChar" and said.get("fldCharType") == "begin":
            self._instruction = ""

    def end(self, name: str) -> None:
        if not self._inside["Fallback"]:
            if name == "p":
                self._paragraph()
            elif name == "instrText":
                self._field(self._instruction)
                self._instruction = " "
        self._inside[name] -= 1

    def characters(self, text: str) -> None:
        if self._inside["instrText"] and self._instruction != " ":
            self._instruction += text

    def _field(self, instruction: str) -> None:
        word = next(iter(instruction.split()), "").upper()
        self.left["campi"] += bool(word) and word not in NO_FIELD_OF_ITS_OWN

    def _paragraph(self) -> None:
        self.left["tabulazioni"] += self._tabs > 1
        if self.numbering.is_counted(self._list):
            self.left["elenchi ripresi"] += self._list in self._lists and self._last_list != self._list
            if self._list not in self._lists and self.numbering.is_unusual(self._list):
                self.left["numerazioni"] += 1
            self._lists.add(self._list)
        self._last_list = self._list
