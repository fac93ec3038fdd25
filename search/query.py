"""What a person typed, taken apart: pure functions, shared by every engine.

The engines never see raw text: they get words, quoted phrases, excluded words and synonyms,
so no typed character can ever act as an operator of some query language.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# Every weight of the ranking, measured in search.md; engines take them from here and nowhere else.
WEIGHTS: dict[str, float] = {
    "text": 1.0,  # title, heading and body, stemmed
    "text_exact": 0.5,  # the same, as written
    "title": 0.5,
    "title_exact": 0.25,
    "pair": 0.3,  # two typed words close to each other
    "correction": 0.8,  # a word near one nobody wrote
    "synonym": 0.6,
    "code": 1000.0,  # a typed code comes before anything else
    "superseded": 0.3,  # what an old edition keeps of its score: the same words in force come first
    "section": 0.02,  # each further matching section of the same page, as a share of the best score
}
PAIR_SLOP = 2

MAX_LENGTH = 2000
MAX_WORDS = 32
MAX_CODE_RUNS = 6

_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W\d_]+|\d+")
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


def fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(text: str) -> tuple[str, ...]:
    """Folded words; an apostrophe separates, so `l'università` is `l` and `universita`."""
    return tuple(_WORD.findall(fold(text)))


def parse(text: str) -> Typed:
    """Split into words, "quoted phrases" and -excluded words; an unclosed quote is only punctuation."""
    text = normalise(text[:MAX_LENGTH])
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    for match in _QUOTED.finditer(text):
        quoted = words_of(match[2] or match[3] or match[4] or "")
        if quoted:
            (excluded if match[1] else phrases).append(quoted[:MAX_WORDS])
    words: list[str] = []
    for chunk in _QUOTED.sub(" ", text).split():
        if chunk.startswith("-") and words_of(chunk):
            excluded.append(words_of(chunk))
        else:
            words += words_of(chunk)
    return Typed(tuple(words[:MAX_WORDS]), tuple(phrases[:MAX_WORDS]), tuple(excluded[:MAX_WORDS]))


def left_out(text: str) -> str:
    """What is typed beyond the words that a search reads; empty where it reads them all."""
    unquoted = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    seen = 0
    for chunk in re.finditer(r"\S+", unquoted):
        seen += 0 if chunk[0].startswith("-") else len(words_of(chunk[0]))
        if seen > MAX_WORDS or chunk.end() > MAX_LENGTH:
            return text[chunk.start() :].strip()
    return ""


def replace_words(text: str, replacements: Mapping[str, str]) -> str:
    """The typed text, spaces tidied, with some words (folded) replaced and everything else kept."""
    tidy = " ".join(normalise(text[:MAX_LENGTH]).split())
    return _WORD.sub(lambda match: replacements.get(fold(match[0]), match[0]), tidy)


def spelling_in(text: str, folded: str) -> str:
    """How the text spells a folded word, accents and all."""
    return next((word for word in _WORD.findall(text.lower()) if fold(word) == folded), folded)


def expand(term: str, synonyms: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The alternatives of one folded word or phrase."""
    return tuple(synonyms.get(term, ()))


def spans(
    words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Cut the words where synonyms begin and end, longest phrase first: (words, their alternatives)."""
    longest = max((key.count(" ") + 1 for key in synonyms), default=1)
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            span = tuple(words[at : at + length])
            alternatives = expand(" ".join(span), synonyms)
            if alternatives or length == 1:
                yield span, alternatives
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
    """`pr02` → (`pr`, `02`); nothing for a word that does not mix letters and numbers."""
    parts = tuple(_RUN.findall(word))
    return parts if len(parts) > 1 else ()


def _runs(text: str) -> list[str]:
    return [run.lstrip("0") or "0" if run.isdigit() else run for run in _RUN.findall(fold(text))]
