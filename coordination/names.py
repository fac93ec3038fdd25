"""Names as people type and sort them: without accents, apostrophes and capitals, on every database alike.

Rows are folded here and not in the database, whose alphabets differ; the lists of a network are short enough.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def fold(text: str) -> str:
    """«D’Addio» → «daddio», «Àlvarez» → «alvarez», «de Santis» → «de santis»."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w\s-]", "", plain.casefold()).replace("-", " ").split())


def squeezed(text: str) -> str:
    """As the telephone book sorts: spaces count for nothing."""
    return fold(text).replace(" ", "")


def found(
    words: str, rows: Iterable[T], name: Callable[[T], str], more: Callable[[T], str] = lambda row: ""
) -> list[T]:
    """The rows in whose name, or what else is said of them, each word stands; in the order of their names.

    Only a name may be typed in one piece, «elamrani»: in a sentence, letters of two words make a third.
    """
    wanted = fold(words).split()

    def holds(row: T) -> bool:
        folded, whole = fold(f"{name(row)} {more(row)}"), squeezed(name(row))
        return all(word in folded or word in whole for word in wanted)

    return sorted(filter(holds, rows), key=lambda row: squeezed(name(row)))
