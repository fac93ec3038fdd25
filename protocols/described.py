"""What a form asks for, as its edition describes it: what its files are made of."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.words import dates

from . import paper
from .models import Edition, EditionCopy, form_fields

KINDS = {"pdf": "application/pdf", "odt": "application/vnd.oasis.opendocument.text"}


@dataclass(frozen=True)
class Field:
    """One thing to fill in or to read, under the number that it keeps from edition to edition."""

    kind: str
    key: str
    label: str
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        """How a screen reader names it."""
        return ". ".join(filter(None, [self.label, _("Obbligatorio") if self.required else "", self.help]))


def is_described(edition: Edition) -> bool:
    return bool(edition.content.get("form_fields"))


def fields(edition: Edition) -> list[Field]:
    return [_field(row) for row in edition.content["form_fields"]]


def _field(row: dict[str, Any]) -> Field:
    kind, key, value = row["type"], row["id"], row["value"]
    if kind in form_fields.WORDS:
        return Field(kind, key, str(value))
    choices = tuple(form_fields.choices_of(value))
    return Field(kind, key, value["label"], value.get("help") or "", bool(value.get("required")), choices)


def said(copy: EditionCopy) -> dict[str, Any]:
    """What both files say around the fields."""
    edition, page = copy.edition, copy.edition.page.specific
    address = paper.address_of(copy)
    day = {"version": edition.version, "day": dates.in_words(edition.begins, article="del")}
    return {
        "title": edition.title,
        "code": page.code,
        "edition": _("versione %(version)s %(day)s") % day,
        "summary": edition.content.get("summary", ""),
        "note_heading": _("Prima di compilarlo"),
        "note": edition.content.get("note", ""),
        "notice": _("Si compila fuori dal portale, che non riceve e non conserva quello che scrivi."),
        "required": _("obbligatorio"),
        "empty": {"date": _("giorno, mese, anno"), "number": _("in cifre")},
        "fields": [asdict(field) for field in fields(edition)],
        "address": address,
        "qr": paper.qr(address),
        "qr_alt": _("Codice QR: dice se questo modulo è ancora quello in vigore, a %(address)s") % {"address": address},
    }  # fmt: skip
