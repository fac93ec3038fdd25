"""What a word nobody wrote may have meant: near words of the vocabulary that the person can see."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.italian import STOPWORDS

MAX_CANDIDATES = 3
SHORTEST = 4
SHORTEST_PART = 3  # of a word that is taken apart
ELIDED = ("l", "d", "un", "dell", "all", "nell", "dall", "sull", "quell")  # what stands before an apostrophe
TWO_MISTAKES_FROM = 8

Visible = Callable[[Iterable[str]], Mapping[str, int]]  # how many documents that the person sees have each word


class Vocabulary:
    """The words of the whole index. Hidden ones are among them: only `corrections()` may show any."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for word in words:
            if word.isalpha() and len(word) >= SHORTEST - 1:
                self._by_initial[word[0]].append(word)

    def pools(self, word: str) -> Iterator[list[str]]:
        """First the words with the same initial, which people seldom miss, then the others."""
        yield self._by_initial.get(word[0], [])
        yield [other for initial, others in self._by_initial.items() if initial != word[0] for other in others]


def corrections(
    word: str,
    near_words: Callable[[str], Vocabulary],
    visible: Visible,
    right: Iterable[str] = (),
    *,
    begun_alike: bool = False,
) -> list[str]:
    """The nearest words, at most three, all as near: the most frequent first among what the person can see.

    `visible` counts words under the person's tokens. It is asked of every near word before any
    choice is made, so that hidden words can neither be chosen nor crowd out a visible one. Where one of those that
    are known without any document (`right`) is nearer, that one was meant, and no other stands for it. With
    `begun_alike` only words of the same initial are compared.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return []
    reach = reach_of(word)
    known = min((far for _, far, _ in _near(word, right, reach)), default=reach)
    for pool in islice(near_words(word).pools(word), 1 if begun_alike else None):
        near = _near(word, pool, reach)
        for distance in range(1, known + 1):
            if found := _by_frequency((other for other, far, _ in near if far == distance), visible):
                return found[:MAX_CANDIDATES]
    return []


def apart(word: str) -> Iterator[tuple[str, ...]]:
    """The words that it may be, written without the space or the apostrophe between them."""
    if not word.isalpha():
        return
    for elided in ELIDED:
        rest = word.removeprefix(elided)
        if rest != word and len(rest) >= SHORTEST and rest[0] in "aeiouh":
            yield (rest,)
    for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        parts = word[:cut], word[cut:]
        if STOPWORDS.isdisjoint(parts):
            yield parts


def _near(word: str, among: Iterable[str], reach: int) -> list[tuple[str, int, int]]:
    return process.extract(word, list(among), scorer=OSA.distance, score_cutoff=reach, limit=None)


def reach_of(word: str) -> int:
    """How many letters may be wrong."""
    return 2 if len(word) >= TWO_MISTAKES_FROM else 1


def _by_frequency(words: Iterable[str], visible: Visible) -> list[str]:
    counted = visible(words).items()
    return [word for word, count in sorted(counted, key=lambda pair: (-pair[1], pair[0])) if count]
