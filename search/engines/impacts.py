"""How much a document speaks of a word, as a level that is written beside it: no other document has a part in that.

An engine's own score weighs by the average length of a text in the whole index, hidden texts too, and lets no question
set it: then the order of two files of one's own tells how long hidden ones are. So the part of BM25 that is a
document's alone is made when it is written, against a text of the usual length, and rounded to a level (an impact, as
in Anh, de Kretser and Moffat, "Vector-space ranking with effective early termination", 2001). How rare a word is among
what a person sees is multiplied in when it is asked for (`search.engines.statistics`).
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt

FIELD = "impacts"
# What has levels, and of how many words that say something it usually consists.
USUAL = {"text": 80, "title": 4}
SATURATION, LENGTH = 1.2, 0.75  # BM25's k1 and b

# From a word said once in a text without end to one that a text says all the time; coarser steps rank worse.
LEVELS = tuple(0.2 * 1.2**step for step in range(14))
_BOUNDS = [sqrt(lower * upper) for lower, upper in pairwise(LEVELS)]
_SIGNS = {
    field: [f"{letter}{step:x}" for step in range(len(LEVELS))] for field, letter in zip(USUAL, "st", strict=True)
}


def token(field: str, word: str, level: int) -> str:
    return _SIGNS[field][level] + word


def tokens(field: str, words: Sequence[str]) -> Iterator[str]:
    """Of all the words that a document has in the field."""
    for word, times in Counter(words).items():
        yield token(field, word, level(times, len(words), USUAL[field]))


@lru_cache(100_000)
def level(times: int, length: int, usual: int) -> int:
    """Of a word that stands so many times among so many."""
    told = times * (SATURATION + 1) / (times + SATURATION * (1 - LENGTH + LENGTH * length / usual))
    return bisect(_BOUNDS, told)
