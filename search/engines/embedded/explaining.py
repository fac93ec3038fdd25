"""Why each result is where it is: the parts of the ranking query, asked one by one of the documents shown."""

from collections import defaultdict

from tantivy import Query as Clause

from search.engines.contract import Explained, Reason
from search.engines.embedded.person_search import PersonSearch, Unit
from search.engines.embedded.reader import within
from search.engines.embedded.tantivy_index import schema, stored


def explained(search: PersonSearch, limit: int) -> list[Explained]:
    """One question for each part of the query, however many results are explained."""
    units = [] if search.asks_nothing else search.ranked()[:limit]
    documents = [search.reader.document(unit.best.address) for unit in units]
    shown = Clause.term_set_query(schema(), "id", [stored(document, "id") for document in documents])
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for weight, words, clause in search.parts() if units else ():
        for score, address in search.reader.best(within(clause, [shown]), len(units)):
            if score:
                reasons[stored(search.reader.document(address), "id")].append(Reason(weight, words, score))
    return [
        _explained(unit, document, reasons[stored(document, "id")])
        for unit, document in zip(units, documents, strict=True)
    ]


def _explained(unit: Unit, document: object, reasons: list[Reason]) -> Explained:
    code, title, kind, url = (stored(document, name) for name in ("code", "title_shown", "kind", "url"))  # type: ignore[arg-type]
    return Explained(code, title, kind, url, unit.score, unit.best.score, reasons, unit.factors())
