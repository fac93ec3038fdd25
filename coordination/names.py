"""Short lists found by their names as people type them, on every database alike: folded here, in one alphabet."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from portal.words.names import fold, squeezed

T = TypeVar("T")


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
