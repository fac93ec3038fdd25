"""An edition on paper: PDF/A-2a and PDF/UA-1 from its record alone, the same bytes each time it is drawn.

One copy serves all readers, so it names nothing that the text points at: those names are each reader's own, and stand,
up to date, on the page.
"""

import io
import json
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import bootstrap_italia_template
import segno
import typst
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.background import jobs
from portal.words import dates

from . import record
from .comparison import STEP_CELLS
from .models import Edition, EditionCopy
from .reading import OUTWARDS, POINTING
from .record import Part, Piece

SOURCE = Path(__file__).parent / "paper_source" / "edition.typ"
FONTS = Path(bootstrap_italia_template.__file__).parent / "static" / "fonts" / "Titillium_Web"
Standards = Sequence[Literal["a-2a", "ua-1"]]
LISTS = {"item", "line", "row"}  # drawn together
SHORT = 60  # letters of a title over each sheet
NOTICE = gettext_lazy(
    "Copia di consultazione. Vale il testo che leggi in Raccordo: inquadra il codice per sapere se questa copia è "
    "aggiornata. Nomi, telefoni e file a cui il testo rimanda stanno nella pagina, sempre di oggi."
)


def copy_of(edition: Edition) -> EditionCopy:
    """The copy of the edition; where it is not drawn yet, that is asked for."""
    with transaction.atomic():
        copy, _new = EditionCopy.objects.get_or_create(edition=edition)
        if not copy.pdf:
            jobs.ask(f"edition-copy:{copy.pk}", "protocols.paper.make", copy.pk)
    return copy


def make(pk: int) -> None:
    """Job: draw the copy and keep it; what was drawn once stays."""
    copy = EditionCopy.objects.select_related("edition__page").get(pk=pk)
    if not copy.pdf:
        EditionCopy.objects.filter(pk=pk).update(pdf=drawn(copy))


def standing(copy: EditionCopy) -> str:
    """«Copia aggiornata», or since when it is not; it names neither the page nor what holds now."""
    edition = Edition.objects.with_ends().get(pk=copy.edition_id)
    if edition.superseded_from:
        return _("Copia superata %(day)s") % {"day": dates.in_words(edition.superseded_from, article="dal")}
    page: Any = copy.edition.page.specific
    until = page.valid_until if page.version == edition.version else edition.valid_until
    if not page.live or (until and until < timezone.localdate()):
        return _("Copia non più in vigore")
    return _("Copia aggiornata")


def drawn(copy: EditionCopy) -> bytes:
    return compiled(SOURCE, _said(copy), int(copy.edition.published_at.timestamp()))


def compiled(source: Path, said: dict[str, Any], moment: int, standards: Standards = ("a-2a", "ua-1")) -> bytes:
    """The PDF; a sign that no font of ours can write becomes a question mark, as the standards want all to be shown."""
    data = json.dumps(said, ensure_ascii=False, sort_keys=True)
    while True:
        try:
            return _compiled(source, data, moment, standards)
        except typst.TypstError as problem:
            data, before = _without(data, _unwritable(str(problem))), data
            if data == before:
                raise


def _compiled(source: Path, data: str, moment: int, standards: Standards) -> bytes:
    found: bytes = typst.compile(
        str(source), root=str(source.parent), font_paths=[str(FONTS)], ignore_system_fonts=True, format="pdf",
        sys_inputs={"data": data}, pdf_standards=list(standards), timestamp=moment,
    )  # fmt: skip
    return found


def _unwritable(problem: str) -> set[str]:
    found = re.search(r'the text `"(.+?)"` could not be displayed', problem)
    return {sign for sign in found[1] if not sign.isascii()} if found else set()


def _without(data: str, signs: set[str]) -> str:
    return data.translate({ord(sign): "?" for sign in signs})


def _said(copy: EditionCopy) -> dict[str, Any]:
    edition, page = copy.edition, copy.edition.page.specific
    address = address_of(copy)
    begins = dates.in_words(edition.begins, article="dal")
    return {
        "title": edition.title,
        "short": edition.title if len(edition.title) <= SHORT else f"{edition.title[:SHORT].rstrip()}…",
        "kind": str(page.kind_label),
        "code": page.code,
        "version": edition.version,
        "holds": _("In vigore %(day)s") % {"day": begins},
        "facts": [fact for fact in (edition.registered, edition.act) if fact],
        "change_note": edition.change_note,
        "notice": str(NOTICE),
        "sha256": edition.sha256,
        "parts": list(_parts(edition)),
        "qr": qr(address),
        "qr_alt": _("Codice QR che porta a %(address)s") % {"address": address},
    }


def address_of(copy: EditionCopy) -> str:
    """Where anybody who holds the paper learns whether it still holds."""
    return settings.BASE_URL + reverse("verify_copy", args=[copy.token])


def qr(address: str) -> str:
    found = io.BytesIO()
    segno.make_qr(address, error="m").save(found, kind="svg", border=2, xmldecl=False)
    return found.getvalue().decode()


def _parts(edition: Edition) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    steps = 0
    for part in record.parts(edition):
        groups = _groups(part)
        if part.field == "steps":
            if not steps:
                found.append({"heading": str(record.FIELDS["steps"]), "level": 2, "groups": []})
            steps += 1
            found.append({"heading": f"{steps}. {part.heading}", "level": 3, "groups": groups})
        elif groups or part.field == "body":
            found.append({"heading": part.heading, "level": 2, "groups": groups})
    return found


def _groups(part: Part) -> list[dict[str, Any]]:
    """The pieces as they are drawn; what only points elsewhere is left to the page."""
    pieces = [piece for piece in part.pieces if piece.kind not in POINTING]
    found = []
    for (kind, numbered), run in groupby(pieces, key=lambda piece: (piece.kind, bool(piece.number))):
        drawn_as = "numbered" if numbered else kind
        together = [_piece(piece) for piece in run]
        bundles = [together] if kind in LISTS else [[each] for each in together]
        found += [{"kind": drawn_as, "pieces": bundle} for bundle in bundles]
    return found


def _piece(piece: Piece) -> dict[str, Any]:
    cells: Any = piece.cells
    if piece.kind == "step":
        said = dict(each for each in piece.cells if len(each) == 2)
        cells = [(str(label), said[name]) for name, label in STEP_CELLS.items() if name in said]
    runs = [
        {"text": run.text, "marks": sorted(run.marks), "to": run.to if run.to.startswith(OUTWARDS) else ""}
        for run in piece.runs
    ]
    return {"text": piece.text, "cells": cells, "runs": runs, "number": piece.number}
