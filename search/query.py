"""What a person typed, taken apart: pure functions, shared by every engine.

The engines never see raw text: they get words, quoted phrases, excluded words and synonyms,
so no typed character can ever act as an operator of some query language.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from search.italian import FORMS, STOPWORDS, Remembered, fold

# Every weight of the ranking, measured in search.md; engines take them from here and nowhere else.
WEIGHTS: dict[str, float] = {
    "text": 1.0,  # title, heading and body, by the stem
    "text_exact": 0.5,  # the same as written, where three words or more tell what is meant
    "text_form": 0.5,  # the same but for number and gender, where fewer do: singular and plural find the same
    "title": 0.5,  # what a title says counts twice: in the text, which holds it, and here
    "title_exact": 0.25,  # the same as written, for three words or more
    "title_form": 0.25,  # the same but for number and gender, for fewer
    "pair": 0.3,  # two typed words close to each other
    "correction": 0.8,  # a word near one nobody wrote
    "synonym": 0.6,  # another name of the glossary, or of the person's own body; less where it is the rarer word
    "part": 0.2,  # times, where only some of the words are there that have another name together
    "code": 1000.0,  # a typed code comes before anything else
    "superseded": 0.3,  # what an old edition keeps of its score: the same words in force come first
    "kind": 1.6,  # times, for what is of a kind that the words name: "modulo dimissioni protette"
    "kind_alone": 20.0,  # where nothing but a kind or a year is typed, what is of it comes before what only names it
    "meaning": 1.0,  # how far it stands out as close in meaning, in `SPREAD`s, as a share of the best score of words
    "section": 0.02,  # each further matching section of the same page, as a share of the best score
    # While typing, where only the order counts: among equals the shortest title is first.
    "suggested_code": 100.0,  # a code that goes on from what is typed
    "suggested_beginning": 10.0,  # a title that begins with all of it
    "suggested_word": 0.5,  # each whole word that stands in the title
    "suggested_part": 0.1,  # each word that one of the title's goes on from
}
MANY_WORDS = 3  # from so many on they are compared as written
COVERED = 0.4  # of what the words tell: who shares less is no result, while somebody shares more
STEPS = 12  # in which that is counted
PAIR_SLOP = 2
SPREAD = 6  # standard deviations by which what is closest in meaning stands out, as a rule

MAX_LENGTH = 2000
MAX_WORDS = 32
MAX_CODE_RUNS = 6
LONGEST_KEY = 120  # letters by which a question is kept

# What is written in several pieces and is one thing. A date is not: its days must be found without its year.
_TOKEN = re.compile(
    r"""
    (?P<law> (?<![\d/]) [1-9]\d{0,4}/(?:\d{4}|\d\d) (?![\d/]) )
  | (?P<telephone> (?:\+39[ ]?)? (?:0\d{1,4}|3\d\d|8\d\d) [ ]?[/.-]?[ ]? \d{2,8} (?:[ ]\d{2,4}){0,2} (?![\d/]) )
  | (?P<ratio> \d{1,9}(?:\.\d{3}){0,2} [ ]? (?: : | ogni | su ) [ ]? \d{1,9}(?:\.\d{3}){0,2} (?![\d.]\d) )
  | (?P<thousands> \d{1,3} (?:\.\d{3}){1,4} (?![\d.]) )
  | (?P<article> artt?\.? (?=[ ]?\d) )
  | (?P<dotted> (?: (?:[^\W\d_]{1,3}\.){0,5} [^\W\d_]\. (?:[^\W\d_]{1,3}\.){0,5} [^\W\d_]{1,3}
                  | (?:[^\W\d_]{1,3}\.){1,5} [^\W\d_] ) (?![^\W_]) )
  | (?P<word> [^\W_]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_RATIO = re.compile(r"(\d+)su(\d+)")
_DIGITS = re.compile(r"\d+")
_TELEPHONE = range(8, 12)  # so many digits
LONGEST_WORD = 60
ARTICLE = "articolo"
_WRITTEN_OUT = 6  # numbers of fewer digits lose their leading zeros: PR-02 is PR 2
_RUN = re.compile(r"[^\W\d_]+|\d+")
_EXCLUDED = re.compile(r"(?<!\S)-(\S*\w\S*)")
_QUOTED = re.compile(r'(?<!\w)(-?)(?:"([^"]*)"|“([^”]*)”|«([^»]*)»)')


@dataclass(frozen=True)
class Typed:
    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()


def normalise(text: str) -> str:
    """Composed accents, no soft hyphens (PDF text is full of them), nothing UTF-8 cannot carry."""
    readable = text.encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFC", readable).replace("\u00ad", "")


class Token(NamedTuple):
    """A word as it stands in a text, and as it is looked for; what is found by its pieces too has them."""

    start: int
    end: int
    word: str
    pieces: tuple[str, ...] = ()


def tokens_of(text: str) -> Iterator[Token]:
    """The words of a text, folded; an apostrophe separates, so `l'università` is `l` and `universita`."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if end - start > LONGEST_WORD:
            continue
        kind, written = match.lastgroup, match[0]
        if kind == "word":
            word = FOLDED[written]
            yield Token(start, end, word, code_parts(word))
        elif kind == "article":  # of a law, as "articolo 403"
            yield Token(start, end, ARTICLE)
        elif kind == "dotted":
            yield Token(start, end, FOLDED[written].replace(".", ""))
        else:
            words, pieces = _NUMBERS[str(kind)](written)
            yield Token(start, end, words[0], pieces)
            yield from (Token(start, end, word) for word in words[1:])


Numbers = tuple[list[str], tuple[str, ...]]  # the words, and what the first is found by too


def _thousands(written: str) -> Numbers:
    return [written.replace(".", "")], ()


def _ratio(written: str) -> Numbers:
    """1:5000 and "1 ogni 5.000" are one; found by its numbers too."""
    pieces = [_short("".join(_DIGITS.findall(piece))) for piece in re.split(r"[^\d.]+", written)]
    return ["su".join(pieces)], tuple(pieces)


def _law(written: str) -> Numbers:
    pieces = [_short(number) for number in written.split("/")]
    return ["del".join(pieces)], tuple(pieces)


def _telephone(written: str) -> Numbers:
    """One number however it is spaced; where it cannot be one, its groups."""
    groups = _DIGITS.findall(written.removeprefix("+39"))
    pieces = [_short(group) for group in groups]
    whole = len(groups)
    while whole > 1 and len("".join(groups[:whole])) >= _TELEPHONE.stop:
        whole -= 1
    number = "".join(groups[:whole])
    if len(number) not in _TELEPHONE:
        return pieces, ()
    return [number, *pieces[whole:]], tuple(pieces[:whole]) if whole > 1 else ()


_NUMBERS = {"thousands": _thousands, "ratio": _ratio, "law": _law, "telephone": _telephone}


def _short(number: str) -> str:
    return number.lstrip("0") or "0" if len(number) < _WRITTEN_OUT else number


def _folded(written: str) -> str:
    word = fold(written)
    return _short(word) if word.isdigit() else word


FOLDED = Remembered(_folded)


def words_of(text: str) -> tuple[str, ...]:
    """The words that a person types or a name has."""
    return tuple(token.word for token in tokens_of(text))


def phrase_key(text: str) -> str:
    """One for all that differ in number, gender, accents and signs: what a phrase of the glossary is known by."""
    return " ".join(FORMS[word] for word in words_of(text))


def key_of(text: str) -> str:
    """By which the same question is known again, its little words left out; empty where nothing is asked."""
    return " ".join(FORMS[word] for word in parse(text).words if word not in STOPWORDS)[:LONGEST_KEY]


def parse(text: str) -> Typed:
    """Split into words, "quoted phrases" and -excluded words; an unclosed quote is only punctuation."""
    text = normalise(text[:MAX_LENGTH])
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    for match in _QUOTED.finditer(text):
        quoted = words_of(match[2] or match[3] or match[4] or "")
        if quoted:
            (excluded if match[1] else phrases).append(quoted[:MAX_WORDS])
    rest = _QUOTED.sub(" ", text)
    excluded += filter(None, (words_of(match[1])[:MAX_WORDS] for match in _EXCLUDED.finditer(rest)))
    words = words_of(_EXCLUDED.sub(" ", rest))
    return Typed(words[:MAX_WORDS], tuple(phrases[:MAX_WORDS]), tuple(excluded[:MAX_WORDS]))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def left_out(text: str) -> str:
    """What is typed beyond the words that a search reads; empty where it reads them all."""
    words = tokens_of(_EXCLUDED.sub(_blank, _QUOTED.sub(_blank, text)))
    first = next((token.start for number, token in enumerate(words) if number >= MAX_WORDS), len(text))
    end = min(first, MAX_LENGTH)
    before = text[:end]
    cut = end if not before or before[-1].isspace() else end - len(before.split()[-1])
    return text[cut:].strip() if end < len(text) else ""


def replace_words(text: str, replacements: Mapping[str, str]) -> str:
    """The typed text, spaces tidied, with some words (folded) replaced and everything else kept."""
    tidy = " ".join(normalise(text[:MAX_LENGTH]).split())
    return _WORD.sub(lambda match: replacements.get(fold(match[0]), match[0]), tidy)


def spelling_in(text: str, folded: str) -> str:
    """How the text spells a folded word, accents and all."""
    return next((word for word in _WORD.findall(text.lower()) if fold(word) == folded), folded)


def expand(words: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The alternatives of a word or a phrase, in whatever number and gender it stands."""
    return tuple(synonyms.get(" ".join(FORMS[word] for word in words), ()))


def spans(words: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Cut the words where synonyms begin and end, longest phrase first: (from, to, their alternatives)."""
    longest = max((key.count(" ") + 1 for key in synonyms), default=1)
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            alternatives = expand(words[at : at + length], synonyms)
            if alternatives or length == 1:
                yield at, at + length, alternatives
                at += length
                break


def code_form(code: str) -> str:
    """`PR-02`, `pr02` and `PR 2` are the same code: letters and numbers alternate, no leading zeros."""
    return "-".join(_runs(code))


def code_prefix(code: str) -> str:
    """Like `code_form`, but a code still being typed: `PR-0` may become `PR-02`."""
    runs = _runs(code)
    if runs and runs[-1] == "0":
        runs[-1] = ""
    return "-".join(runs)


def typed_codes(words: Sequence[str]) -> list[str]:
    """Every code the words could spell: the whole, and any stretch that mixes letters and numbers."""
    runs = _runs(" ".join(words))[: MAX_WORDS * 2]
    found = {"-".join(runs)} if runs else set()
    for start in range(len(runs)):
        for end in range(start + 2, min(start + MAX_CODE_RUNS, len(runs)) + 1):
            if any(run.isdigit() for run in runs[start:end]):
                found.add("-".join(runs[start:end]))
    return sorted(found)


def code_parts(word: str) -> tuple[str, ...]:
    """`pr02` → (`pr`, `2`); nothing for a word that does not mix letters and numbers."""
    parts = [] if word.isalpha() or word.isdigit() else _RUN.findall(word)
    return tuple(map(_folded, parts)) if len(parts) > 1 else ()


def in_pieces(word: str) -> list[tuple[str, ...]]:
    """What else a typed word with numbers may be written as: `pr02` as `pr 2`, 1:5000 as "uno … ogni 5.000"."""
    ratio = _RATIO.fullmatch(word)
    if ratio:
        return [(number,) for number in ratio.groups() if len(number) > 2]
    parts = code_parts(word)
    return [parts] if parts else []


def _runs(text: str) -> list[str]:
    return [run.lstrip("0") or "0" if run.isdigit() else run for run in _RUN.findall(fold(text))]
