"""What a document of Word becomes as a protocol or as a procedure."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.utils.translation import gettext_lazy as _

from portal.pages.blocks import plain
from portal.pages.from_word import kinds
from portal.pages.from_word.kinds import Pictures, Place, Target
from portal.pages.pasting.reading import Part, Pasted

from .models import ProcedurePage, ProtocolPage
from .models.protocols import SECTIONS

LONGEST_STEP = 80
WORDS = (
    r"finalita|scop[oi]|obiettiv|oggetto|premess|perche",
    r"destinatar|a-chi-(?:si-rivolge|e-rivolt)|beneficiar|campo-d|ambito|utenti|target",
    r"chi-fa|ruoli|compiti|responsabilita|soggetti|attori|competenz|impegni|modalita-operativ",
    r"temp[ie]|tempistic|termini|scadenz|entro-quando|cronoprogramm|durata",
    r"fluss[oi]|comunicazion|circolazion|scambi[oa]|informazion|raccord",
    r"dat[io]\b|riservatezz|privacy|trattamento|protezione-dei-dati|segreto",
    r"verific|monitoragg|valutazion|indicator|revision|aggiornament",
    r"contatt|recapit|riferiment[io]\b(?!-norm)|referent|a-chi-rivolgersi|numeri",
)
PROTOCOL = tuple(
    Place(f"s{number}", heading, words) for number, (heading, words) in enumerate(zip(SECTIONS, WORDS, strict=True), 1)
)
PROCEDURE = (
    Place(
        "when_to_use",
        _("Quando si usa"),
        r"quando-(?:si-(?:usa|applica)|usarla)|finalita|scop[oi]|oggetto|premess|ambito|campo-d",
    ),
    Place("when_not", _("Quando non si usa"), r"quando-non|esclus|non-si-(?:usa|applica)|eccezion|limiti"),
)
IN_ORDER = re.compile(
    r"pass[io]\b|fas[ei]\b|attivita|svolgiment|iter\b|sequenz|procedi?ment|procedura|come-si|modalita"
)


class ProcedureTarget(Target):
    """A procedure has steps and no sections: each heading is one, or each item of the counted list under it."""

    def missing(self, places: Any) -> list[Place]:
        return []

    def fill(self, page: Any, pasted: Pasted, places: Sequence[str], pictures: Pictures) -> None:
        steps: list[tuple[str, str]] = []
        for part, place in zip(pasted.parts, places, strict=True):
            if place == kinds.LEFT_OUT:
                continue
            if place or (not part.heading and not _items(part)):
                name = place or "when_to_use"
                setattr(page, name, "\n\n".join(filter(None, [getattr(page, name), kinds.lines(part)])))
            else:
                steps += _steps(part)
        page.steps = [{"type": "step", "value": {"title": title, "text": text}} for title, text in steps]


def _steps(part: Part) -> list[tuple[str, str]]:
    """Title and words of each step that a part is."""
    items = _items(part)
    if items and (not part.heading or IN_ORDER.search(kinds.as_address(part.heading))):
        return [(_short(each), each) for each in items]
    heading = kinds.tidy_heading(part.heading)
    text = kinds.lines(part)
    return [(_short(heading), text if len(heading) <= LONGEST_STEP else f"{heading}\n\n{text}")]


def _items(part: Part) -> list[str]:
    """What stands in the counted lists of a part, item by item, with what lies below each."""
    html = "".join(each for each in part.content if isinstance(each, str))
    lists = BeautifulSoup(html, "html.parser").find_all("ol", recursive=False)
    items = [item for each in lists for item in each.find_all("li", recursive=False) if isinstance(item, Tag)]
    return [unescape(plain(item.decode_contents())) for item in items] if len(items) > 1 else []


def _short(words: str) -> str:
    """The first sentence, or as much of it as a title holds."""
    first = re.split(r"(?<=[.;:!?])\s|\n", words.strip(), maxsplit=1)[0].rstrip(".;:")
    return first if len(first) <= LONGEST_STEP else first[: LONGEST_STEP - 1].rsplit(" ", 1)[0] + "…"


kinds.register(Target(ProtocolPage, PROTOCOL))
kinds.register(ProcedureTarget(ProcedurePage, PROCEDURE, as_it_is=_("Passi della procedura"), takes_pictures=False))
