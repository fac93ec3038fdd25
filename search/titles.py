"""While the index is being rebuilt: titles and codes from the database, under the same rights."""

from typing import Any

from django.db.models import F, Q, QuerySet

from portal.requests import number

from . import rights
from .engines.contract import FACETS, Hit, Query, Results, Suggestion, shown
from .models import SearchDocument
from .query import normalise, phrase_key

LONGEST = 100  # words of more letters than these are in no title
MOST_WORDS = 8


def search(query: Query) -> Results:
    """The pages and files whose title holds every word, under the filters chosen; neither facets nor corrections."""
    titled = _titled(_beyond_filters(query), or_all=any(query.filters.values()))
    rows = _admitted(_filtered(titled, query), query)
    start = (max(query.page, 1) - 1) * query.per_page
    hits = [Hit(**_values(row, Hit)) for row in rows[start : start + query.per_page]]
    return Results(total=len(rows), hits=hits, all_words=len(rows))


def suggest(words: str, user: Any, limit: int) -> list[Suggestion]:
    rows = _admitted(_titled(words), Query(words, frozenset(), admits=rights.admits(user)))
    return [Suggestion(**_values(row, Suggestion)) for row in rows[:limit]]


def _beyond_filters(query: Query) -> str:
    """The words but for those that only say what is filtered: "tipo:procedura" is asked as "procedura" too."""
    chosen = query.filters.get("kind")
    said = {name for name, kinds in query.kinds.items() if chosen in kinds} | {str(query.filters.get("year", ""))}
    return " ".join(word for word in query.words.split() if phrase_key(word) not in said)


def _titled(words: str, *, or_all: bool = False) -> QuerySet[SearchDocument]:
    """Each word in the title or the code; no words find nothing, or all. Only a page itself has a row whose key is its
    group."""
    asked = [word[:LONGEST] for word in normalise(words).split()[:MOST_WORDS]]
    rows = SearchDocument.objects.filter(key=F("group"), gone=False, superseded=False)
    if not asked and not or_all:
        return rows.none()
    for word in asked:
        rows = rows.filter(Q(title__icontains=word) | Q(code__iexact=word))
    return rows.order_by("title", "pk").defer("text")


def _filtered(rows: QuerySet[SearchDocument], query: Query) -> QuerySet[SearchDocument]:
    for name in FACETS:
        if value := query.filters.get(name):
            rows = rows.filter(year=number(value) or -1) if name == "year" else rows.filter(**{name: value})
    return rows


def _admitted(rows: QuerySet[SearchDocument], query: Query) -> list[SearchDocument]:
    found = list(rows)
    admitted = set(query.admits([row.group for row in found]))
    return [row for row in found if row.group in admitted]


def _values(row: SearchDocument, kind: type[Hit] | type[Suggestion]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shown(kind)}
