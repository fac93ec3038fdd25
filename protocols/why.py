"""«Perché esiste questa regola», and what follows from it: norms, objectives, protocols, procedures, forms, cards.

Both ways along what pages say (`links`), a page at a time as far as the reader may see each: a hidden one leads on to
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from wagtail.models import Page

from coordination.models import Norm, Objective, Reason
from portal import access

from .models import RuleLink

FARTHEST = 3  # steps from a card or a form up to the protocol, and one to spare


@dataclass
class Level:
    """The pages of one kind."""

    label: Any
    pages: list[Page]


@dataclass
class Why:
    norms: list[tuple[Norm, str]] = field(default_factory=list)  # with the articles
    objectives: list[Objective] = field(default_factory=list)
    above: list[Level] = field(default_factory=list)
    below: list[Level] = field(default_factory=list)
    may_change: bool = False


def of(page: Page, user: Any) -> Why:
    above, below = _reached(page, user, "below", "above"), _reached(page, user, "above", "below")
    norms, objectives = _reasons([page, *above])
    return Why(norms, objectives, _levels(above), _levels(below), access.may_give_reasons(user, page))


def _reached(page: Page, user: Any, at: str, to: str) -> list[Any]:
    """What the reader may see, step by step; as many questions for a page as for a thousand."""
    found: dict[int, Any] = {}
    edge = {page.pk}
    for _step in range(FARTHEST):
        led = RuleLink.objects.filter(**{f"{at}__in": edge}).values(to)
        pages = access.allowed(Page.objects.filter(pk__in=led).exclude(pk__in=[page.pk, *found]), user)
        edge = set()
        for each in pages.specific():
            found[each.pk] = each
            edge.add(each.pk)
        if not edge:
            break
    return list(found.values())


def _levels(pages: Iterable[Any]) -> list[Level]:
    by_kind: dict[type[Any], list[Any]] = {}
    for page in sorted(pages, key=lambda page: (page.kind_order, page.slug)):
        by_kind.setdefault(type(page), []).append(page)
    return [Level(kind.kind_plural, rows) for kind, rows in by_kind.items()]


def _reasons(pages: Iterable[Page]) -> tuple[list[tuple[Norm, str]], list[Objective]]:
    """Of the page and of all above it, each once."""
    rows = Reason.objects.filter(page__in=[page.pk for page in pages])
    articles: dict[Norm, list[str]] = {}
    objectives: dict[int, Objective] = {}
    for row in rows.select_related("norm__successor", "objective"):
        if row.norm is not None:
            articles.setdefault(row.norm, []).extend(filter(None, [row.article]))
        if row.objective is not None:
            objectives[row.objective.pk] = row.objective
    return [(norm, "; ".join(dict.fromkeys(said))) for norm, said in articles.items()], list(objectives.values())
