"""Why each result is where it is: the parts of the ranking query, asked one by one of the documents shown."""

from collections import defaultdict

from search.engines.clauses import one_of, within
from search.engines.contract import Document, Explained, Reason
from search.engines.person_search import PersonSearch, Unit


def explained(search: PersonSearch, limit: int) -> list[Explained]:
    """One question for each part of the query, however many results are explained."""
    units = [] if search.asks_nothing else search.ranked()[:limit]
    documents = search.reader.shown([unit.best.address for unit in units])
    wanted = one_of("id", [document.id for document in documents])
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for weight, words, clause in search.parts() if units else ():
        hits = search.reader.best(within(clause, [wanted]), len(units))
        named = search.reader.shown([address for _, address in hits])
        for (score, _), document in zip(hits, named, strict=True):
            if score:
                reasons[document.id].append(Reason(weight, words, score))
    for unit, document in zip(units, documents, strict=True):
        if unit.best.meant:
            reasons[document.id].append(Reason("meaning", search.asked.in_words, unit.best.meant))
    return [_explained(unit, document, reasons[document.id]) for unit, document in zip(units, documents, strict=True)]


def _explained(unit: Unit, shown: Document, reasons: list[Reason]) -> Explained:
    return Explained(
        shown.code, shown.title, shown.kind, shown.url, unit.score, unit.best.score, reasons, unit.factors()
    )
