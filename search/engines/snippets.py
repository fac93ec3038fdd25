"""The two lines under a title: the passage that holds most of what was found, escaped, with its matches marked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from search.engines.slots import Slot, Word, word_of
from search.query import Token, tokens_of

LENGTH = 170
LEAD = 40  # what is read before the first mark, where a passage does not begin with its line
# Reading a whole book to find one line would cost more than the search.
LONGEST_READ = 40_000

Mark = tuple[int, int, int]  # from, to, which of the things looked for


@dataclass(frozen=True)
class Passage:
    html: str = ""
    holds: frozenset[int] = frozenset()  # which of the things looked for


class Marker:
    """Marks what was found, as it was found: a phrase is marked whole or not at all."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._begin: dict[str, list[tuple[int, tuple[Word, ...]]]] = {}
        self._told: list[tuple[int, Slot]] = []
        number = 0
        for slot in slots:
            self._told.append((number, slot))
            typed = [slot.words] if slot.together else [(word,) for word in slot.words]
            others = [*((word,) for word in slot.corrections), *slot.synonyms]
            for words in [*others, *typed]:
                self._look_for(number, words)
                number += words not in others  # each typed word counts, and what stands for all of them counts once
        for begun in self._begin.values():
            begun.sort(key=lambda each: -len(each[1]))  # "PR-02" before "PR"
        self._everything = {number for begun in self._begin.values() for number, _ in begun}

    def _look_for(self, number: int, words: tuple[Word, ...]) -> None:
        words = _from_the_first_that_speaks(words)
        self._begin.setdefault(_key(words[0]), []).append((number, words))

    def passage(self, text: str) -> Passage:
        """The best of the text, the earliest among equals; nothing where it holds none of what was looked for."""
        best = Passage()
        for start, line in _lines(text[:LONGEST_READ]):
            marks = self._marks(line)
            if marks:
                found = _best_stretch(text, start, line, marks)
                best = found if len(found.holds) > len(best.holds) else best
            if len(best.holds) == len(self._everything):
                break
        return best

    def holds(self, line: str) -> frozenset[int]:
        return frozenset(which for _, _, which in self._marks(line))

    def told_by(self, kind: str, year: int) -> frozenset[int]:
        """What a page of this kind and year answers without saying it."""
        return frozenset(number for number, slot in self._told if kind in slot.kinds or (year and year == slot.year))

    def beginning(self, text: str) -> str:
        """How a text begins: what one reads of a page that its title already answers for."""
        line = text.strip().split("\n")[0]
        end = _stop(line, 0, 0)
        html = _marked(line, 0, end, [mark for mark in self._marks(line) if mark[1] <= end])
        return html + (" …" if end < len(line) else "")

    def _begun_by(self, word: Word, pieces: Sequence[str]) -> Iterable[tuple[int, tuple[Word, ...]]]:
        if not pieces:
            return self._begin.get(_key(word), ())
        keys = {_key(word), *(_key(word_of(piece)) for piece in pieces)}
        return [each for key in keys for each in self._begin.get(key, ())]

    def _marks(self, line: str) -> list[Mark]:
        tokens = [(token, word_of(token.word)) for token in tokens_of(line)]
        found: list[Mark] = []
        for at, (token, word) in enumerate(tokens):
            for number, words in self._begun_by(word, token.pieces):
                end = _end(tokens, at, words)
                if end and (not found or token.start >= found[-1][1]):
                    found.append((token.start, end, number))
        return found


def _from_the_first_that_speaks(words: tuple[Word, ...]) -> tuple[Word, ...]:
    first = next((at for at, word in enumerate(words) if word.stem), 0)
    return words[first:]


def _key(word: Word) -> str:
    return word.stem or word.exact


def _end(tokens: Sequence[tuple[Token, Word]], at: int, words: Sequence[Word]) -> int:
    """Where the words end that begin here; 0 where others stand here. Stopwords only hold their place."""
    if len(words) == 1:
        return tokens[at][0].end
    here = tokens[at : at + len(words)]
    same = len(here) == len(words) and all(
        not word.stem or word.stem == found.stem for word, (_, found) in zip(words, here, strict=True)
    )
    return here[-1][0].end if same else 0


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _best_stretch(text: str, offset: int, line: str, marks: Sequence[Mark]) -> Passage:
    holds, first = frozenset({marks[0][2]}), 0
    for at, mark in enumerate(marks):
        within = frozenset(which for _, end, which in marks[at:] if end <= mark[0] + LENGTH - LEAD)
        if len(within) > len(holds):
            holds, first = within, at
    start = _start(line, marks[first][0])
    end = _stop(line, start, marks[first][1])
    html = _marked(line, start, end, [mark for mark in marks if mark[0] >= start and mark[1] <= end])
    before = "… " if text[: offset + start].strip() else ""
    after = " …" if text[offset + end :].strip() else ""
    return Passage(f"{before}{html}{after}", holds)


def _start(line: str, first: int) -> int:
    """The line's beginning where it is near, else a sentence's, else a word's."""
    if first <= LEAD or len(line) <= LENGTH:
        return 0
    sentence = line.rfind(". ", max(0, first - LENGTH // 2), first)
    if sentence >= 0:
        return sentence + 2
    return line.rfind(" ", 0, first - LEAD) + 1


def _stop(line: str, start: int, least: int) -> int:
    if len(line) - start <= LENGTH:
        return len(line)
    return max(line.rfind(" ", start, start + LENGTH), least)


def _marked(line: str, start: int, end: int, marks: Iterable[Mark]) -> str:
    parts, at = [], start
    for begins, ends, _ in marks:
        parts += [escape(line[at:begins]), "<mark>", escape(line[begins:ends]), "</mark>"]
        at = ends
    return "".join([*parts, escape(line[at:end])]).strip()
