"""Names as people read, type and sort them: capitals, accents and apostrophes make no other name."""

import re
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


def fold(text: str) -> str:
    """«D’Addio» → «daddio», «Àlvarez» → «alvarez», «de Santis» → «de santis», «Rossi-Bini» → «rossi bini»."""
    said = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w\s-]", "", said.casefold()).replace("-", " ").split())


def squeezed(text: str) -> str:
    """As the telephone book sorts: spaces count for nothing."""
    return fold(text).replace(" ", "")
