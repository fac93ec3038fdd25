"""PDF, page by page, through PDFium."""

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

from . import owners
from .problems import DAMAGED, MOSTLY_SCANNED, PASSWORD, SCANNED, Unreadable
from .text import Warned, within_limit

NUMBERS = re.compile(r"\d+")
MOST = 0.8  # of the pages: then the file is a scan, whatever a stamp says on each
COVERED = 0.5  # of a page by one image
STAMP_LINES = 4
LONGEST_VALUE = 20_000  # octets
PROPERTIES = ("Title", "Author", "Subject", "Keywords")
WRITTEN = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)


@dataclass(frozen=True)
class Leaf:
    """One page: its words, and whether one image covers it."""

    text: str
    is_image: bool


def read(data: bytes) -> list[str]:
    """One text for each page."""
    document = _open(data)
    with suppress(pypdfium2.PdfiumError):  # then the text alone, without what was filled in
        document.init_forms()
    leaves = list(_leaves(document))
    pages = within_limit(leaf.text for leaf in leaves)
    if not any(page.strip() for page in pages):
        raise Unreadable(SCANNED)
    return _warned(leaves)


def beside(data: bytes) -> Iterator[str]:
    """What stands in its properties and in the notes of whoever revised it."""
    document = _open(data)
    properties = document.get_metadata_dict()
    yield "\n".join(properties[name] for name in PROPERTIES if properties.get(name))
    for number in range(len(document)):
        with suppress(pypdfium2.PdfiumError):
            yield from _noted(document[number])


def _noted(page: pypdfium2.PdfPage) -> Iterator[str]:
    for place in range(raw.FPDFPage_GetAnnotCount(page)):
        if annotation := raw.FPDFPage_GetAnnot(page, place):
            yield _string(lambda *room, it=annotation: raw.FPDFAnnot_GetStringValue(it, b"Contents", *room))
            raw.FPDFPage_CloseAnnot(annotation)


def _open(data: bytes) -> pypdfium2.PdfDocument:
    """A file protected only against changes opens without a password; so must one whose owner's password is empty."""
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code not in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Unreadable(DAMAGED) from error
        return _unlocked(data)


def _unlocked(data: bytes) -> pypdfium2.PdfDocument:
    opened = owners.opened(data)
    if opened is None:
        raise Unreadable(PASSWORD)
    try:
        return pypdfium2.PdfDocument(opened)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(PASSWORD) from error


def _leaves(document: pypdfium2.PdfDocument) -> Iterator[Leaf]:
    """The pages. One that does not load is empty, so that the others keep their number."""
    loaded = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            yield Leaf("", is_image=False)
            continue
        loaded += 1
        yield Leaf("\n".join([text.get_text_bounded(), *_filled_in(document, page)]), _is_image(page))
        text.close()
        page.close()
    if not loaded:
        raise Unreadable(DAMAGED)


# --- What was filled in, and what was written over the page ----------------------------------------------


def _filled_in(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> Iterator[str]:
    """The values of the form and the words typed over the page; the comments of who revised it are left out."""
    for place in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, place)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if kind == raw.FPDF_ANNOT_FREETEXT:
                yield _string(lambda *room, it=annotation: raw.FPDFAnnot_GetStringValue(it, b"Contents", *room))
            elif kind == raw.FPDF_ANNOT_WIDGET and document.formenv:
                form = document.formenv
                if raw.FPDFAnnot_GetFormFieldType(form, annotation) in WRITTEN:
                    yield _string(lambda *room, it=annotation, of=form: raw.FPDFAnnot_GetFormFieldValue(of, it, *room))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _string(ask: Callable[..., int]) -> str:
    """PDFium says how long a string is, then writes it: UTF-16 with a zero at the end."""
    size = min(ask(None, 0), LONGEST_VALUE)
    if size <= 2:
        return ""
    room = ctypes.create_string_buffer(size)
    ask(ctypes.cast(room, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return room.raw[: size - 2].decode("utf-16-le", "replace")


# --- Scans that bear a stamp -----------------------------------------------------------------------------


def _is_image(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    room = width * height * COVERED
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = image.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        if abs((right - left) * (top - bottom)) >= room > 0:
            return True
    return False


def _warned(leaves: list[Leaf]) -> list[str]:
    """The texts; where nearly all the pages are images with at most a stamp, the warning, and the stamp once."""
    counted = Counter(line for leaf in leaves for line in set(_lines(leaf)))
    stamps = {line for line, times in counted.items() if times > 1 and times >= len(leaves) / 2}
    scans = [leaf.is_image and set(_lines(leaf)) <= stamps and len(_lines(leaf)) <= STAMP_LINES for leaf in leaves]
    if sum(scans) < MOST * len(leaves):
        return [leaf.text for leaf in leaves]
    first = scans.index(True)
    texts = [
        "" if is_scan and place != first else leaf.text
        for place, (leaf, is_scan) in enumerate(zip(leaves, scans, strict=True))
    ]
    return Warned(texts, MOSTLY_SCANNED)


def _lines(leaf: Leaf) -> list[str]:
    """Its lines, all numbers alike: «pagina 3 di 12» is the same stamp as «pagina 4 di 12»."""
    return [NUMBERS.sub("0", line.strip()) for line in leaf.text.splitlines() if line.strip()]
