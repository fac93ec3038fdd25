"""From the groups to show to what the person reads: page, snippet, matching sections."""

from dataclasses import replace

import tantivy
from tantivy import DocAddress
from tantivy import Query as Clause

from search.engines.contract import Hit, OldEdition, Section
from search.engines.embedded.matching import own_words, term
from search.engines.embedded.reader import Reader, within
from search.engines.embedded.snippets import Marker
from search.engines.embedded.tantivy_index import body_of, handed_on, schema, stored
from search.engines.slots import Slot

SECTIONS_SHOWN = 3
SECTIONS_READ = 1000


class Dressing:
    def __init__(self, reader: Reader, slots: list[Slot], filters: list[Clause]) -> None:
        self._reader = reader
        self._words = own_words(slots)
        self._filters = filters
        self._marker = Marker(slots)

    def hits(self, units: list[tuple[float, DocAddress, list[DocAddress]]]) -> list[Hit]:
        """Each unit by its score, the document found best, and its old editions."""
        best = [self._reader.document(address) for _, address, _ in units]
        names = [stored(document, "group") for document in best]
        pages = self._pages(names)
        sections = self._sections(names)
        return [
            replace(
                self._hit(score, document, pages.get(name, document), sections.get(name, [])),
                editions=[self._edition(address) for address in old],
            )
            for (score, _, old), document, name in zip(units, best, names, strict=True)
        ]

    def _edition(self, address: DocAddress) -> OldEdition:
        document = self._reader.document(address)
        return OldEdition(stored(document, "version"), stored(document, "url"))

    def _pages(self, names: list[str]) -> dict[str, tantivy.Document]:
        """The page of each group, unless a section is all this person may see of it."""
        found = self._reader.best(Clause.term_set_query(schema(), "id", names), len(names))
        documents = (self._reader.document(address) for _, address in found)
        return {stored(document, "group"): document for document in documents}

    def _sections(self, names: list[str]) -> dict[str, list[DocAddress]]:
        """The sections that hold the words themselves, best first."""
        groups = Clause.term_set_query(schema(), "group", names)
        hits = self._reader.best(within(self._words, [groups, term("section", 1), *self._filters]), SECTIONS_READ)
        addresses = [address for _, address in hits]
        by_number: dict[int, list[DocAddress]] = {}
        for number, address in zip(self._reader.column("group_no", addresses), addresses, strict=True):
            by_number.setdefault(number, []).append(address)
        return {self._group_of(found[0]): found for found in by_number.values()}

    def _group_of(self, address: DocAddress) -> str:
        return stored(self._reader.document(address), "group")

    def _hit(self, score: float, best: tantivy.Document, page: tantivy.Document, found: list[DocAddress]) -> Hit:
        sections = [self._reader.document(address) for address in found[:SECTIONS_SHOWN]]
        return Hit(
            **handed_on(page, Hit),
            snippet=self._snippet(page, [best, *sections]),
            score=score,
            sections=[_section(document) for document in sections],
            more=max(len(found) - SECTIONS_SHOWN, 0),
        )

    def _snippet(self, page: tantivy.Document, documents: list[tantivy.Document]) -> str:
        """The summary, unless a passage holds more than title and summary do together."""
        summary = body_of(page)
        told = self._marker.passage(summary)
        passages = map(self._marker.passage, dict.fromkeys(map(body_of, documents)))
        named = self._marker.holds(stored(page, "title_shown"))
        best = max(passages, key=lambda passage: len(passage.holds | named))
        if len(best.holds | named) > len(told.holds | named):
            return best.html
        if not summary:
            return best.html or self._marker.beginning(body_of(documents[0]))
        return self._marker.beginning(summary) if told.holds <= named else told.html


def _section(document: tantivy.Document) -> Section:
    return Section(stored(document, "heading") or stored(document, "title_shown"), stored(document, "url"))
