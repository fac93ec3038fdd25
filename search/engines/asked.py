"""What a person asks with the words typed: each in its place, corrected where nobody wrote it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from search.engines.clauses import AnyOf, Begins, Clause, Constant, Term, all_of, any_of, one_of
from search.engines.contract import Query
from search.engines.matching import counted, phrase, places, word_matches
from search.engines.reader import Address, Reader
from search.engines.slots import Slot, Word, read, slots_of, word_of
from search.engines.spelling import apart, corrections
from search.italian import FORMS, is_word
from search.query import Typed, code_form, parse, replace_words, spelling_in, typed_codes, words_of

MAX_CORRECTED = 8
MAX_APART = 3  # ways in which a word is taken apart
SELDOM = 2  # documents: what no more of them say, and no Italian, may be a mistake of theirs
MORE_OFTEN = 10  # times, sections counted: so often is what they meant said
SAYS_ENOUGH = 2  # words: one that nobody wrote is as close in meaning to one page as to another


MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
ACTS = "articolo comma legge decreto delibera deliberazione determina determinazione allegato regolamento"
AFTER_A_NUMBER, BEFORE_A_NUMBER = ({FORMS[word] for word in words.split()} for words in (MONTHS, ACTS))


class Asked:
    """A query as this person means it: what nobody wrote is what nobody wrote as far as this person can tell."""

    def __init__(self, query: Query, reader: Reader) -> None:
        self.query = query
        self.typed: Typed = parse(query.words)
        self.reader = reader

    @cached_property
    def slots(self) -> list[Slot]:
        """The typed words, those unknown to this person with their corrections."""
        slots = slots_of(self.typed.words, self.query.synonyms, self.query.kinds)
        if slots:
            joined = self._joined(slots)
            # Each question to a server is a journey: these are asked at once.
            self.reader.counts([*counted(slots), self._code_asked, *map(word_matches, joined.values())])
            slots = list(self._in_one_word(slots, joined))
        unknown = [slot for slot in slots if not self._is_right(slot)][:MAX_CORRECTED]
        if not unknown:
            return slots
        meant = [self._meant(slot) if slot in unknown else slot for slot in slots]
        if meant == slots or not self._is_believed(meant):
            return slots
        self.reader.counts(counted(meant))
        return meant

    @cached_property
    def quoted(self) -> list[Slot]:
        return [Slot((word,)) for words in self.typed.phrases for word in read(words) if word.stem]

    @property
    def ranked_by(self) -> list[Slot]:
        """All that has a part in the order of what is found."""
        return [*self.slots, *self.quoted]

    @cached_property
    def codes(self) -> list[str]:
        return typed_codes(self.typed.words)

    @cached_property
    def required(self) -> list[Clause]:
        named = self._named_code()
        return [phrase(read(words)) for words in self.typed.phrases] + ([named] if named else [])

    @property
    def _code_asked(self) -> Clause:
        return Term("code_form", code_form(" ".join(self.typed.words)))

    def _named_code(self) -> Clause | None:
        """Whoever types nothing but the code of a page wants that page, and those that name it."""
        asked = self._code_asked
        page = next(iter(self.reader.best(asked, 1)), None) if self.typed.words and self._count(asked) else None
        if page is None:
            return None
        [shown] = self.reader.shown([page[1]])
        words = words_of(shown.code)
        return any_of([asked, phrase(read(words))])

    @cached_property
    def excluded(self) -> list[Clause]:
        """Whole groups: a page is left out when any section this person sees holds the word."""
        clauses = [phrase(read(words)) for words in self.typed.excluded]
        holding = self.reader.every(Constant(any_of(clauses), 0.0)) if clauses else ()
        groups = self.reader.column("group_no", [address for _, address in holding])
        return [one_of("group_no", set(groups))] if groups else []

    @cached_property
    def places(self) -> list[tuple[Clause, int]]:
        """What the words ask for, and how many documents have it."""
        asked = [place for slot in self.slots for place in places(slot)]
        return list(zip(asked, self.reader.counts(asked), strict=True))

    @cached_property
    def telling(self) -> set[Clause]:
        """What says by itself what is looked for: who has of "procedura xyz" the kind alone, or of "MD-99" the letters
        alone, has nothing of it. Of "verbali 2026" the year tells more than the kind."""
        around = zip([None, *self.slots], self.slots, [*self.slots[1:], None], strict=False)
        speaking = [slot for before, slot, after in around if not self._only_goes_with(slot, before, after)]
        return {place for slot in speaking or self.slots if speaking or slot.year for place in places(slot)}

    def _only_goes_with(self, slot: Slot, before: Slot | None, after: Slot | None) -> bool:
        """A kind, a year, the letters of a code whose number follows, a month or an act without its own."""
        if slot.kinds or slot.year:
            return True
        form = slot.words[0].form
        if form in AFTER_A_NUMBER and before and before.has_number:
            return True
        if form in BEFORE_A_NUMBER and after and after.has_number:
            return True
        if after is None or not after.together or slot.words != after.words[:1]:
            return False
        return self._count(Begins("code_form", f"{code_form(slot.words[0].exact)}-")) > 0

    @property
    def in_words(self) -> str:
        """As it was typed, spaces tidied, or corrected."""
        return self.corrected_words or replace_words(self.query.words, {})

    @property
    def says_enough(self) -> bool:
        """Whether its words mean something to somebody."""
        known = [slot for slot in self.slots if slot.corrections or self._is_known(slot)]
        words = [word for slot in known for word in slot.words]
        return sum(bool(word.stem) for word in words) >= SAYS_ENOUGH

    # Words nobody wrote, as far as this person can tell

    def _is_right(self, slot: Slot) -> bool:
        """Known to the glossary, to Italians, or to several documents that this person sees: one may have it wrong."""
        if slot.synonyms or len(slot.words) > 1:
            return True
        [word] = slot.words
        return self._written(word) > SELDOM or word.exact in self.query.right or is_word(word.exact)

    def _is_known(self, slot: Slot) -> bool:
        return self._is_right(slot) or any(self._written(word) for word in slot.words)

    def _written(self, word: Word) -> int:
        return self._count(word_matches(word))

    def _meant(self, slot: Slot) -> Slot:
        [word] = slot.words
        return (not self._written(word) and self._apart(slot)) or self._correct(slot)

    def _joined(self, slots: Sequence[Slot]) -> dict[int, Word]:
        """Where two words stand that may be one: "multi dimensionale"."""
        return {
            at: word_of(first.words[0].exact + second.words[0].exact)
            for at, (first, second) in enumerate(pairwise(slots))
            if first.is_plain and second.is_plain
        }

    def _in_one_word(self, slots: Sequence[Slot], joined: Mapping[int, Word]) -> Iterator[Slot]:
        """With two that somebody wrote as one in one place: they are found both ways."""
        after = 0
        for at, slot in enumerate(slots):
            if at < after:
                continue
            if at in joined and self._written(joined[at]):
                yield Slot((*slot.words, *slots[at + 1].words), ((joined[at],),))
                after = at + 2
            else:
                yield slot

    def _apart(self, slot: Slot) -> Slot | None:
        """A word nobody wrote is several that somebody wrote side by side."""
        instead = [read(words) for words in apart(slot.words[0].exact)]
        counts = self.reader.counts(map(phrase, instead))
        found = sorted((-count, words) for words, count in zip(instead, counts, strict=True) if count)
        return replace(slot, synonyms=tuple(words for _, words in found[:MAX_APART])) if found else None

    def _is_believed(self, slots: Sequence[Slot]) -> bool:
        """Nonsense is not corrected: half of the words are found, or two of the corrected stand somewhere together."""
        corrected = [slot for slot in slots if slot.corrections]
        if not corrected or len(slots) < 2:
            return True
        others = [all_of(places(slot)) for slot in slots if not slot.corrections]
        found = sum(count > 0 for count in self.reader.counts(others))
        if 2 * (len(corrected) + found) < len(slots):
            return False
        if found or len(corrected) < 2:
            return True
        return self._count(AnyOf(tuple(all_of(places(slot)) for slot in corrected), 2)) > 0

    def _correct(self, slot: Slot) -> Slot:
        [word] = slot.words
        least = MORE_OFTEN * self._written(word)

        def counts(words: Iterable[str]) -> dict[str, int]:
            speaking = [each for each in words if word_of(each).stem]
            counted = self.reader.counts(Term("text_exact", each) for each in speaking)
            return {each: count for each, count in zip(speaking, counted, strict=True) if count >= least}

        found = corrections(word.exact, self.reader.near, counts, self.query.right, begun_alike=bool(least))
        return replace(slot, corrections=read(found))

    @cached_property
    def corrected_words(self) -> str | None:
        corrected = {slot.words[0].exact: slot.corrections[0].exact for slot in self.slots if slot.corrections}
        return replace_words(self.query.words, self._spelt(corrected)) if corrected else None

    def _spelt(self, corrected: Mapping[str, str]) -> dict[str, str]:
        """The vocabulary is folded; give back the accents, as a document this person sees writes them."""
        examples = self.reader.together([(Term("text_exact", word), 1) for word in corrected.values()])
        return {
            typed: self._spelling(word, [address for _, address in found])
            for (typed, word), found in zip(corrected.items(), examples, strict=True)
        }

    def _spelling(self, word: str, example: Sequence[Address]) -> str:
        for document in self.reader.shown(example):
            return spelling_in(" ".join([document.title, document.heading, document.text]), word)
        return word

    def _count(self, clause: Clause) -> int:
        [count] = self.reader.counts([clause])
        return count
