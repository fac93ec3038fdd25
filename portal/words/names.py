"""Names as people read them: two that differ in capitals, accents or apostrophes alone are one name written twice."""

import unicodedata
from collections.abc import Iterable

NOT_SAID = "'’‘ʼ`´"  # an apostrophe has many keys


def plain(name: str) -> str:
    """Without what is typed now in one way and now in another."""
    said = "".join(each for each in " ".join(name.split()).casefold() if each not in NOT_SAID)
    return "".join(each for each in unicodedata.normalize("NFKD", said) if not unicodedata.combining(each))


def almost_the_same(name: str, others: Iterable[str]) -> str:
    """The first of the others that is this name written in another way; empty where there is none."""
    return next((other for other in others if plain(other) == plain(name)), "")
