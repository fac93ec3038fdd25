"""What of a difference touches its reader's roles, profession or body: only what is written, and always with why.

Nobody is put beside a text by likeness: a part touches whoever it names, in its words of now or of then, whoever's body
does it in a way of its own, and whoever's body joins or leaves those that sign.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import access
from portal.models import Organisation, Term, User
from portal.models.glossary import Relation
from portal.models.vocabulary import Profession

from .comparison import STEP_CELLS, ComparedPart, Comparison, Line
from .holding import last_said
from .matrix import short
from .models import Adoption, Edition
from .models.rules import RulePage

AROUND = 50  # signs quoted on either side of a name
BETWEEN = r"[^\w\n]{1,3}"  # a blank, an apostrophe, a comma and a blank
FOLDED = 4  # letters: shorter words have one form
WHOSE_STEP = ("who", "position", "lane")


@dataclass(frozen=True)
class Touch:
    """By what the reader is touched, what it is to the reader, and how one sees it."""

    name: str
    whose: str
    why: str


@dataclass(frozen=True)
class Known:
    """One thing that the reader is or has, under each of its names, the longest first."""

    whose: str
    names: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True)
class Touched:
    """The parts that changed, each with what of it touches the reader."""

    knows: bool  # whether anything is known of the reader
    parts: tuple[tuple[ComparedPart, tuple[Touch, ...]], ...]

    def of(self, part: ComparedPart) -> tuple[Touch, ...]:
        return next((touches for each, touches in self.parts if each is part), ())

    def sentence(self, url: str = "") -> SafeString | str:
        """Which parts they are, each with its link below `url`; or that none is."""
        if not self.knows:
            return _("Nel tuo profilo non ci sono professione, ruoli ed ente: che cosa ti riguarda non si può dire.")
        found = [part for part, touches in self.parts if touches]
        if not found:
            return _(
                "Nessuna parte che cambia nomina la tua professione, i tuoi ruoli o il tuo ente. Leggile comunque."
            )
        named = format_html_join(", ", "{}", ((_linked(part, url),) for part in found))
        words = ngettext("Ti riguarda %(count)d parte", "Ti riguardano %(count)d parti", len(found))
        return format_html("{}: {}.", words % {"count": len(found)}, named)


def touched(
    page: RulePage, comparison: Comparison, editions: Iterable[Edition], between: tuple[Edition, Edition], user: Any
) -> Touched | None:
    """For somebody who has entered; `editions` are those that the person may read."""
    if not isinstance(user, User) or not comparison.changed:
        return None
    known = list(_known(user))
    first, last = (each.begins for each in between)
    adapted = _adapted(page, [each for each in editions if first <= each.begins <= last], user)
    body = str(user.organisation or "")
    parts = ((part, tuple(_touches(part, known, body, adapted))) for part in comparison.changed)
    return Touched(bool(known), tuple(parts))


def _linked(part: ComparedPart, url: str) -> SafeString:
    name = part.name or _("All’inizio")
    return format_html('<a href="{}#{}">{}</a>', url, part.anchor, name) if part.anchor else format_html("{}", name)


def _touches(part: ComparedPart, known: list[Known], body: str, adapted: set[str]) -> Iterator[Touch]:
    now, then = set(part.now), set(part.then)
    if part.field == "signatories":  # whoever signs before and after is not touched by whoever else comes
        if body and (joins := body in {line.text for line in now}) != (body in {line.text for line in then}):
            why = _("Entra fra gli enti firmatari.") if joins else _("Non è più fra gli enti firmatari.")
            yield Touch(body, _("il tuo ente"), why)
        return
    lines = [(line, True) for line in part.now] + [(line, False) for line in part.then if line not in now]
    first = {str(STEP_CELLS[name]) for name in WHOSE_STEP}
    # who does it, then what is new or gone, then what stays around it
    lines.sort(key=lambda each: (each[0].kind != "cell" or each[0].label not in first, each[0] in now & then))
    texts = [(text, _plain(text), is_now) for line, is_now in lines if (text := _said(line))]
    for each in known:
        if found := _named(each, texts):
            yield found
    if adapted & part.anchors:
        yield Touch(body, _("il tuo ente"), _("Ha un suo adattamento di questa sezione."))


def _said(line: Line) -> str:
    return unicodedata.normalize("NFC", f"{line.label}: {line.text}" if line.label else line.text)


def _named(known: Known, texts: list[tuple[str, str, bool]]) -> Touch | None:
    for name, pattern in known.names:
        for text, plain, is_now in texts:
            if found := pattern.search(plain):
                words = _("Si legge «%(words)s».") if is_now else _("Prima si leggeva «%(words)s».")
                return Touch(name, known.whose, words % {"words": _quoted(text, *found.span())})
    return None


def _quoted(text: str, start: int, end: int) -> str:
    """The name among its words."""
    before, after = text[:start], text[end:]
    if len(before) > AROUND:
        before = f"…{before[-AROUND:].partition(' ')[2]}"
    if len(after) > AROUND:
        after = f"{after[:AROUND].rpartition(' ')[0]}…"
    return " ".join(f"{before}{text[start:end]}{after}".split())


# --- What is known of the reader -------------------------------------------------------------------------


def _known(user: User) -> Iterator[Known]:
    for role in user.positions.values_list("name", flat=True):
        yield from _called(_("il tuo ruolo nella rete"), [(role, _any_form(role))])
    if user.profession:
        names = [(name, _any_form(name)) for name in _of_profession(user.profession)]
        yield from _called(_("la tua professione"), names)
    if body := user.organisation:
        # A municipality is called by its name alone; a name has no plural.
        names = [(body.name, list(map(re.escape, _words(each)))) for each in (short(body), *_also_called(body))]
        yield from _called(_("il tuo ente"), names)


def _also_called(body: Organisation) -> list[str]:
    """«SdS»: what the glossary gives as another name of this body; a word in small letters may be any body's."""
    found: list[str] = []
    for term in Term.objects.exclude(relation=Relation.AMBIGUOUS):
        names = [term.word, *term.synonyms]
        if any(_words(each) == _words(body.name) for each in names):
            found += [each for each in names if each != each.lower()]
    return found


def _called(whose: str, names: list[tuple[str, list[str]]]) -> Iterator[Known]:
    """Each name with the words by which it is found."""
    patterns = tuple((name, _pattern(words)) for name, words in names if words)
    if patterns:
        yield Known(whose, patterns)


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Whole words, one beside the other; «SDS-0168» is the number of an act."""
    return re.compile(rf"(?<!\w){BETWEEN.join(words)}(?!\w|[-/]\d)")


def _of_profession(profession: Profession) -> list[str]:
    """«Assistente sociale, tutela minori» is an «Assistente sociale»; so is whoever's word of the network begins so."""
    whole, head = profession.name, profession.name.partition(",")[0].strip()
    words = _words(head)
    wider = [
        name for name in Profession.objects.values_list("name", flat=True) if _words(name) == words[: len(_words(name))]
    ]
    return sorted({whole, head, *wider}, key=lambda name: (-len(name), name))


def _any_form(name: str) -> list[str]:
    """Of each word the singular and the plural, of a man or of a woman: «educatore», «educatrici»."""
    return [_form(word) for word in _words(name)]


def _form(word: str) -> str:
    if len(word) < FOLDED or word[-1] not in "aeio":
        return re.escape(word)
    if agent := re.fullmatch(r"(.+t)(?:or|ric)[ei]", word):
        return rf"{re.escape(agent[1])}(?:or|ric)[ei]"
    return re.escape(re.sub(r"[hi]?[aeio]$", "", word)) + "[hi]?[aeio]"


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", _plain(unicodedata.normalize("NFC", name)))


class _Plain(dict[int, str]):
    """Small letters without accents, sign by sign: what is found stands at the same place in the text."""

    def __missing__(self, sign: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(sign))[0].lower()
        self[sign] = plain if len(plain) == 1 else chr(sign)
        return self[sign]


_SIGNS = _Plain()


def _plain(text: str) -> str:
    return text.translate(_SIGNS)


# --- What the reader's body does in its own way ----------------------------------------------------------


def _adapted(page: RulePage, editions: list[Edition], user: User) -> set[str]:
    """The sections for which the body has a text of its own that holds today."""
    if user.organisation is None:
        return set()
    rows = Adoption.objects.filter(edition__in=editions, organisation=user.organisation)
    said: dict[int, list[Adoption]] = {}
    for row in access.allowed(rows, user):
        said.setdefault(row.edition_id, []).append(row)
    return {anchor for words in said.values() for anchor in _anchors(words, timezone.localdate())}


def _anchors(words: list[Adoption], day: date) -> list[str]:
    last = last_said(words)
    return list(last.sections) if last and last.is_adapted_on(day) else []
