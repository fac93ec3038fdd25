"""Names as people read them: two that differ in capitals, accents or apostrophes alone are one name written twice."""

from collections.abc import Iterable

from django.utils.text import slugify


def plain(name: str) -> str:
    """Without what is typed now in one way and now in another."""
    return slugify(name) or name.casefold()


def almost_the_same(name: str, others: Iterable[str]) -> str:
    """The first of the others that is this name written in another way; empty where there is none."""
    return next((other for other in others if plain(other) == plain(name)), "")
