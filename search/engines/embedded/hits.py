"""From the groups to show to what the person reads: page, snippet, matching sections."""

import tantivy
from tantivy import DocAddress
from tantivy import Query as Clause

from search.engines.contract import Hit, Section
from search.engines.embedded.matching import term
from search.engines.embedded.reader import Reader, Scored, within
from search.engines.embedded.snippets import beginning, marked
from search.engines.embedded.tantivy_index import handed_on, schema, stored

SECTIONS_SHOWN = 3
SECTIONS_READ = 1000


class Dressing:
    def __init__(self, reader: Reader, words: Clause, filters: list[Clause]) -> None:
        self._reader = reader
        self._words = words
        self._filters = filters
        self._generator = reader.snippets(words, "own")

    def hits(self, groups: list[Scored]) -> list[Hit]:
        best = [self._reader.document(address) for _, address in groups]
        names = [stored(document, "group") for document in best]
        pages = self._pages(names)
        sections = self._sections(names)
        return [
            self._hit(score, document, pages.get(name, document), sections.get(name, []))
            for (score, _), document, name in zip(groups, best, names, strict=True)
        ]

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
            snippet=self._snippet([best, *sections, page]),
            score=score,
            sections=[_section(document) for document in sections],
            more=max(len(found) - SECTIONS_SHOWN, 0),
        )

    def _snippet(self, documents: list[tantivy.Document]) -> str:
        """From the first that holds the words; when only a title does, the beginning of the page."""
        bodies = [document.get_all("own")[-1] for document in documents]
        found = (marked(self._generator, body) for body in bodies)
        return next(filter(None, found), None) or beginning(next(filter(None, reversed(bodies)), ""))


def _section(document: tantivy.Document) -> Section:
    return Section(stored(document, "heading") or stored(document, "title_shown"), stored(document, "url"))
