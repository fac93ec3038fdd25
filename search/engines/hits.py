"""From the groups to show to what the person reads: page, snippet, matching sections."""

from dataclasses import replace

from search.engines.clauses import Clause, Term, one_of, within
from search.engines.contract import Document, Hit, OldEdition, Section, handed_on
from search.engines.reader import DECIMALS, Address, Reader, Scored
from search.engines.slots import Slot
from search.engines.snippets import Marker

SECTIONS_SHOWN = 3
SECTIONS_READ = 1000


class Dressing:
    def __init__(self, reader: Reader, slots: list[Slot], words: Clause, filters: list[Clause]) -> None:
        """`words` are the slots' as a section holds them itself, each as rare as it is for the reader."""
        self._reader = reader
        self._words = words
        self._filters = filters
        self._marker = Marker(slots)

    def hits(self, units: list[tuple[float, Address, list[Address]]]) -> list[Hit]:
        """Each unit by its score, the document found best, and its old editions."""
        old_ones = [address for _, _, old in units for address in old]
        documents = self._reader.shown([*(address for _, address, _ in units), *old_ones])
        best, editions = documents[: len(units)], iter(documents[len(units) :])
        pages, sections = self._around([document.group for document in best])
        return [
            replace(
                self._hit(score, document, pages.get(document.group, document), *sections.get(document.group, ([], 0))),
                editions=[_edition(next(editions)) for _ in old],
            )
            for (score, _, old), document in zip(units, best, strict=True)
        ]

    def _around(self, names: list[str]) -> tuple[dict[str, Document], dict[str, tuple[list[Document], int]]]:
        """The page of each group, unless a section is all this person may see of it; and its sections that hold the
        words themselves, best first, with how many there are."""
        if not names:
            return {}, {}
        required = [one_of("group", names), Term("section", 1), *self._filters]
        sections = within(self._words, required), SECTIONS_READ
        whole, parts = self._reader.together([(one_of("id", names), len(names)), sections])
        pages = self._reader.shown([address for _, address in whole])
        return {document.group: document for document in pages}, self._sections(parts)

    def _sections(self, hits: list[Scored]) -> dict[str, tuple[list[Document], int]]:
        """Those that say as much as each other stand as one reads them."""
        places = self._reader.column("place", [address for _, address in hits])
        told = sorted(zip(hits, places, strict=True), key=lambda pair: (-round(pair[0][0], DECIMALS), pair[1]))
        addresses = [address for (_, address), _ in told]
        by_number: dict[int, list[Address]] = {}
        for number, address in zip(self._reader.column("group_no", addresses), addresses, strict=True):
            by_number.setdefault(number, []).append(address)
        first = {number: found[:SECTIONS_SHOWN] for number, found in by_number.items()}
        documents = iter(self._reader.shown([address for found in first.values() for address in found]))
        read = {number: [next(documents) for _ in found] for number, found in first.items()}
        return {found[0].group: (found, len(by_number[number])) for number, found in read.items()}

    def _hit(self, score: float, best: Document, page: Document, sections: list[Document], matching: int) -> Hit:
        return Hit(
            **handed_on(page, Hit),
            snippet=self._snippet(page, [best, *sections]),
            score=score,
            sections=[Section(each.heading or each.title, each.url) for each in sections],
            more=max(matching - SECTIONS_SHOWN, 0),
        )

    def _snippet(self, page: Document, documents: list[Document]) -> str:
        """The summary, unless a passage holds more than title and summary do together."""
        summary = page.text
        told = self._marker.passage(summary)
        texts = dict.fromkeys(each.text for each in documents)
        passages = [told if text == summary else self._marker.passage(text) for text in texts]
        named = self._marker.holds(page.title) | self._marker.told_by(page.kind, page.year)
        best = max(passages, key=lambda passage: len(passage.holds | named))
        if len(best.holds | named) > len(told.holds | named):
            return best.html
        if not summary:
            return best.html or self._marker.beginning(documents[0].text)
        return self._marker.beginning(summary) if told.holds <= named else told.html


def _edition(document: Document) -> OldEdition:
    return OldEdition(document.version, document.url)
