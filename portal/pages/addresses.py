"""Where a page answers: at its code, in the one form it has, else at its number and a word made from its title.

Nobody has to type either: a code is mended where it is unmistakable, a word is made unique by itself. Neither says
where the page lies: who reads it alone learns no name of what stands above it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Any

from anyascii import anyascii
from django.apps import apps
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal.models.tree import SPACE_DEPTH

CODE_ADDRESS = "p"  # /p/PR-02/
PAGES_ADDRESS = "pagine"  # /pagine/12-orari/
SPACES_ADDRESS = "spazi"
RESERVED = {"condivisione", "nuovo", "notizia", "cestino", "da-word"}  # what a space answers to beside its pages
LONGEST = 80  # letters of a made word: longer ones are cut where a mail or a telephone call would lose them

SIGNS = {"So", "Sk"}  # pictures and arrows: their English names would stand in an Italian address

YEAR = "{year}"  # in the form of a code whose numbers begin anew each year

_TYPED = re.compile(r"([A-Z]{1,4})-?(?:([0-9]{4})-)?([0-9]{1,4})(?:-?(BIS|TER|QUATER))?")


class UnreadableCode(ValueError):
    """What was typed is no code, and cannot be mended into one."""


@cache
def code_forms() -> dict[str, str]:
    """Prefix → form, as the kinds of page say it: «PR» → «PR-{:02}», «D» → «D-{year}-{:03}»."""
    return {prefix: kind.code_form for prefix, kind in coded_kinds().items()}


@cache
def coded_kinds() -> dict[str, Any]:
    """Prefix → the kind of page whose codes begin so."""
    kinds: Iterable[Any] = apps.get_models()
    return {_prefix(kind.code_form): kind for kind in kinds if getattr(kind, "code_form", "")}


def prefix_of(typed: str) -> str:
    """The letters with which a code begins, however written."""
    return re.match("[A-Z]*", typed.upper())[0]  # type: ignore[index]  # it always matches


def _prefix(form: str) -> str:
    return re.split("[^A-Z]", form)[0]


def code_slug() -> str:
    """The pattern of the last word of a coded page's address."""
    return _pattern(r"[a-z]{1,4}-?[0-9]{1,4}(?:-(?:bis|ter|quater))?", str.lower)


def code_in_text() -> str:
    """The pattern of a code as texts cite it."""
    return _pattern(r"[A-Z]{1,4}-?[0-9]{1,4}(?:[ -](?:bis|ter|quater|BIS|TER|QUATER))?", str.upper)


def _pattern(numbered: str, letters: Callable[[str], str]) -> str:
    """With the codes by the year, of the kinds that have such: first, since they begin as the others do."""
    dated = [rf"{letters(prefix)}-[0-9]{{4}}-[0-9]{{1,4}}" for prefix, form in code_forms().items() if YEAR in form]
    return f"(?:{'|'.join([*dated, numbered])})"


def normal_code(typed: str) -> str:
    """The code in its one form: «pr 14», «PR/14» and «PR14» are PR-14, «M-3» is M3; other prefixes stay as they are."""
    letters = re.sub(r"[\s/._\-–—]+", "-", anyascii(typed).strip().upper()).strip("-")
    match = _TYPED.fullmatch(letters)
    if match is None:
        raise UnreadableCode(typed)
    prefix, year, number, again = match.groups()
    form = code_forms().get(prefix) or (f"{prefix}-{{}}" if letters.startswith(f"{prefix}-") else f"{prefix}{{}}")
    if bool(year) != (YEAR in form):
        raise UnreadableCode(typed)
    whole = form.format(int(number) if prefix in code_forms() else number, year=year)
    return f"{whole}-{again}" if again else whole


def code_of(page: Page) -> str:
    """The code of a page of whatever kind: it is its slug in capitals, so no other table is asked."""
    return page.slug.upper() if re.fullmatch(code_slug(), page.slug) else ""


def of(page: Page) -> str:
    """The one address of a page in a space, of whatever kind: it stays when the page moves, and tells nothing of where
    it lies.
    """
    code = code_of(page)
    return f"/{CODE_ADDRESS}/{code}/" if code else f"/{PAGES_ADDRESS}/{page.pk}-{page.slug}/"


def number_in(words: list[str]) -> int | None:
    """The number of the page that an address such as /pagine/12-orari/ means, whatever the word beside it."""
    found = re.fullmatch(r"([0-9]{1,18})(-[\w-]*)?", words[1]) if len(words) == 2 else None
    return int(found[1]) if found and words[0] == PAGES_ADDRESS else None


def answer_everywhere() -> None:
    """Wagtail's own screens ask pages that were not read as their kind: they say the same address as ours."""
    in_the_tree = Page.get_url_parts

    def get_url_parts(page: Page, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        parts: tuple[int, str, str] | None
        if not page.pk or page.depth <= SPACE_DEPTH:
            return in_the_tree(page, request)
        sites = page._get_relevant_site_root_paths(request)
        if len(sites) == 1:  # and the address in the tree, which nobody is told, need not be made
            return sites[0].site_id, sites[0].root_url, of(page)
        parts = in_the_tree(page, request)
        return (*parts[:2], of(page)) if parts else None

    Page.get_url_parts = get_url_parts


def name_of(page: Page) -> str:
    """Code and title of a page of whatever kind."""
    return f"{code_of(page)} {page.title}".strip()


def slugs_of(typed: str) -> set[str]:
    """The last words of an address that what was typed as a code may mean: as it stands, and in its one form."""
    with suppress(UnreadableCode):
        return {typed.lower(), normal_code(typed).lower()}
    return {typed.lower()}


def next_code(form: str) -> str:
    """The next free code of the form, in the whole network."""
    year = timezone.localdate().year
    before = f"{_prefix(form).lower()}-{year}-" if YEAR in form else f"{_prefix(form).lower()}-?"
    taken = Page.objects.filter(slug__regex=f"^{before}[0-9]{{1,4}}(-[a-z]+)?$").values_list("slug", flat=True)
    numbers = [int(found.group(1)) for slug in taken if (found := re.match(f"{before}([0-9]+)", slug))]
    return form.format(max(numbers, default=0) + 1, year=year)


def unreadable(typed: str) -> str:
    return _("«%(code)s» non è un codice: servono da una a quattro lettere e un numero, per esempio PR-14.") % {
        "code": typed.strip()
    }


def settled(page: Page, parent: Page | None, *, title: str, slug: str, code: str = "") -> str:
    """The last word of the page's address: its code, else the word typed, else one from the title; free among siblings.

    A word that looks like a code belongs to the page with that code, and to no other.
    """
    if code:
        return slugify(anyascii(code))
    wanted = _word(slug)
    if not wanted or re.fullmatch(code_slug(), wanted):
        wanted = _word(title) or _word(str(getattr(page, "kind", ""))) or "pagina"
    taken = set(_siblings(page, parent, wanted)) | (RESERVED if parent and hasattr(parent.specific, "space") else set())
    number, found = 1, wanted
    while found in taken or re.fullmatch(code_slug(), found):
        number += 1
        found = f"{wanted}-{number}"
    return found


def _word(text: str) -> str:
    """Letters, digits and hyphens, whatever the script: «Città» → citta, «проверка» → proverka; signs say nothing."""
    letters = "".join(" " if unicodedata.category(sign) in SIGNS else sign for sign in text or "")
    whole = slugify(anyascii(letters))
    return whole if len(whole) <= LONGEST else whole[: LONGEST + 1].rpartition("-")[0] or whole[:LONGEST]


def _siblings(page: Page, parent: Page | None, wanted: str) -> list[str]:
    if parent is None:
        return []
    rows = parent.get_children().filter(slug__startswith=wanted)
    return list(rows.exclude(pk=page.pk).values_list("slug", flat=True))
