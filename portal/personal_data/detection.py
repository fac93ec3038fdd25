"""Data of assisted people in a text: what it looks like, and where it stands.

A network's portal holds no case data (GDPR arts. 5, 9, 25; law 119/2001). In a Comune of two thousand inhabitants two
initials and an illness name somebody: words are looked for beside each other, not alone. Every pattern is linear.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from stdnum import iban
from stdnum.it import codicefiscale

NEAR = 90  # letters between two words that belong together; they must stand in one sentence


class Kind(TextChoices):
    TAX_CODE = "codice-fiscale", _("un codice fiscale")
    IBAN = "iban", _("un IBAN")
    MOBILE = "cellulare", _("un numero di cellulare")
    ADDRESS = "indirizzo", _("l’indirizzo di casa di qualcuno")
    BIRTH = "nascita", _("il giorno di nascita di qualcuno")
    HEALTH = "salute", _("iniziali con notizie di salute")


ON_LETTERHEADS = {Kind.IBAN, Kind.MOBILE}  # of an office's file, too: they are asked about, and hide nothing


@dataclass(frozen=True)
class Finding:
    """Some words of a text that look like somebody's data, and the name of the part where they stand."""

    kind: Kind
    words: str
    place: str = ""

    @property
    def is_certain(self) -> bool:
        """A personal tax code whose check digit is right: it is somebody's, whatever is said of it."""
        return self.kind == Kind.TAX_CODE


# Four groups, with or without a gap between; letters stand for figures where two people would have the same code.
TAX_CODE = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{3}[ .-]?[A-Z]{3}[ .-]?[0-9LMNPQRSTUV]{2}[ .-]?[A-EHLMPRST][ .-]?[0-9LMNPQRSTUV]{2}"
    r"[ .-]?[A-Z][ .-]?[0-9LMNPQRSTUV]{3}[ .-]?[A-Z](?![A-Za-z0-9])",
    re.IGNORECASE,
)
ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE)
MOBILE = re.compile(
    r"(?:(?<![\w./,+-])|(?<=[A-Za-z]\.))(?<!€ )(?:(?:\+|00)39[ ./-]?)?(?:3[2-9]\d|\(3[2-9]\d\) ?)"
    r"(?:[ ./-]?\d{6,7}|[ .-]\d{3}[ .-]\d{3,4}"
    r"|[ .-]\d{2}[ .-]\d{2}[ .-]\d{2,3}|[ .-]\d{3}[ .-]\d{2}[ .-]\d{2})(?![\w%€]|[.,/-]\d| ?€)"
)
INITIALS = re.compile(r"(?<![\w.])[A-Z]\. ?[A-Z]\.(?! ?[A-Z]\.)(?!\w)")
# Without stops two capitals are an office too: they count where the words of health are said of them at once.
BARE_INITIALS = re.compile(
    r"(?<![\w.’'])(?<!\b[Ii]l )(?<!\b[Ll]o )(?<!\b[Ll]a )(?<!\b[Uu]n )[A-Z]{2}"
    r"(?=,? (?:(?:è|era|risulta|soffre|affett[oa])(?: (?:di|da|stat[oa]|molto|ancora))? (\w{2,20}(?: cura\b)?)))"
)
NUMBER_FIRST = re.compile(
    r"(?:\bn\. ?|\bn° ?|\bcivico |\bnumero )\d{1,4} (?:di|del|della) (?:via|viale|vicolo|piazza|corso|largo|borgo) "
    r"[A-ZÀ-Ý]\w*",
    re.IGNORECASE,
)
STREET = re.compile(
    r"\b(?:via|viale|vicolo|piazza|piazzetta|piazzale|corso|largo|borgo|località|loc\.|frazione) "
    r"(?:[A-ZÀ-Ý][\w’'.]*|d[aei]\w{0,3}|del(?:l[ao’'])?|\d{1,2})[^\n.;:!?]{0,40}?[ ,](?:n\. ?|n° ?|civico )?\d{1,4}\b",
    re.IGNORECASE,
)
LIVES = re.compile(
    r"\b(?:abita(?:no|va)?|viv(?:e|ono|eva)|risied(?:e|ono)|residente|domiciliat[oaei]|dimora|casa (?:sua|loro)"
    r"|(?:sua|loro) casa|indirizzo di casa|abitazione|domicilio(?= in\b|:)|al suo indirizzo|ricoverat[oa] in casa)\b",
    re.IGNORECASE,
)
MONTHS = "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"
BIRTH = re.compile(
    rf"\b(?:nat[oa]\b[^\n.;!?]{{0,30}}?|(?:data|giorno) di nascita:? )"
    rf"(?:il |l[’'])?(?:\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\d{{1,2}}°? (?:{MONTHS}) \d{{4}})\b",
    re.IGNORECASE,
)
HEALTH = re.compile(
    r"\b(?:diabet|tumor|cancr|neoplas|oncologic|chemioterap|leucemi|depress[aeio]|ansios|schizofren|psicos|psichiatr|bipolar"
    r"|demen[tz]|alzheimer|parkinson|hiv\b|aids\b|epatit|sieropositiv|tossicodipenden|alcolist|alcolism"
    r"|dipendenz|eroina|cocaina|metadone|epiless|epilett|autis|down\b|invalid|disabil|handicap|paralis|ictus|infart|dialisi|incinta|gravidanz|abort"
    r"|anoress|bulim|suicid|autolesion|maltrattat|abusat|violentat|allettat|non vedente"
    r"|ipovedent|ciec[ao]\b|sord[oa]\b|in cura\b"
    r"|malat[oa]\b|patologi|diagnos|disturb)",
    re.IGNORECASE,
)
END = re.compile(r"(?<![A-Z])[.!?;](?=\s|$)|\n")


def find(text: str, place: str = "") -> list[Finding]:
    """What looks like somebody's data, in the order of the kinds."""
    return [Finding(kind, words, place) for kind, words in _all(text)]


def certain(text: str, place: str = "", most: int = 20) -> list[Finding]:
    """The first of what is somebody's whatever is said of it: of five million letters no more is asked."""
    found = (Finding(kind, words, place) for kind, words in _all(text))
    return list(islice(takewhile(lambda each: each.is_certain, found), most))


def _all(text: str) -> Iterator[tuple[Kind, str]]:
    for match in TAX_CODE.finditer(text):
        if codicefiscale.is_valid(re.sub(r"[ .-]", "", match[0])):
            yield Kind.TAX_CODE, match[0]
    for match in ACCOUNT.finditer(text):
        if words := _account(match[0]):
            yield Kind.IBAN, words
    for match in MOBILE.finditer(text):
        yield Kind.MOBILE, match[0]
    for match in STREET.finditer(text):
        if LIVES.search(_before(text, match.start())):
            yield Kind.ADDRESS, match[0]
    for match in NUMBER_FIRST.finditer(text):
        if LIVES.search(_before(text, match.start())):
            yield Kind.ADDRESS, match[0]
    for match in BIRTH.finditer(text):
        yield Kind.BIRTH, match[0]
    for match in INITIALS.finditer(text):
        if HEALTH.search(_around(text, match)):
            yield Kind.HEALTH, match[0]
    for match in BARE_INITIALS.finditer(text):
        if HEALTH.match(match[1]):
            yield Kind.HEALTH, match[0]


def _account(words: str) -> str:
    """The IBAN at the beginning of the words: what follows it without a stop may be glued to it."""
    compact = re.sub(r"[ -]", "", words).upper()
    length = 27 if compact.startswith("IT") else len(compact)
    return compact[:length] if iban.is_valid(compact[:length]) else ""


def _before(text: str, start: int) -> str:
    """The words before, in the same sentence."""
    near = text[max(0, start - NEAR) : start]
    return END.split(near)[-1]


def _around(text: str, match: re.Match[str]) -> str:
    """The words beside the match, in the same sentence."""
    return f"{_before(text, match.start())} {END.split(text[match.end() : match.end() + NEAR])[0]}"
