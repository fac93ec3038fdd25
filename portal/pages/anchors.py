"""Where a part of a page answers: a name that is unique in its page and lasts."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import slugify

LONGEST = 60
# What templates draw themselves on a page with sections; a heading of the same words is told apart.
DRAWN = re.compile(
    r"h-.*|(def|nota|passo)-\d+|parte-.*|disegno-(nome|punta|testo)"
    r"|altre|annuncio|azioni|che-ne-discende|confronta-(a|da)|contenuto|decisioni|edizioni|in-breve|in-sintesi|odg"
    r"|passi|perche-esiste|q|registra|(quanti-)?suggerimenti|verbale"
)

Names = dict[str, str]


def of(heading: str) -> str:
    """What a heading is called in an address, whatever its script, its length and its signs."""
    return slugify(heading)[:LONGEST].strip("-_") or "sezione"


def key(part: Any) -> str:
    """What tells one part of a page from the others: the number it was given once, until then its place in memory."""
    return str(part.id) if part.id else f"new-{id(part)}"


def settled(parts: Iterable[tuple[str, str]], *known: Mapping[str, str]) -> Names:
    """The anchor of each part, from its key and the name it would like.

    A part keeps the anchor by which it is `known`, so that a namesake put before it takes nothing from it;
    the others are served in their order.
    """
    parts, found, taken = list(parts), Names(), set[str]()
    for names in known:
        for part, _wish in parts:
            if part not in found and part in names and names[part] not in taken:
                found[part] = names[part]
                taken.add(names[part])
    for part, wish in parts:
        if part not in found:
            found[part] = _free(wish, taken)
            taken.add(found[part])
    return {part: found[part] for part, _wish in parts}


def lasting(names: Names) -> Names:
    """Of these, what can be kept: the parts that have a number of their own."""
    return {part: name for part, name in names.items() if not part.startswith("new-")}


def _free(wish: str, taken: set[str]) -> str:
    wish = f"sezione-{wish}" if DRAWN.fullmatch(wish) else wish
    name, number = wish, 1
    while name in taken:
        number += 1
        name = f"{wish}-{number}"
    return name
