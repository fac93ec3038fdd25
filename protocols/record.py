"""An edition read from its record alone: parts made of pieces, from which page, paper and comparison are made.

Nothing is asked of the page, of the directory or of the files: those are of today. What the text pointed at has the
name of then; whoever shows it asks `access` first whether the reader may know it (`reading.py`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from bs4 import BeautifulSoup, NavigableString, Tag
from django.utils.translation import gettext_lazy as _

from portal.pages import anchors
from portal.pages.blocks import TOP
from portal.words import dates

from .models import Edition, form_fields, ways
from .models.form_fields import FormFieldsBlock
from .models.steps import StepLane

BLOCKS = ("p", "h2", "h3", "h4", "li")  # what a text of ours is made of
LISTS = ("ul", "ol")
LINKS = {"page": "page", "document": "file"}
MARKS = {"b": "b", "strong": "b", "i": "i", "em": "i"}

# The fields that an edition may hold, in the order in which they are read, each with its name.
FIELDS = {
    "summary": _("In sintesi"),
    "in_brief": _("In breve"),
    "when_to_use": _("Quando si usa"),
    "when_not": _("Quando no"),
    "starts": _("Chi comincia"),
    "total_time": _("In tutto"),
    "services": _("Chi chiamare"),
    "protocols": _("Le regole che applica"),
    "steps": _("I passi"),
    "body": _("Testo"),
    "note": _("Prima di compilarlo"),
    "form_fields": _("Che cosa chiede"),
    "attachments": _("Allegati"),
    "norm": _("Perché questa regola"),
    "signatories": _("Enti firmatari"),
    "register_number": _("Numero di registro"),
    "register_date": _("Registrato il"),
    "register_office": _("Ufficio del registro"),
    "act_kind": _("Atto che l’approva"),
    "act_number": _("Numero dell’atto"),
    "act_date": _("Data dell’atto"),
    "act_body": _("Ente dell’atto"),
}
# What a step may hold, in the order in which it is read.
STEP = (
    "title", "text", "lane", "who", "position", "desk", "regulation", "within", "form", "rule", "question", "yes",
    "no", "branches", "note",
)  # fmt: skip
HEADED = {"body", "form_fields"}  # what its headings part
DAYS = {"register_date", "act_date"}
NOT_READ = {"title", "sections", "files"}  # the title stands above, the rest is kept for proof


@dataclass(frozen=True)
class Run:
    """Some words of a text, as they look and where they lead: to a key of `Edition.cited`, or out of the portal."""

    text: str
    marks: frozenset[str] = frozenset()  # b, i
    to: str = ""


@dataclass(frozen=True)
class Piece:
    """One thing that is read: of which kind, under a name that lasts, in words; a table's or a row's in cells."""

    kind: str  # heading, subheading, paragraph, item, row, table, step, line, contact, service, file, picture, field
    key: str
    text: str = ""
    cells: tuple[tuple[str, ...], ...] = ()
    cites: tuple[str, ...] = ()  # keys of `Edition.cited`
    runs: tuple[Run, ...] = ()  # the same text, with its looks and links
    number: int = 0  # of an item in a numbered list


@dataclass(frozen=True)
class Part:
    """What is found under one name: a field, a section, a step."""

    field: str
    key: str
    heading: str
    anchor: str
    pieces: tuple[Piece, ...]


def read(edition: Edition) -> list[Piece]:
    """Everything that the edition says, in the order of its fields."""
    kept = _fields(edition)
    if not kept:
        return list(_of_plain_sections(edition))
    return [piece for name, value in kept.items() for piece in _of_field(name, value)]


def parts(edition: Edition) -> list[Part]:
    """The same, part by part: sections and steps under their own names and anchors, other fields under theirs."""
    kept = _fields(edition)
    if not kept:
        return list(_sections("body", list(_of_plain_sections(edition)), edition))
    found: list[Part] = []
    for name, value in kept.items():
        pieces = list(_of_field(name, value))
        if name in HEADED:
            found += _sections(name, pieces, edition)
        elif name == "steps":
            found += (Part(name, each.key, each.text, f"passo-{n}", (each,)) for n, each in enumerate(pieces, start=1))
        elif pieces:
            found.append(Part(name, name, str(FIELDS.get(name, name)), name.replace("_", "-"), tuple(pieces)))
    return found


def _fields(edition: Edition) -> dict[str, Any]:
    """What is read of it, in its order; nothing for those kept before editions held all that the page says."""
    said = edition.content.keys() - NOT_READ
    return {
        name: edition.content[name]
        for name in [*(each for each in FIELDS if each in said), *sorted(said - FIELDS.keys())]
    }


def _sections(field: str, pieces: list[Piece], edition: Edition) -> Iterator[Part]:
    """A section opens with its heading, under the anchor by which search and links know it."""
    names = iter([anchor for anchor, _heading, _text in edition.parts if anchor != TOP])
    heading, gathered = None, list[Piece]()
    for piece in [*pieces, Piece("heading", "")]:
        if piece.kind != "heading":
            gathered.append(piece)
            continue
        if heading:
            anchor = next(names, "") or anchors.of(heading.text)
            yield Part(field, heading.key, heading.text, anchor, tuple(gathered))
        elif gathered:
            yield Part(field, TOP, "", TOP, tuple(gathered))
        heading, gathered = piece, []


def _of_plain_sections(edition: Edition) -> Iterator[Piece]:
    for anchor, heading, text in edition.parts:
        yield Piece("heading", anchor, heading)
        for number, line in enumerate(text.split("\n\n")):
            yield Piece("paragraph", f"{anchor}.{number}", line)


def _of_field(name: str, value: Any) -> Iterator[Piece]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            if isinstance(each, dict):
                yield from READERS[each["type"]](each.get("id") or f"{name}.{place}", each["value"])
            else:
                yield Piece("line", f"{name}.{place}", str(each))
    elif value:
        yield Piece("field", name, dates.in_words(date.fromisoformat(value)) if name in DAYS else str(value))


# --- Blocks ----------------------------------------------------------------------------------------------


def _section(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("heading", key, value["heading"])
    yield from _text(key, value.get("text") or "")
    for place, row in enumerate(value.get("rows") or []):
        row = row.get("value", row)
        yield Piece("row", f"{key}.row.{place}", f"{row['term']}: {row['text']}", ((row["term"], row["text"]),))


def _text(key: str, html: str) -> Iterator[Piece]:
    """Paragraphs and items, each under the mark that the editor gave it."""
    soup = BeautifulSoup(html, "html.parser")
    tags = soup.find_all(BLOCKS) or [soup]
    for place, tag in enumerate(tags):
        runs = _trimmed(list(_runs(tag)))
        if runs:
            mark = str(tag.get("data-block-key") or place)
            kind = {"p": "paragraph", "li": "item", "[document]": "paragraph"}.get(tag.name, "subheading")
            cites = tuple(run.to for run in runs if run.to.partition(":")[0] in LINKS.values())
            words = "".join(run.text for run in runs)
            yield Piece(kind, f"{key}.{mark}", words, cites=cites, runs=runs, number=_number(tag))


def _runs(tag: Tag, marks: frozenset[str] = frozenset(), to: str = "") -> Iterator[Run]:
    """The words of a block; those of a list inside an item are items of their own."""
    for child in tag.children:
        if isinstance(child, NavigableString):
            yield Run(re.sub(r"\s+", " ", str(child)), marks, to)
        elif isinstance(child, Tag) and child.name == "br":
            yield Run(" ")
        elif isinstance(child, Tag) and child.name not in LISTS:
            mark = MARKS.get(child.name)
            yield from _runs(child, marks | {mark} if mark else marks, _target(child) or to)


def _target(tag: Tag) -> str:
    if tag.name != "a":
        return ""
    kind = LINKS.get(str(tag.get("linktype", "")))
    return f"{kind}:{tag.get('id')}" if kind else str(tag.get("href") or "")


def _trimmed(runs: list[Run]) -> tuple[Run, ...]:
    """One space between words, none at the ends."""
    found: list[Run] = []
    for run in runs:
        text = run.text.lstrip() if not found or found[-1].text.endswith(" ") else run.text
        if text:
            found.append(replace(run, text=text))
    while found and not (last := found[-1].text.rstrip()):
        found.pop()
    return (*found[:-1], replace(found[-1], text=last)) if found else ()


def _number(tag: Tag) -> int:
    """The place of an item in a numbered list."""
    if tag.name != "li" or tag.parent is None or tag.parent.name != "ol":
        return 0
    return 1 + len(tag.find_previous_siblings("li"))


def _table(key: str, value: Any) -> Iterator[Piece]:
    heads = tuple(str(column.get("heading", "")) for column in value["columns"])
    rows = tuple(tuple(str(cell) for cell in row["values"]) for row in value["rows"])
    yield Piece("table", key, value.get("caption") or "", (heads, *rows))


def _step(key: str, value: Any) -> Iterator[Piece]:
    said = value | {
        "lane": StepLane(value["lane"]).label if value.get("lane") else "",
        "desk": _("lo sportello del proprio Comune") if value.get("desk") else "",
        "rule": ", ".join(filter(None, [value.get("rule"), value.get("section")])),
        "branches": "\n".join(ways.in_words(each) for each in _each(value.get("branches"))),
    }
    cells = tuple((name, str(said[name])) for name in STEP if said.get(name))
    services = _each(value.get("services"))
    yield Piece("step", key, value["title"], cells, tuple(f"page:{pk}" for pk in services if pk))


def _each(rows: Any) -> list[Any]:
    """The values of a list, which was kept with the marks of its rows or without."""
    return [row.get("value", row) if isinstance(row, dict) else row for row in rows or []]


def _contacts(key: str, value: Any) -> Iterator[Piece]:
    for place, row in enumerate(value):
        row = row.get("value", row)
        cites = [f"{kind}:{row[name]}" for kind, name in (("person", "person"), ("page", "service")) if row.get(name)]
        cells = (row["purpose"], row.get("note") or "")
        yield Piece("contact", f"{key}.{place}", ": ".join(filter(None, cells)), (cells,), tuple(cites))


def _picture(key: str, value: Any) -> Iterator[Piece]:
    picture = value["picture"]
    alt, caption = picture.get("alt_text") or "", value.get("caption") or ""
    words = "\n".join(filter(None, [alt, caption]))
    yield Piece("picture", key, words, ((alt, caption),), cites=(f"picture:{picture['image']}",))


def _attachment(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("file", key, value.get("title") or "", cites=(f"file:{value['file']}",))


def _service(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("service", key, cites=(f"page:{value}",))


def _line(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("line", key, str(value))


def _asked(kind: str, key: str, value: Any) -> Iterator[Piece]:
    """A field of a form; headings and explanations stand between them."""
    words = form_fields.in_words(kind, value)
    drawn_as = {form_fields.HEADING: "heading", form_fields.EXPLANATION: "paragraph"}.get(kind, "line")
    yield Piece(drawn_as, key, words, runs=(Run(words),) if drawn_as == "paragraph" else ())


READERS: dict[str, Callable[[str, Any], Iterator[Piece]]] = {
    "section": _section, "text": _text, "table": _table, "step": _step, "contacts": _contacts, "picture": _picture,
    "attachment": _attachment, "service": _service, "line": _line,
    **{kind: partial(_asked, kind) for kind in FormFieldsBlock.base_blocks},
}  # fmt: skip
