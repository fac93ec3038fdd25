"""The text of a file is looked at while it comes in, before it is kept for others to open: what is in it, and where.

A tax code is refused at the door. What only looks like somebody's data hides the file until its uploader has said why
it may stay; of a telephone or an account, which a letterhead has too, the uploader is only asked
(`portal/personal_data/reports.py`).
"""

from typing import Any

from django.utils.translation import gettext as _

from portal.models.media import Document
from portal.personal_data import detection, guard
from portal.personal_data.detection import Finding

from . import extraction
from .extraction import Extraction, problems

PATIENCE = 8.0  # seconds; whoever sends files waits for their text so long, however many they are


def read(file: Any, within: float | None = None) -> Extraction | None:
    """The text of what was sent; None where it takes longer (in seconds) than its sender waits: then a job reads it."""
    within = PATIENCE if within is None else within
    if within <= 0:
        return None
    file.seek(0)
    found = extraction.extract(file.read(), file.name, within=within)
    file.seek(0)
    return None if found.problem == problems.SLOW else found


def findings(pages: list[str], beside: str = "") -> list[Finding]:
    """What looks like somebody's data, but for the directory's telephones. Beside its text only the certain counts."""
    places = [_("a pagina %(number)d") % {"number": number} for number in range(1, len(pages) + 1)]
    if len(pages) == 1:
        places = [_("nel testo")]
    found = guard.find(zip(places, pages, strict=True))
    place = _("fra commenti, parole cancellate o proprietà") if pages else _("nel testo")
    return list(dict.fromkeys([*found, *detection.certain(beside, place)]))


def of(document: Document, beside: str = "") -> list[Finding]:
    return findings(document.text_pages, beside)


def in_words(found: list[Finding], most: int = 5) -> str:
    """«un codice fiscale («RSSMRA80A01H501U», a pagina 2)»."""
    shown = [f"{each.kind.label} («{each.words}», {each.place})" for each in found[:most]]
    return "; ".join(shown) + (_(" e altro ancora") if len(found) > most else "")


def refusal(read: Extraction) -> str:
    """Why the file is not taken, whatever is said of it; empty where it may be."""
    certain = [each for each in findings(read.pages, read.beside) if each.is_certain]
    if not certain:
        return ""
    return _(
        "Nel file si legge %(what)s: togli quelle parole e ricarica il file. Nel portale non si tengono dati di "
        "persone seguite dai servizi."
    ) % {"what": in_words(certain)}  # fmt: skip
