"""People and bodies by the words of their names, kept between requests: each search looks for them.

Kept of everybody; who may be told of whom is asked of `access`, of those alone who are meant.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from portal.models import Organisation, User
from portal.models.kept import Kept
from portal.words.names import squeezed

from .engines.spelling import reach_of
from .italian import FORMS, STOPWORDS, is_word
from .query import words_of

KEPT = "names"
SHORTEST = 3  # letters by which a name may begin
NAMES = 20_000  # of people and bodies, whose words are kept
DIGITS = 6  # from so many on, a number is a telephone


@dataclass(frozen=True)
class Person:
    pk: int
    name: str
    profession: str
    organisation: str
    telephone: str

    @cached_property
    def sorted_by(self) -> str:
        """As the telephone book has it."""
        return squeezed(self.name)


class Names:
    """All there are."""

    def __init__(self, people: Iterable[Person], bodies: Iterable[Organisation]) -> None:
        self._bodies = list(bodies)
        self._people = {person.pk: person for person in people}
        self._named, self._more, self._telephones = _Words(), _Words(), _Words()
        for pk, person in self._people.items():
            self._named.add(person.name, pk)
            self._named.add_end(person.sorted_by, pk)
            self._more.add(_more(person), pk)
            self._telephones.add(person.telephone, pk)

    def people(self, asked: Sequence[str]) -> list[Person]:
        """Those in whose name, profession or body every word stands: one of them in the name, or several in all."""
        if numbers := [word for word in asked if word.isdigit() and len(word) >= DIGITS]:
            return [self._people[pk] for pk in set().union(*map(self._telephones.equal, numbers))]
        return self._having_all(self._having(word, len(asked)) for word in asked)

    def nearly(self, asked: Sequence[str]) -> list[Person]:
        """The same, where a word that nobody has may be a name typed wrong. Hidden people are among them, as always."""
        return self._having_all(self._having(word, len(asked)) or self._named.near(word) for word in asked)

    def _having(self, word: str, words: int) -> set[int]:
        named = self._named.having(word)
        return named | self._more.having(word) if words > 1 else named

    def _having_all(self, sets: Iterable[set[int]]) -> list[Person]:
        each = list(sets)
        return [self._people[pk] for pk in set.intersection(*each)] if each else []

    def bodies(self, asked: Sequence[str]) -> list[Organisation]:
        """Those whose name holds every word."""
        return [body for body in self._bodies if begun(asked, body.name, SHORTEST + 1) == set(asked)]


class _Words:
    """Words, and in whose name each stands."""

    def __init__(self) -> None:
        self._whose: dict[str, set[int]] = defaultdict(set)
        self._forms: dict[str, set[int]] = defaultdict(set)
        self._ends: dict[str, set[int]] = defaultdict(set)
        self._sorted: tuple[list[str], list[str]] | None = None

    def add(self, text: str, whose: int) -> None:
        words, forms = _words_in(text)
        for table, keys in ((self._whose, words), (self._forms, forms)):
            for key in keys:
                table[key].add(whose)

    def add_end(self, text: str, whose: int) -> None:
        self._ends[text[::-1]].add(whose)

    def equal(self, word: str) -> set[int]:
        return self._whose.get(word, set())

    def having(self, word: str) -> set[int]:
        """Those of whom it is a word, in any number and gender, or begins one, or ends the whole."""
        if self._sorted is None:
            self._sorted = sorted(self._whose), sorted(self._ends)
        beginnings, ends = self._sorted
        found = set(self._forms.get(FORMS[word], ()))
        if len(word) >= SHORTEST:
            found.update(*(self._whose[each] for each in _going_on(beginnings, word)))
        if len(word) > SHORTEST:
            found.update(*(self._ends[each] for each in _going_on(ends, word[::-1])))
        return found

    def near(self, word: str) -> set[int]:
        """Those of whom a word that is no Italian one is nearly a word."""
        reach = reach_of(word) if len(word) > SHORTEST and word.isalpha() else 0
        if not reach:
            return set()
        found = process.extract(word, list(self._whose), scorer=OSA.distance, score_cutoff=reach, limit=None)
        if not found or is_word(word):
            return set()
        return set().union(*(self._whose[each] for each, _far, _at in found))


def _going_on(words: Sequence[str], word: str) -> Iterable[str]:
    at = bisect_left(words, word)
    while at < len(words) and words[at].startswith(word):
        yield words[at]
        at += 1


def begun(asked: Iterable[str], text: str, least: int = SHORTEST) -> set[str]:
    """Those of the words that are a word of the text, in any number and gender, or begin one."""
    words, forms = _words_in(text)
    return {
        word
        for word in asked
        if FORMS[word] in forms or (len(word) >= least and any(other.startswith(word) for other in words))
    }


@lru_cache(maxsize=NAMES)
def _words_in(text: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The words of a name and their forms."""
    words = tuple(word for word in words_of(text) if word not in STOPWORDS)
    return words, frozenset(FORMS[word] for word in words)


def _more(person: Person) -> str:
    return f"{person.profession} {person.organisation}"


def _read() -> Names:
    rows = User.objects.colleagues().values_list(
        "pk", "first_name", "last_name", "profession__name", "organisation__name", "telephone"
    )
    people = (
        Person(pk, f"{first} {last}".strip(), profession or "", organisation or "", telephone)
        for pk, first, last, profession, organisation, telephone in rows
    )
    return Names(people, Organisation.objects.order_by("name"))


at_hand = Kept(KEPT, _read)
