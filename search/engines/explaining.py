"""Why each result is where it is: the parts of the ranking query, asked one by one of the documents shown."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from search.engines.clauses import one_of, within
from search.engines.contract import Document, Explained, Reason
from search.engines.matching import Part
from search.engines.person_search import PersonSearch, Unit

Told = tuple[Part, float]  # with what it adds to the score of a document


def explained(search: PersonSearch, limit: int) -> list[Explained]:
    """One question for each part of the query, however many results are explained."""
    units = [] if search.asks_nothing else search.ranked()[:limit]
    documents = search.reader.shown([unit.best.address for unit in units])
    wanted = one_of("id", [document.id for document in documents])
    told: dict[str, list[Told]] = defaultdict(list)
    for part in search.parts() if units else ():
        hits = search.reader.best(within(part.clause, [wanted]), len(units))
        named = search.reader.shown([address for _, address in hits])
        for (score, _), document in zip(hits, named, strict=True):
            if score:
                told[document.id].append((part, score))
    return [
        _explained(unit, document, [*_counting(told[document.id]), *_for_meaning(search, unit)])
        for unit, document in zip(units, documents, strict=True)
    ]


def _counting(told: Sequence[Told]) -> Iterator[Reason]:
    """The parts that count: of each slot those of the way by which it is found best."""
    adds: dict[tuple[int, int], float] = defaultdict(float)
    for part, score in told:
        adds[part.slot, part.way] += score
    best = {slot: max((adds[way], way) for way in adds if way[0] == slot)[1] for slot, _way in adds}
    return (Reason(part.weight, part.words, score) for part, score in told if best[part.slot] == (part.slot, part.way))


def _for_meaning(search: PersonSearch, unit: Unit) -> list[Reason]:
    return [Reason("meaning", search.asked.in_words, unit.best.meant)] if unit.best.meant else []


def _explained(unit: Unit, shown: Document, reasons: list[Reason]) -> Explained:
    return Explained(
        shown.code, shown.title, shown.kind, shown.url, unit.score, unit.best.score, reasons, unit.factors()
    )
