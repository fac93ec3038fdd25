"""«Perché esiste questa regola», and what follows from it: from norms to the cards of services.

Both ways along what pages say (`links`), a page at a time as far as the reader may see each: a hidden one leads on to
nothing.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import QuerySet
from wagtail.models import Page

from coordination.models import Norm, Objective, Project, Reason
from portal import access, prepared
from portal.pages import kinds

from .models import RuleLink

FARTHEST = 3  # steps from a card or a form up to the protocol, and one to spare
Edge = tuple[int, int]  # above, below


@dataclass
class Level:
    """The pages of one kind."""

    label: Any
    pages: list[Page]


@dataclass
class Why:
    norms: list[tuple[Norm, str]] = field(default_factory=list)  # with the articles
    objectives: list[Objective] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    above: list[Level] = field(default_factory=list)
    below: list[Level] = field(default_factory=list)
    may_change: bool = False


def of(page: Page, user: Any) -> Why:
    """Three questions, however many pages and kinds: the links, what the reader sees of them, the reasons."""
    edges = set(prepared.answers("links", _edges, page=page.pk))
    pages = {each.pk: each for each in access.pages_seen(user, {pk for edge in edges for pk in edge})}
    above = [pages[pk] for pk in _reached(page, {(below, above) for above, below in edges}, pages)]
    below = [pages[pk] for pk in _reached(page, edges, pages)]
    norms, objectives, projects = _reasons([page, *above])
    return Why(norms, objectives, projects, _levels(above), _levels(below), access.may_give_reasons(user, page))


def _edges() -> QuerySet[Any, Any]:
    """The links as far as they may lead from a page that is given later, each way."""
    steps: list[Any] = []
    page = prepared.given("page")
    for at, to in (("below", "above"), ("above", "below")):
        step = RuleLink.objects.filter(**{f"{at}__pk": page})
        for _more in range(FARTHEST):
            steps.append(step.values_list("above", "below"))
            step = RuleLink.objects.filter(**{f"{at}__in": step.values(to)})
    return steps[0].union(*steps[1:])


def _reached(page: Page, edges: Iterable[Edge], seen: Container[int]) -> set[int]:
    """What the links lead to from the page; what the reader does not see leads on to nothing."""
    found, edge = {page.pk}, {page.pk}
    while edge:
        edge = {to for at, to in edges if at in edge and to in seen} - found
        found |= edge
    return found - {page.pk}


def _levels(pages: Iterable[Page]) -> list[Level]:
    by_kind: dict[type[Any], list[Any]] = {}
    for page in sorted(map(kinds.by_name, pages), key=lambda page: (page.kind_order, page.slug)):
        by_kind.setdefault(type(page), []).append(page)
    return [Level(kind.kind_plural, rows) for kind, rows in by_kind.items()]


def _given_for(pages: dict[str, int]) -> QuerySet[Any, Any]:
    return Reason.objects.filter(page__id__in=prepared.places(pages)).select_related(
        "norm__successor", "objective", "project"
    )


def _reasons(pages: Iterable[Page]) -> tuple[list[tuple[Norm, str]], list[Objective], list[Project]]:
    """Of the page and of all above it, each once."""
    of_pages = prepared.several("page", [page.pk for page in pages])
    question = partial(_given_for, of_pages)
    rows: list[Reason] = prepared.answers(("reasons", len(of_pages)), question, **of_pages)
    articles: dict[Norm, list[str]] = {}
    objectives: dict[Objective, None] = {}
    projects: dict[Project, None] = {}
    for row in rows:
        if row.norm is not None:
            articles.setdefault(row.norm, []).extend(filter(None, [row.article]))
        if row.objective is not None:
            objectives[row.objective] = None
        if row.project is not None:
            projects[row.project] = None
    norms = [(norm, "; ".join(dict.fromkeys(said))) for norm, said in articles.items()]
    return norms, list(objectives), list(projects)
