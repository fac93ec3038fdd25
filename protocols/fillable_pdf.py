"""The PDF of a described form: drawn with a marked place for each thing to write, each of which becomes a field."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from . import described, paper
from .described import Field
from .models import EditionCopy

SOURCE = Path(__file__).parent / "paper_source" / "form.typ"
MARK = "campo:"  # as `form.typ` names a place to write
STANDARDS: paper.Standards = ["ua-1"]  # no PDF/A: what people type is shown in a letter of their own reader
LETTER = "/Helv 10 Tf 0 g"
REQUIRED, MANY_LINES, ONE_OF, NEVER_NONE = 1 << 1, 1 << 12, 1 << 15, 1 << 14
PRINTED = 4
TICK = b"q 1.2 w 1 J %.2f %.2f m %.2f %.2f l %.2f %.2f l S Q"


@dataclass(frozen=True)
class Place:
    """Where something is written: of which field, and which of its answers."""

    annotation: Any
    field: Field
    answer: int | None


def pdf(copy: EditionCopy) -> bytes:
    drawn = paper.compiled(SOURCE, described.said(copy), int(copy.edition.published_at.timestamp()), STANDARDS)
    writer = PdfWriter(clone_from=io.BytesIO(drawn))
    roots = [root for places in _by_field(writer, copy).values() for root in _fields(writer, places)]
    _name_the_form(writer, roots)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _by_field(writer: PdfWriter, copy: EditionCopy) -> dict[str, list[Place]]:
    known = {field.key: field for field in described.fields(copy.edition)}
    found: dict[str, list[Place]] = {}
    for page in writer.pages:
        page[NameObject("/Tabs")] = NameObject("/S")  # from one to the next in the order of reading
        for annotation in page.get("/Annots", ()):
            target = annotation.get_object().get("/A", {}).get("/URI", "")
            if target.startswith(MARK):
                key, _sign, answer = target.removeprefix(MARK).partition("#")
                place = Place(annotation, known[key], int(answer) if answer else None)
                found.setdefault(key, []).append(place)
                _as_field(writer, annotation)
    return found


def _as_field(writer: PdfWriter, annotation: Any) -> None:
    """The link becomes a place to write, for the eye and in the structure that a screen reader follows."""
    widget = annotation.get_object()
    for name in ("/A", "/Border", "/Contents"):
        widget.pop(name, None)
    widget[NameObject("/Subtype")] = NameObject("/Widget")
    widget[NameObject("/F")] = NumberObject(PRINTED)
    elements: Any = writer.root_object["/StructTreeRoot"]
    numbers = elements["/ParentTree"].get_object()
    element = _looked_up(numbers, widget["/StructParent"])
    element[NameObject("/S")] = NameObject("/Form")


def _looked_up(tree: Any, number: int) -> Any:
    """What a tree of numbers holds under one of them."""
    for branch in tree.get("/Kids", ()):
        low, high = branch.get_object()["/Limits"]
        if low <= number <= high:
            return _looked_up(branch.get_object(), number)
    pairs = tree["/Nums"]
    return next(pairs[n + 1].get_object() for n in range(0, len(pairs), 2) if pairs[n] == number)


# --- Fields ----------------------------------------------------------------------------------------------


def _fields(writer: PdfWriter, places: list[Place]) -> Iterator[Any]:
    """The fields that a reader's program knows, each by the lasting number of what the form asks."""
    field = places[0].field
    flags = REQUIRED if field.required else 0
    if field.kind == "one_choice":
        yield _one_of(writer, places, flags)
        return
    for place in places:
        widget = place.annotation.get_object()
        several = field.kind == "many_choices"
        name = f"{field.key}-{place.answer}" if several else field.key
        spoken = f"{field.label}: {field.choices[place.answer or 0]}" if several else field.spoken
        widget.update(_named(name, spoken))
        if several or field.kind == "tick":
            widget[NameObject("/FT")] = NameObject("/Btn")
            widget[NameObject("/Ff")] = NumberObject(0 if several else flags)
            _tickable(writer, widget, "/Si")
        elif field.kind == "signature":
            widget[NameObject("/FT")] = NameObject("/Sig")
            widget[NameObject("/Ff")] = NumberObject(flags)
            _shown_as(writer, widget, {"/N": b""})
        else:
            widget[NameObject("/FT")] = NameObject("/Tx")
            widget[NameObject("/Ff")] = NumberObject(flags | (MANY_LINES if field.kind == "long_text" else 0))
            widget[NameObject("/DA")] = TextStringObject(LETTER)
            _shown_as(writer, widget, {"/N": b"/Tx BMC EMC"})
        yield place.annotation


def _one_of(writer: PdfWriter, places: list[Place], flags: int) -> Any:
    """Answers of which one excludes the others: one field with as many places."""
    field = places[0].field
    parent = DictionaryObject(_named(field.key, field.spoken))
    parent[NameObject("/FT")] = NameObject("/Btn")
    parent[NameObject("/Ff")] = NumberObject(flags | ONE_OF | NEVER_NONE)
    parent[NameObject("/V")] = NameObject("/Off")
    parent[NameObject("/Opt")] = ArrayObject(TextStringObject(words) for words in field.choices)
    parent[NameObject("/Kids")] = ArrayObject(place.annotation for place in places)
    root = writer._add_object(parent)
    for place in places:
        widget = place.annotation.get_object()
        widget[NameObject("/Parent")] = root
        widget[NameObject("/TU")] = TextStringObject(f"{field.label}: {field.choices[place.answer or 0]}")
        _tickable(writer, widget, f"/{place.answer}")
    return root


def _named(name: str, spoken: str) -> dict[Any, Any]:
    return {NameObject("/T"): TextStringObject(name), NameObject("/TU"): TextStringObject(spoken)}


def _tickable(writer: PdfWriter, widget: Any, state: str) -> None:
    _left, _bottom, width, height = _box(widget)
    ticked = TICK % (width * 0.2, height * 0.5, width * 0.42, height * 0.25, width * 0.8, height * 0.78)
    _shown_as(writer, widget, {"/N": {"/Off": b"", state: ticked}})
    widget[NameObject("/AS")] = NameObject("/Off")
    if "/FT" in widget:
        widget[NameObject("/V")] = NameObject("/Off")


def _shown_as(writer: PdfWriter, widget: Any, states: dict[str, Any]) -> None:
    """How the field looks in each of its states; its edge is drawn on the sheet already."""
    widget[NameObject("/AP")] = DictionaryObject(
        {
            NameObject(name): DictionaryObject(
                {NameObject(state): _picture(writer, widget, drawn) for state, drawn in look.items()}
            )
            if isinstance(look, dict)
            else _picture(writer, widget, look)
            for name, look in states.items()
        }
    )


def _picture(writer: PdfWriter, widget: Any, drawn: bytes) -> Any:
    _left, _bottom, width, height = _box(widget)
    stream = DecodedStreamObject()
    stream.set_data(drawn)
    stream.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject([FloatObject(0), FloatObject(0), FloatObject(width), FloatObject(height)]),
            NameObject("/Resources"): DictionaryObject(),
        }
    )
    return writer._add_object(stream)


def _box(widget: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(each) for each in widget["/Rect"])
    return left, bottom, right - left, top - bottom


def _name_the_form(writer: PdfWriter, roots: list[Any]) -> None:
    helvetica = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    fonts = DictionaryObject({NameObject("/Helv"): writer._add_object(helvetica)})
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Fields"): ArrayObject(roots),
                NameObject("/DA"): TextStringObject(LETTER),
                NameObject("/DR"): DictionaryObject({NameObject("/Font"): fonts}),
                NameObject("/NeedAppearances"): BooleanObject(False),
            }
        )
    )
