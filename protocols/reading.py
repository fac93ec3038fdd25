"""Editions as one reader may read them: what they cite is named, and linked, only to whoever may know it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.models import Page

from portal import access
from portal.files import versions
from portal.files.serving import EDITION
from portal.models import Document, Image, User
from portal.pages import citations

from . import record
from .models import Edition
from .record import Part, Piece, Run

MODELS: dict[str, type[Model]] = {"page": Page, "file": Document, "picture": Image, "person": User}
POINTING = {"contact", "service", "file", "picture"}  # pieces that are nothing without what they point at
OUTWARDS = ("http://", "https://", "mailto:", "tel:")
ACT = ("register_number", "register_date", "register_office", "act_kind", "act_number", "act_date", "act_body")
BESIDE = ("protocols", "norm", "signatories", *ACT)  # stand around the text
BEFORE = ("when_to_use", "when_not", "starts", "total_time")  # of a procedure, before its steps


@dataclass(frozen=True)
class Cited:
    """Something that a text pointed at: its name of then, and where it stands today for this reader."""

    name: str
    code: str = ""
    url: str = ""
    row: Any = None

    @property
    def alone(self) -> list["Cited"]:
        return [self]


@dataclass(frozen=True)
class Group:
    """Pieces that are drawn as one: a list, a list of definitions, or one alone."""

    kind: str
    pieces: tuple["Shown", ...]


@dataclass(frozen=True)
class Shown:
    """A piece, its text with looks and links, and what it cites."""

    piece: Piece
    html: SafeString
    cited: tuple[Cited, ...]

    @property
    def lines(self) -> list[list[tuple[str, str]]]:
        """The rows of a table, each cell under its heading."""
        headings = self.piece.cells[0]
        return [list(zip(headings, row, strict=False)) for row in self.piece.cells[1:]]

    @property
    def named(self) -> dict[str, str]:
        """The cells of a step, by their names."""
        return dict(each for each in self.piece.cells if len(each) == 2)


@dataclass(frozen=True)
class Drawn:
    """A part with its pieces in groups."""

    part: Part
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Reading:
    """One edition before one reader."""

    edition: Edition
    cited: dict[str, Cited]

    @cached_property
    def parts(self) -> list[Part]:
        """The record, without what the reader may not know."""
        return [
            replace(part, pieces=tuple(kept for piece in part.pieces if (kept := self._known(piece))))
            for part in record.parts(self.edition)
        ]

    def _known(self, piece: Piece) -> Piece | None:
        cites = tuple(key for key in piece.cites if key in self.cited)
        return None if piece.kind in POINTING and not cites else replace(piece, cites=cites)

    @property
    def text(self) -> list["Drawn"]:
        """What is read from the top down, under headings."""
        return self._drawn(lambda field: field not in {"summary", "steps", *BESIDE, *BEFORE})

    @property
    def steps(self) -> list["Drawn"]:
        return self._drawn(lambda field: field == "steps")

    @property
    def before(self) -> list["Drawn"]:
        return self._drawn(lambda field: field in BEFORE)

    @property
    def beside(self) -> list["Drawn"]:
        return self._drawn(lambda field: field in BESIDE)

    def _drawn(self, wanted: Callable[[str], bool]) -> list["Drawn"]:
        return [Drawn(part, tuple(self.groups(part))) for part in self.parts if wanted(part.field)]

    @property
    def contents(self) -> list[Part]:
        """What the page's list of contents leads to."""
        steps = [Part("steps", "", str(record.FIELDS["steps"]), "passi", ())] if self.steps else []
        return [drawn.part for drawn in self.text if drawn.part.heading] + steps

    @property
    def summary(self) -> str:
        return next((piece.text for part in self.parts if part.field == "summary" for piece in part.pieces), "")

    @property
    def related(self) -> list[Cited]:
        """The forms and procedures that went with it, and the files of a form."""
        places = {"related.item.target", "document", "signed", "act_file"}
        said = self.edition.cited.items()
        return [self.cited[key] for key, each in said if key in self.cited and places & set(each["where"])]

    @property
    def related_files(self) -> list[tuple[Cited, str]]:
        """The same, each with the fingerprint of a file."""
        by_name = {
            id(self.cited[key]): str(each.get("sha256", ""))
            for key, each in self.edition.cited.items()
            if key in self.cited
        }
        return [(each, by_name[id(each)]) for each in self.related]

    def may_lead(self, to: str) -> bool:
        """Whether a link shows this reader anything."""
        return to in self.cited or to.startswith(OUTWARDS)

    def groups(self, part: Part) -> Iterator[Group]:
        """The pieces of a part as they are drawn."""
        for (kind, _numbered), run in groupby(part.pieces, key=lambda piece: (piece.kind, bool(piece.number))):
            shown = tuple(self.shown(piece) for piece in run)
            if kind == "item" and shown[0].piece.number:
                yield Group("numbered", shown)
            elif kind in {"item", "row", "line", "contact", "service"}:
                yield Group(kind, shown)
            else:
                yield from (Group(kind, (each,)) for each in shown)

    def shown(self, piece: Piece) -> Shown:
        html = format_html_join("", "{}", ((self._words(run),) for run in piece.runs))
        return Shown(piece, html, tuple(self.cited[key] for key in piece.cites))

    def _words(self, run: Run) -> SafeString:
        html = format_html("{}", run.text)
        for mark in sorted(run.marks):
            html = format_html(f"<{mark}>{{}}</{mark}>", html)
        found = self.cited.get(run.to)
        url = found.url if found else run.to if run.to.startswith(OUTWARDS) else ""
        return format_html('<a href="{}">{}</a>', url, html) if url else html


def readings(page: Page, user: Any, *editions: Edition) -> list[Reading]:
    """The editions before the reader; what all of them cite is asked for at once."""
    keys = {key for edition in editions for key in edition.cited}
    cited = {(MODELS[kind], int(pk)) for kind, _colon, pk in (key.partition(":") for key in keys)}
    known = cited - citations.unknown(cited, user)
    known |= cited & (_named_today(page) | _carried_then(cited, {edition.space_id for edition in editions}))
    rows = _rows(known, user)
    earlier = _earlier(editions, rows, user)
    return [Reading(edition, _cited(edition, rows, earlier)) for edition in editions]


def _named_today(page: Any) -> set[citations.Citation]:
    """The persons whom the page names to all its readers."""
    blocks = [block for block in getattr(page, "body", None) or [] if block.block_type == "contacts"]
    return {(User, row["person"].pk) for block in blocks for row in block.value if row["person"]}


def _carried_then(cited: set[citations.Citation], spaces: set[int | None]) -> set[citations.Citation]:
    """Files and pictures of the space where the page lay then: whoever read the page could open them."""
    found: set[citations.Citation] = set()
    for model in (Document, Image):
        if keys := [pk for each, pk in cited if each is model]:
            rows = model.objects.filter(pk__in=keys, collection__space__in=spaces)
            found |= {(model, pk) for pk in rows.values_list("pk", flat=True)}
    return found


def _earlier(editions: Iterable[Edition], rows: dict[str, tuple[Any, bool]], user: Any) -> dict[tuple[int, str], str]:
    """Document and fingerprint of then → where the file that was replaced since can be opened."""
    cited = [(rows[key][0], then) for each in editions for key, then in each.cited.items() if key in rows]
    replaced = {row for row, then in cited if isinstance(row, Document) and not _is_same(row, then)}
    found = versions.read_by(user, list(replaced)) if replaced else []
    return {
        (each.document_id, each.sha256): reverse("file_version", args=[each.document_id, each.number])
        for each in found
        if each.file
    }


def _cited(
    edition: Edition, rows: dict[str, tuple[Any, bool]], earlier: dict[tuple[int, str], str]
) -> dict[str, Cited]:
    found = {}
    for key, then in edition.cited.items():
        if key in rows:
            row, may_open = rows[key]
            url = _url(row, then) if may_open else ""
            if may_open and isinstance(row, Document):
                url = url or earlier.get((row.pk, str(then.get("sha256"))), "")
            found[key] = Cited(
                then["name"], then.get("code", ""), url, row if may_open and _is_same(row, then) else None
            )
    return found


def _url(row: Any, then: dict[str, Any]) -> str:
    if isinstance(row, User):
        return reverse("person", args=[row.pk])
    if isinstance(row, Document):
        # Of an edition one wants the file that it had, not the one that came after.
        return f"{row.url}?{EDITION}" if _is_same(row, then) else ""
    return str(row.url) if isinstance(row, Page) else ""


def _is_same(row: Any, then: dict[str, Any]) -> bool:
    """Whether a file or a picture is still what it was."""
    if isinstance(row, Document):
        return bool(row.sha256 == then.get("sha256"))
    # Pictures out of a text of Word once had no fingerprint: of those nothing is known.
    return not isinstance(row, Image) or then.get("sha1") in ("", row.file_hash)


def _rows(known: set[citations.Citation], user: Any) -> dict[str, tuple[Any, bool]]:
    """Key → the row of today, and whether the reader may open it."""
    found: dict[str, tuple[Any, bool]] = {}
    for kind, model in MODELS.items():
        keys = [pk for each, pk in known if each is model]
        if not keys:
            continue
        rows: Any = model._default_manager.filter(pk__in=keys)
        may_open = set(access.allowed(rows.all(), user).values_list("pk", flat=True))
        if model is User:
            may_open &= set(User.objects.current().filter(pk__in=may_open).values_list("pk", flat=True))
        for row in rows.specific() if model is Page else rows:
            found[f"{kind}:{row.pk}"] = (row, row.pk in may_open)
    return found
