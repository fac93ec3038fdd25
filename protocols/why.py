"""«Perché esiste questa regola», and what follows from it: from norms to the cards of services.

Both ways along what pages say (`links`), a page at a time as far as the reader may see each: a hidden one leads on to
nothing.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import Page

from coordination.models import Norm, Objective, Project, Reason
from portal import access, prepared
from portal.pages import addresses

from .models import RuleLink

FARTHEST = 3  # steps from a card or a form up to the protocol, and one to spare
SHOWN = 20  # pages of one kind; the others are found by the code that they name
MOST = 200  # links that are followed from each step: of a rule that everything names, some
NAMED = (*access.DECIDING, "slug", "title", "content_type")
Edge = tuple[int, int]  # above, below


@dataclass(frozen=True)
class Named:
    """A page as a list of links names it."""

    url: str
    code: str
    title: str


@dataclass
class Level:
    """The pages of one kind: the first, and how many more there are; only that there are, where not all were read."""

    label: Any
    pages: list[Named]
    more: int = 0
    is_cut: bool = False


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
    edges: set[Edge] = set(access.by_pages_seen("links", _edges, user, page=page.pk))
    rows = prepared.by_key(Page, {pk for edge in edges for pk in edge}, NAMED)
    pages = {each.pk: each for each in access.rows_seen(user, rows)}
    above = _reached(page, {(below, above) for above, below in edges}, pages)
    below = _reached(page, edges, pages)
    norms, objectives, projects = _reasons([page.pk, *above])
    is_cut = len(edges) >= MOST
    levels = _levels((pages[pk] for pk in above), is_cut), _levels((pages[pk] for pk in below), is_cut)
    return Why(norms, objectives, projects, *levels, access.may_give_reasons(user, page))


def _named(rows: Iterable[Any]) -> list[Named]:
    return [Named(addresses.of(row), addresses.code_of(row), row.title) for row in rows]


def _edges(rule: Q) -> QuerySet[Any, Any]:
    """The links as far as they may lead from a page that is given later, each way, over pages of the rule; of each step
    no more than `MOST`.
    """
    steps: list[Any] = []
    page = prepared.given("page")
    for at, to in (("below", "above"), ("above", "below")):
        seen = Exists(Page.objects.order_by().filter(rule, pk=OuterRef(to)))
        step = _some(RuleLink.objects.filter(seen, **{f"{at}__pk": page}))
        for _more in range(FARTHEST):
            steps.append(step.values_list("above", "below"))
            step = _some(RuleLink.objects.filter(seen, **{f"{at}__in": step.values(to)}))
    return steps[0].union(*steps[1:])


def _some(links: QuerySet[RuleLink]) -> QuerySet[RuleLink]:
    return RuleLink.objects.filter(pk__in=links.order_by().values("pk")[:MOST])


def _reached(page: Page, edges: Iterable[Edge], seen: Container[int]) -> set[int]:
    """What the links lead to from the page; what the reader does not see leads on to nothing."""
    found, edge = {page.pk}, {page.pk}
    while edge:
        edge = {to for at, to in edges if at in edge and to in seen} - found
        found |= edge
    return found - {page.pk}


def level(kind: Any, rows: list[Any], is_cut: bool) -> Level:
    """Of these pages of one kind, in their order, what a page shows."""
    return Level(kind.kind_plural, _named(rows[:SHOWN]), len(rows[SHOWN:]), is_cut)


def _levels(rows: Iterable[Any], is_cut: bool) -> list[Level]:
    by_kind: dict[Any, list[Any]] = {}
    for row in rows:
        by_kind.setdefault(ContentType.objects.get_for_id(row.content_type).model_class(), []).append(row)
    found = []
    for kind in sorted(by_kind, key=lambda kind: kind.kind_order):
        alike = sorted(by_kind[kind], key=lambda row: row.slug)
        found.append(level(kind, alike, is_cut))
    return found


def _given_for(pages: dict[str, int]) -> QuerySet[Any, Any]:
    return Reason.objects.filter(page__id__in=prepared.places(pages)).select_related(
        "norm__successor", "objective", "project"
    )


def _reasons(pages: Iterable[int]) -> tuple[list[tuple[Norm, str]], list[Objective], list[Project]]:
    """Of the page and of all above it, each once."""
    of_pages = prepared.several("page", pages)
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
