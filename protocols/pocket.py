"""A procedure on one sheet for the pocket: its steps in brief, drawn once for each edition.

Like the edition on paper it names nothing that the text points at: one card serves all readers.
"""

from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.background import jobs
from portal.words import dates

from . import paper, record
from .models import Edition, EditionCopy

SOURCE = Path(__file__).parent / "paper_source" / "card.typ"


def card_of(edition: Edition) -> EditionCopy:
    """The copy of the edition that holds its card; where it is not drawn yet, that is asked for."""
    with transaction.atomic():
        copy, _new = EditionCopy.objects.get_or_create(edition=edition)
        if not copy.card:
            jobs.ask(f"edition-card:{copy.pk}", "protocols.pocket.make", copy.pk)
    return copy


def make(pk: int) -> None:
    """Job: draw the card and keep it; what was drawn once stays."""
    copy = EditionCopy.objects.select_related("edition__page").get(pk=pk)
    if not copy.card:
        EditionCopy.objects.filter(pk=pk).update(card=drawn(copy))


def drawn(copy: EditionCopy) -> bytes:
    return paper.compiled(SOURCE, _said(copy), int(copy.edition.published_at.timestamp()))


def _said(copy: EditionCopy) -> dict[str, Any]:
    edition, page = copy.edition, copy.edition.page.specific
    parts = list(record.parts(edition))
    fields = {part.field: part.pieces[0].text for part in parts if part.pieces and part.field != "steps"}
    address = paper.address_of(copy)
    return {
        "title": edition.title,
        "code": page.code,
        "version": edition.version,
        "holds": _("In vigore %(day)s") % {"day": dates.in_words(edition.begins, article="dal")},
        "when": fields.get("when_to_use", ""),
        "not_when": fields.get("when_not", ""),
        "steps": [_step(part.pieces[0].cells) for part in parts if part.field == "steps"],
        "notice": _(
            "Copia di consultazione: inquadra il codice per sapere se è aggiornata. Telefoni e moduli in Raccordo."
        ),
        "qr": paper.qr(address),
        "qr_alt": _("Codice QR che porta a %(address)s") % {"address": address},
    }


def _step(cells: Any) -> dict[str, Any]:
    said = dict(each for each in cells if len(each) == 2)
    facts = [said.get("who", ""), said.get("within", ""), said.get("form", "")]
    asked = [
        f"{said['question']} {label}: {said[name]}"
        for name, label in (("yes", _("Sì")), ("no", _("No")))
        if said.get("question") and said.get(name)
    ]
    ways = said.get("branches", "").split("\n")
    return {"title": said["title"], "facts": " · ".join(filter(None, facts)), "ways": [*asked, *filter(None, ways)]}
