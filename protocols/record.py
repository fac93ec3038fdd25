"""An edition read from its record alone: one list of pieces, from which page, paper and comparison are made.

Nothing is asked of the page, of the directory or of the files: those are of today. What the text pointed at has the
name of then; whoever shows it asks `access` first whether the reader may know it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag

from .models import Edition

BLOCKS = ("p", "h3", "h4", "li")  # what a text of ours is made of
LINKS = {"page": "page", "document": "file"}


@dataclass(frozen=True)
class Piece:
    """One thing that is read: of which kind, under a name that lasts, in words; a table's or a row's in cells."""

    kind: str  # heading, paragraph, item, row, table, step, line, contact, service, file, picture, field
    key: str
    text: str = ""
    cells: tuple[tuple[str, ...], ...] = ()
    cites: tuple[str, ...] = ()  # keys of `Edition.cited`


def read(edition: Edition) -> list[Piece]:
    """Everything that the edition says, in the order of its fields."""
    said = edition.content
    kept = {key: value for key, value in said.items() if key not in {"title", "sections", "files"}}
    if not kept:  # kept before editions held all that the page says
        return list(_of_plain_sections(edition))
    return [piece for name, value in kept.items() for piece in _of_field(name, value)]


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
        yield Piece("field", name, str(value))


# --- Blocks ----------------------------------------------------------------------------------------------


def _section(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("heading", key, value["heading"])
    yield from _text(key, value.get("text") or "")
    for place, row in enumerate(value.get("rows") or []):
        row = row.get("value", row)
        yield Piece("row", f"{key}.row.{place}", f"{row['term']}: {row['text']}", ((row["term"], row["text"]),))


def _text(key: str, html: str) -> Iterator[Piece]:
    """Paragraphs and items, each under the mark that the editor gave it."""
    for place, tag in enumerate(BeautifulSoup(html, "html.parser").find_all(BLOCKS)):
        words = " ".join(tag.get_text(" ").split())
        if words:
            mark = str(tag.get("data-block-key") or place)
            kind = {"p": "paragraph", "li": "item"}.get(tag.name, "heading")
            yield Piece(kind, f"{key}.{mark}", words, cites=_links(tag))


def _links(tag: Tag) -> tuple[str, ...]:
    links = [link for link in tag.find_all("a") if link.get("linktype") in LINKS]
    return tuple(f"{LINKS[str(link['linktype'])]}:{link['id']}" for link in links)


def _table(key: str, value: Any) -> Iterator[Piece]:
    heads = tuple(str(column.get("heading", "")) for column in value["columns"])
    rows = tuple(tuple(str(cell) for cell in row["values"]) for row in value["rows"])
    yield Piece("table", key, value.get("caption") or "", (heads, *rows))


def _step(key: str, value: Any) -> Iterator[Piece]:
    named = ("title", "text", "who", "within", "form", "question", "yes", "no")
    cells = tuple((name, str(value[name])) for name in named if value.get(name))
    services = [each.get("value", each) if isinstance(each, dict) else each for each in value.get("services") or []]
    yield Piece("step", key, value["title"], cells, tuple(f"page:{pk}" for pk in services if pk))


def _contacts(key: str, value: Any) -> Iterator[Piece]:
    for place, row in enumerate(value):
        row = row.get("value", row)
        cites = [f"{kind}:{row[name]}" for kind, name in (("person", "person"), ("page", "service")) if row.get(name)]
        words = f"{row['purpose']}: {row.get('note') or ''}".strip(" :")
        yield Piece("contact", f"{key}.{place}", words, cites=tuple(cites))


def _picture(key: str, value: Any) -> Iterator[Piece]:
    picture = value["picture"]
    words = "\n".join(filter(None, [picture.get("alt_text"), value.get("caption")]))
    yield Piece("picture", key, words, cites=(f"picture:{picture['image']}",))


def _attachment(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("file", key, value.get("title") or "", cites=(f"file:{value['file']}",))


def _service(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("service", key, cites=(f"page:{value}",))


def _line(key: str, value: Any) -> Iterator[Piece]:
    yield Piece("line", key, str(value))


READERS = {
    "section": _section, "text": _text, "table": _table, "step": _step, "contacts": _contacts, "picture": _picture,
    "attachment": _attachment, "service": _service, "line": _line,
}  # fmt: skip
