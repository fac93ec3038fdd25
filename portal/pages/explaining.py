"""The words of the glossary explained where a text first uses them; its codes and its contacts as links.

What a text cites is the same for everybody and is found once, in whichever process shows it; what a reader may follow,
and what the page has explained before, is looked at each time.
"""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from html import escape
from typing import Any

from bs4 import BeautifulSoup
from django.db.models import CharField, F, QuerySet
from wagtail.models import Page

from portal import access, prepared
from portal.models import Term
from portal.models.glossary import KEPT as GLOSSARY
from portal.models.kept import Kept
from portal.pages import addresses
from portal.words import contacts

LONGEST_ARTICLE = 8  # «nell’», «dell’», «quest’»: what is longer is no article, and is not looked at
ARTICLE = re.compile(r"(?<!\w)\w{0,7}[’']$")
ON_ONE_LINE = 24  # letters of a word that fits into the line of a phone, with its article
UNTOUCHED = {"a", "button", "h1", "h2", "h3", "h4", "script", "style", "code"}
TEXTS_KEPT = 1024
OPEN, SHUT = "\ue000", "\ue001"  # letters that nobody types stand where a word stood
PLACE = re.compile(f"{OPEN}(\\d+){SHUT}")


@dataclass(frozen=True)
class Cited:
    """A word of the glossary or a code, as a text holds it, with the article before it."""

    word: str
    article: str = ""
    codes: tuple[str, ...] = ()  # what it stands for, where it is a code

    def shown(self, reading: "Reading") -> str:
        word = escape(self.word, quote=False)
        code = next((code for code in self.codes if reading.codes.get(code)), "")
        if code:
            return f'{self.article}<a class="together" href="/p/{code}/">{word}</a>'
        meaning = reading.meanings.get(self.word)
        if meaning is None or self.word in reading.seen:
            return f"{self.article}{word}"
        reading.seen.add(self.word)
        explained = _definition(word, meaning, len(reading.seen))
        if not self.article or len(self.word) > ON_ONE_LINE:
            return f"{self.article}{explained}"
        # A button is a box: between «all’» and the box the line would break.
        return f'<span class="together">{self.article}{explained}</span>'


@dataclass
class Reading:
    """What one page view knows of words and codes; read once, whatever the number of texts."""

    pattern: re.Pattern[str]
    meanings: dict[str, str]
    user: Any = None
    codes: dict[str, bool] = field(default_factory=dict)  # whether the reader may see the page of each
    seen: set[str] = field(default_factory=set)

    def explained(self, html: str) -> str:
        """HTML that is safe, the same with definitions and links."""
        parts = _parts(html, self.pattern)
        self.ask({code for part in parts if isinstance(part, Cited) for code in part.codes})
        return "".join(part if isinstance(part, str) else part.shown(self) for part in parts)

    def ask(self, cited: set[str]) -> None:
        """Which of the codes lead anywhere for the reader: one question for all of them."""
        new = cited - set(self.codes)
        if new and self.user is not None:
            found = _codes_of(self.user, new)
            self.codes |= {code: code in found for code in new}


def reading(request: Any, page: Any = None) -> Reading:
    """That of the request: a word is explained once in it."""
    if request is None:
        return Reading(code_pattern(), {})
    found: Reading | None = request.__dict__.get("_reading")
    if found is None:
        pattern, meanings = glossary.get()
        found = request.__dict__["_reading"] = Reading(pattern, meanings, getattr(request, "user", None))
        found.ask(_codes_in(_texts_of(page)))
    return found


def _codes_in(text: str) -> set[str]:
    return {code for match in code_pattern().finditer(text) for code in _codes_meant(match.group(0))}


def _texts_of(page: Any) -> str:
    """All that a page says, roughly: so that the codes in all of its parts are asked for at once."""
    if not isinstance(page, Page):
        return ""
    values = (field.value_from_object(page) for field in page._meta.local_concrete_fields)
    return " ".join(str(getattr(value, "raw_data", value)) for value in values)


@lru_cache(maxsize=TEXTS_KEPT)
def _parts(html: str, pattern: re.Pattern[str]) -> tuple[str | Cited, ...]:
    """The HTML around what it cites, contacts already links; the pattern changes with the glossary."""
    if not (pattern.search(html) or contacts.CONTACT.search(html)):
        return (html,)
    read = str(BeautifulSoup(html, "html.parser"))  # so that no letter hides behind its number
    soup, cited = BeautifulSoup(read.replace(OPEN, "").replace(SHUT, ""), "html.parser"), list[Cited]()
    for node in list(soup.find_all(string=True)):
        if any(parent.name in UNTOUCHED for parent in node.parents):
            continue
        text = str(node)
        new = _marked(text, pattern, cited)
        if new != escape(text, quote=False):
            node.replace_with(BeautifulSoup(new, "html.parser"))
    pieces = PLACE.split(str(soup))
    return tuple(cited[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces))


def _marked(text: str, pattern: re.Pattern[str], cited: list[Cited]) -> str:
    """The text, escaped, its contacts as links, a mark in the place of each word that it cites."""
    parts, last = [], 0
    for start, end, link in contacts.found(text):
        parts += [_words_marked(text[last:start], pattern, cited), link]
        last = end
    return "".join([*parts, _words_marked(text[last:], pattern, cited)])


def _words_marked(text: str, pattern: re.Pattern[str], cited: list[Cited]) -> str:
    """Between one contact and the next: the words of the glossary and the codes."""
    parts, last = [], 0
    for match in pattern.finditer(text):
        word, before = match.group(0), escape(text[last : match.start()], quote=False)
        article = ARTICLE.search(before, max(len(before) - LONGEST_ARTICLE, 0))
        codes = _codes_meant(word) if code_pattern().fullmatch(word) else []
        parts += [before[: article.start()] if article else before, f"{OPEN}{len(cited)}{SHUT}"]
        cited.append(Cited(word, article.group(0) if article else "", tuple(codes)))
        last = match.end()
    return "".join([*parts, escape(text[last:], quote=False)])


def _definition(word: str, meaning: str, place: int) -> str:
    return (
        f'<button type="button" class="term" popovertarget="def-{place}">{word}</button>'
        f'<span class="def" id="def-{place}" popover role="note"><b>{word}</b>: {escape(meaning, quote=False)}</span>'
    )


def code_pattern() -> re.Pattern[str]:
    """Known once the kinds of page are."""
    return _compiled(addresses.code_in_text())


@cache
def _compiled(code: str) -> re.Pattern[str]:
    return re.compile(rf"\b{code}\b")


def _codes_meant(word: str) -> list[str]:
    """What a code, however written, may stand for: as it stands first."""
    try:
        return [word, addresses.normal_code(word)]
    except addresses.UnreadableCode:
        return [word]


def _codes_of(user: Any, codes: set[str]) -> set[str]:
    """Those of the codes that pages which the person may see have, or once had."""
    slugs = prepared.several("slug", sorted(code.lower() for code in codes))
    rows = prepared.answers(("pages of codes", len(slugs)), partial(_pages_of_codes, slugs), **slugs)
    return {row.called.upper() for row in access.rows_seen(user, rows)}


def _pages_of_codes(slugs: dict[str, str]) -> QuerySet[Any, Any]:
    """What decides whether they may be read, of the pages that have one of these codes or once had it."""
    these, below = prepared.places(slugs, CharField()), access.SPACE_DEPTH
    pages = Page.objects.order_by().filter(depth__gt=below, slug__in=these).annotate(called=F("slug"))
    old = Page.objects.order_by().filter(depth__gt=below, old_addresses__slug__in=these)
    was = old.annotate(called=F("old_addresses__slug"))
    asked = ("called", *access.DECIDING)
    return pages.values_list(*asked, named=True).union(was.values_list(*asked, named=True), all=True)


def _read_glossary() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for every word of the glossary and every code; all senses of an ambiguous word together."""
    meanings: dict[str, str] = {}
    for term in Term.objects.all():
        word = term.word
        # Common words of the trade, in small letters and alone, need no explaining in every sentence.
        if len(word) > 1 and (" " in word or word != word.lower()):
            meanings[word] = f"{meanings[word]}; oppure {term.meaning}" if word in meanings else term.meaning
    words = sorted((re.escape(word) for word in meanings), key=len, reverse=True)
    code = rf"\b{addresses.code_in_text()}\b"
    return re.compile(r"(?<![\w@.-])(?:" + "|".join([*words, code]) + r")(?![\w@-]|\.\w)"), meanings


glossary = Kept(GLOSSARY, _read_glossary)
