"""What goes with a space that is taken away: its editions, as a table, their copies on paper, and its blank forms."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from portal.files import sheets
from portal.models import Space
from portal.spaces import export

from .models import Edition, EditionCopy

PAPERS = 20  # held in memory at a time


def _editions(space: Space, pages: list[Any]) -> Iterable[export.Piece]:
    """Of the pages that the person reads, the editions that the readers of this space read."""
    codes = {page.pk: page.code or str(page.pk) for page in pages}
    kept = Edition.objects.filter(page__in=codes, space=space).with_ends()
    found = list(kept.select_related("published_by", "approved_by").order_by("page__path", "published_at"))
    paper = EditionCopy.objects.filter(edition__in=[each.pk for each in found], pdf__isnull=False)
    drawn = set(paper.values_list("edition", flat=True))
    rows = [_row(each, codes[each.page_id], _name(each, codes) if each.pk in drawn else "") for each in found]
    if rows:
        yield "edizioni.csv", sheets.as_csv("edizioni", [_heads(), *rows])
    names = {each.pk: _name(each, codes) for each in found}
    for edition, pdf in paper.values_list("edition", "pdf").iterator(chunk_size=PAPERS):
        yield names[edition], bytes(pdf or b"")
    forms = EditionCopy.objects.filter(edition__in=names, form_pdf__isnull=False, form_odt__isnull=False)
    for edition, *made in forms.values_list("edition", "form_pdf", "form_odt").iterator(chunk_size=PAPERS):
        for kind, file in zip(("pdf", "odt"), made, strict=True):
            yield names[edition].replace(".pdf", f"-modulo.{kind}"), bytes(file or b"")


def _name(edition: Edition, codes: dict[int, str]) -> str:
    return f"edizioni/{codes[edition.page_id]}-{edition.version}.pdf"


def _heads() -> list[str]:
    return [_("codice"), _("titolo"), _("versione"), _("in vigore dal"), _("in vigore fino al"), _("che cosa cambia"),
            _("registro"), _("atto"), _("pubblicata da"), _("approvata da"), _("SHA-256"), _("nel file")]  # fmt: skip


def _row(edition: Edition, code: str, name: str) -> list[str]:
    last = edition.held_until or edition.valid_until
    return [
        code, edition.title, edition.version, edition.begins.isoformat(), last.isoformat() if last else "",
        edition.change_note, edition.registered, edition.act, str(edition.published_by or ""),
        str(edition.approved_by or ""), edition.sha256, name,
    ]  # fmt: skip


export.sources.append(_editions)
