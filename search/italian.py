"""Italian words: which only hold a sentence together, which are one word in other endings, which exist at all.

Pure functions over folded words (small letters, no accents), shared by every engine.
"""

import re
import threading
from collections.abc import Callable
from functools import cache
from unicodedata import combining, normalize

import snowballstemmer
from simplemma.strategies import DictionaryLookupStrategy

# Never nouns, numbers or adjectives that mean something: "anziano solo", "non autosufficiente", the app IO.

_ARTICLES = """
il lo la i gli le l un uno una
"""

# The elided forms stand alone because words end at the apostrophe.
_PREPOSITIONS = """
a ad al allo alla ai agli alle all
di d del dello della dei degli delle dell
da dal dallo dalla dai dagli dalle dall
in nel nello nella nei negli nelle nell
con col coi su sul sullo sulla sui sugli sulle sull
per tra fra
"""

_AUXILIARIES = """
è sono era erano sia siano essere stato stata stati state sarà saranno
ha ho hai hanno abbia abbiano avere aveva avevano avrà avranno
"""

# What joins, asks or points, and a verb's little words: alone it names nothing.
_JOINTS = """
e ed o od ma se che chi cui né anche come dove quando perché perciò poiché però quindi dunque mentre
c ch s m t v n
mi ti si ci vi ne lui lei noi voi loro
mio mia miei mie tuo tua tuoi tue suo sua suoi sue nostro nostra nostri nostre vostro vostra vostri vostre
questo questa questi queste quest quello quella quelli quelle quell quel quei quegli
quale quali qual quanto quanta quanti quante cosa cos così sì ciò
"""


def fold(text: str) -> str:
    decomposed = normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not combining(letter))


STOPWORDS = frozenset(map(fold, " ".join((_ARTICLES, _PREPOSITIONS, _AUXILIARIES, _JOINTS)).split()))

LEMMAS = DictionaryLookupStrategy()
SHORTEST = 4  # shorter words keep their ending: most are acronyms
RARE = 750  # hundredths of a power of ten
KNOWN_AT_ONCE = 200_000


class Remembered(dict[str, str]):
    """A function of one word, asked of most words again and again; forgotten when too many are known."""

    def __init__(self, find: Callable[[str], str]) -> None:
        self._find = find

    def __missing__(self, word: str) -> str:
        if len(self) >= KNOWN_AT_ONCE:
            self.clear()
        found = self[word] = self._find(word)
        return found


# Longest first: the feminine of a trade is its masculine.
_FEMININES = (
    ("oressa", "or"),
    ("oresse", "or"),
    ("entessa", "ent"),
    ("entesse", "ent"),
    ("trice", "tor"),
    ("trici", "tor"),
)


# No Italian word is cut so: UFSMIA and UFSMA are two.
_NO_ITALIAN = re.compile(r"[^aeiou]{2}[^aeiouhlr]$")


def _form(word: str) -> str:
    if len(word) < SHORTEST or not word.isalpha():
        return word
    for feminine, masculine in _FEMININES:
        if word.endswith(feminine) and len(word) > len(feminine) + 1:
            return word.removesuffix(feminine) + masculine
    if word[-1] not in "aeiou":
        return word
    left = word[:-1]
    if len(left) >= SHORTEST and left[-1] == "i":
        left = left[:-1]
    if len(left) >= SHORTEST and left.endswith(("ch", "gh")):  # "medici" and "mediche", "rischio" and "rischi"
        left = left[:-1]
    return word if _NO_ITALIAN.search(left) else left


def _stem(word: str) -> str:
    """Of all the words of one form the same: "anziano" and "anziani", "reparto" and "reparti" may never part.

    Snowball alone takes verb endings off nouns, and does it to one number and not to the other. Here the form chooses
    one word for all of its own, a table of lemmas says of which word that is an inflection, and Snowball stems that.
    """
    form = FORMS[word]
    lemmas = (LEMMAS.get_lemma(form + ending, "it") for ending in ("o", "e", "a", "i", "io", "ia", ""))
    return _OWN.snowball.stemWord(fold(next(filter(None, lemmas), form)))


class _Own(threading.local):
    """Of each thread: Snowball holds the word in hand, and two words at once come out as neither."""

    def __init__(self) -> None:
        self.snowball = snowballstemmer.stemmer("italian")


_OWN = _Own()


FORMS = Remembered(_form)  # word → the same without number and gender
STEMS = Remembered(_stem)  # word → what it shares with verbs and nouns of its family


def is_word(word: str) -> bool:
    """Whether Italians write it: then it is no mistake, although no document has it."""
    return f"\n{word}\n" in _written() or LEMMAS.get_lemma(word, "it") is not None


@cache
def _written() -> str:
    """The words that one in thirty million is: rarer ones are mistakes as often as words.

    One long string: a tenth of the memory of a set, and a search takes a millisecond.
    """
    import wordfreq  # a fifth of the time in which each process starts, and few of them ask this

    often = wordfreq.get_frequency_list("it", wordlist="large")[:RARE]
    words = "\n".join(fold(word) for each in often for word in each)
    wordfreq.get_frequency_list.cache_clear()
    return f"\n{words}\n"
