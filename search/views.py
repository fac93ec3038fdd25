"""The page of results, its JSON, and the suggestions while typing: one search, under one filter."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from wagtail.models import Page

from coordination.models import ServicePage
from portal import access
from portal.limits import limited
from portal.models import Document as File
from portal.models import Space
from portal.pages import kinds
from portal.requests import number
from protocols.models import FormPage
from protocols.models.rules import RulePage

from . import asking, gaps, index, pins, recent, rights, titles, vocabulary
from .answers import Answers, answers, filters_in, suggested
from .engines.contract import FACETS, EngineDown, Hit, IndexBusy, IndexDamaged, IndexOutdated, Results, Suggestion
from .followed import PARAMETERS, kept_for
from .query import key_of, left_out
from .vocabulary import Vocabulary

logger = logging.getLogger(__name__)
SUGGESTED = 8
CHOICES = 12  # of one facet: the largest, and the one that was chosen


@dataclass(frozen=True)
class Choice:
    """One value of a facet, as a link that takes it or leaves it."""

    label: str
    value: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """The largest values of one, and how many there are beyond them: those are asked for in words."""

    title: str
    choices: Sequence[Choice]
    beyond: int
    operator: str


@dataclass
class Search:
    """What was asked, by whom; what was found; and how to ask a little differently."""

    request: HttpRequest
    words: str
    filters: dict[str, str]
    page: int
    vocabulary: Vocabulary
    results: Results = field(default_factory=Results)
    is_rebuilding: bool = False  # then only titles are found
    is_down: bool = False  # the same, and nobody is mending it
    spaces: dict[str, Space] = field(default_factory=dict)

    @property
    def listed(self) -> list[Hit]:
        """Those that the words found, and those that may be what is meant."""
        return [*self.results.hits, *self.results.near]

    @property
    def asked_filters(self) -> list[tuple[str, str]]:
        return [(PARAMETERS[name], value) for name, value in self.filters.items()]

    def address(self, **changes: Any) -> str:
        """The address of the same search with something changed; an empty value takes a filter away."""
        asked = {"q": self.words, **{PARAMETERS[name]: value for name, value in self.filters.items()}, **changes}
        return reverse("search") + "?" + urlencode({name: value for name, value in asked.items() if value})


def _search(request: HttpRequest) -> Search:
    words = request.GET.get("q", "").strip()
    filters = {name: request.GET[key] for name, key in PARAMETERS.items() if request.GET.get(key)}
    search = Search(request, words, filters, number(request.GET.get("pagina")) or 1, vocabulary.of(request.user))
    if "space" in filters and not _readable(request.user, [filters["space"]]):
        del filters["space"]  # a space that one may not read is no filter, as one that never was
    query = asking.query(words, request.user, filters, page=search.page, known=search.vocabulary)
    found = None
    try:
        found = asking.ask(query)
    except EngineDown as problem:  # one line for each who searches meanwhile, and no traceback
        logger.warning("The search engine cannot be reached: %s", problem)
        search.is_down = True
    search.is_rebuilding = found is None
    search.results = titles.search(query) if found is None else found
    search.spaces = _readable(request.user, _spaces_named(search))
    return search


def _spaces_named(search: Search) -> set[str]:
    counted = {code for code, _count in search.results.facets["space"]}
    return counted | {hit.space for hit in search.listed} | {search.filters.get("space", "")} - {""}


def _readable(user: Any, codes: Collection[str]) -> dict[str, Space]:
    """The spaces of these codes that the person may read."""
    return {space.code: space for space in access.spaces_read(user) if space.code in codes}


@limited("search", strangers_only=True)
def results(request: HttpRequest) -> HttpResponse:
    """`/cerca/?q=`; the same for other software with `format=json`."""
    words, chosen = filters_in(request.GET.get("q", ""), request.user)
    if chosen:
        asked = request.GET.copy()
        for name, value in {"q": words, **chosen}.items():
            asked[name] = value
        return redirect(f"{reverse('search')}?{asked.urlencode()}")
    search = _search(request)
    if request.GET.get("format") == "json":
        return JsonResponse(_as_json(search), json_dumps_params={"ensure_ascii": False})
    found = search.results
    loosely = not found.all_words or found.corrected is not None
    answered = answers(search.words, request.user, search.vocabulary, loosely=loosely)
    pinned = pins.shown(key_of(search.words), request.user)
    nothing = _found_nothing(search, answered, pinned)
    is_new = recent.is_new(request, search.words)
    left = recent.left_unopened(request) if is_new else ""
    if left:
        gaps.note(left, request.user, left=True)
    if is_new and nothing:
        gaps.note(search.words, request.user)
    readable = [count for value, count in found.facets["space"] if value in search.spaces]
    shown = len(found.hits) + (search.page - 1) * asking.PER_PAGE
    context = {
        "search": search,
        "results": found,
        "hits": [_shown(search, hit) for hit in found.hits],
        "near": [_shown(search, hit) for hit in found.near],
        "spaces_count": len(readable) if "space" not in search.filters else 1,
        "has_shared": "space" not in search.filters and sum(readable) < found.total and not search.is_rebuilding,
        "is_rebuilding": search.is_rebuilding,
        "facets": _facets(search),
        "chips": _chips(search),
        "corrected_url": search.address(q=found.corrected) if found.corrected else "",
        "left_out": left_out(search.words),
        "answers": answered,
        "pinned": pinned,
        "may_wait": nothing,
        "may_follow": request.user.is_authenticated and bool(found.hits) and search.page == 1 and not nothing,
        "kept": nothing and kept_for(request.user, search.words, {}, is_wish=True),
        "next_url": search.address(pagina=search.page + 1) if shown < found.total else "",
        "previous_url": search.address(pagina=search.page - 1) if search.page > 1 and found.hits else "",
        "left": max(found.total - shown, 0),
        "first_url": search.address(),
        "unfiltered_url": search.address(**dict.fromkeys(PARAMETERS.values(), "")),
    }
    response = render(request, "search/results.html", context)
    recent.remember(request, response, search.words)
    if left:
        recent.await_nothing(response)
    if is_new and found.hits and not nothing and not answered.any:  # an answer above the results is enough
        recent.await_opening(request, response, search.words)
    return response


def _found_nothing(search: Search, answered: Answers, pinned: list[Page]) -> bool:
    """Whether nothing answers somebody who has entered: no page holds all the words, and the index could have one."""
    is_partial = search.is_rebuilding or search.results.outdated
    if not search.request.user.is_authenticated or is_partial or search.filters or search.page > 1:
        return False
    return bool(key_of(search.words)) and not (search.results.all_words or pinned or answered.any)


@limited("suggestions", strangers_only=True)
def suggestions(request: HttpRequest) -> HttpResponse:
    """What begins with the words typed, grouped by kind; a fragment for the box."""
    words = request.GET.get("q", "").strip()[:100]
    found = _suggested(words, request.user) if len(words) > 1 else []
    groups: dict[str, list[Any]] = {}
    for each in found:
        groups.setdefault(vocabulary.kind_plural(each.kind), []).append(each)
    if len(words) > 2:
        groups |= suggested(words, request.user)
    return render(request, "search/suggestions.html", {"groups": groups.items(), "words": words})


def _suggested(words: str, user: Any) -> list[Suggestion]:
    try:
        if index.can_be_searched():
            return index.at_hand().suggest(words, access.tokens(user), SUGGESTED, rights.admits(user))
    except (EngineDown, IndexDamaged, IndexOutdated, IndexBusy):
        logger.warning("Suggestions come from the database: the search index cannot be read")
    return titles.suggest(words, user, SUGGESTED)


def _shown(search: Search, hit: Hit) -> dict[str, Any]:
    """A result as the page shows it. The space is named only to those who may read it."""
    space = search.spaces.get(hit.space)
    page = _pages(search).get(hit.page_id)
    state, word = page.state if isinstance(page, RulePage) else (None, "")
    return {
        "in_force": page if hit.superseded else None,  # leads from an old edition to what holds now
        "hit": hit,
        "kind_label": vocabulary.kind_label(hit.kind),
        "space": space.name if space else _("condiviso con te"),
        "state_kind": state,
        "state": "" if hit.superseded else word,
        "code": getattr(page, "code", hit.code),
        "version": hit.version if hit.superseded else getattr(page, "version", ""),
        "date": datetime.fromtimestamp(hit.date, UTC).date() if hit.date else None,
        "is_file": bool(hit.file_id),
        "service": page if isinstance(page, ServicePage) else None,
        "download": _downloads(search).get(page.document_id)
        if isinstance(page, FormPage) and not hit.superseded
        else None,
        "to_fill_in": page if isinstance(page, FormPage) and page.form_fields and not hit.superseded else None,
        "carried_by": _carriers(search).get(hit.file_id, []),
    }


def _pages(search: Search) -> dict[int, Page]:
    """The pages behind the results, read once and asked of access again; whole where more than the name is shown."""
    found = search.request.__dict__.get("_result_pages")
    if found is None:
        pages = access.pages_seen(search.request.user, {hit.page_id for hit in search.listed})
        found = {page.pk: kinds.by_name(page) for page in pages}
        found |= kinds.whole(page for page in found.values() if isinstance(page, RulePage | ServicePage))
        search.request.__dict__["_result_pages"] = found
    return found


def _downloads(search: Search) -> dict[int, File]:
    """The files of the forms among the results, those that the reader may open."""
    found = search.request.__dict__.get("_result_downloads")
    if found is None:
        keys = {page.document_id for page in _pages(search).values() if isinstance(page, FormPage)} - {None}
        files = access.allowed(File.objects.filter(pk__in=keys), search.request.user) if keys else ()
        found = {file.pk: file for file in files}
        search.request.__dict__["_result_downloads"] = found
    return found


def _carriers(search: Search) -> dict[int, list[Page]]:
    """Id of a file → the pages that carry it, those that the reader sees."""
    found = search.request.__dict__.get("_result_carriers")
    if found is None:
        keys = {hit.file_id for hit in search.listed} - {0}
        pages = access.allowed(Page.objects.all(), search.request.user).specific()
        found = access.carriers(File.objects.filter(pk__in=keys), pages)
        search.request.__dict__["_result_carriers"] = found
    return found


def _facets(search: Search) -> list[Facet]:
    titles = {"kind": _("Tipo"), "space": _("Spazio"), "organisation": _("Ente"), "year": _("Anno")}
    found = []
    for name in FACETS:
        choices: list[Choice] = []
        beyond = 0
        for value, count in search.results.facets[name]:
            label = _facet_label(search, name, value)
            if not label:
                continue
            chosen = search.filters.get(name) == value
            if len(choices) >= CHOICES and not chosen:
                beyond += 1
                continue
            url = search.address(**{PARAMETERS[name]: "" if chosen else value})
            choices.append(Choice(label, value, count, url, chosen))
        if choices:
            found.append(Facet(titles[name], choices, beyond, PARAMETERS[name]))
    return found


def _facet_label(search: Search, name: str, value: str) -> str:
    """The word for a value; empty for what is not shown, as a space that one may not read."""
    if name == "kind":
        return vocabulary.kind_plural(value)
    if name == "space":
        return search.spaces[value].name if value in search.spaces else ""
    return value if value not in ("", "0") else ""


def _chips(search: Search) -> list[tuple[str, str]]:
    """The filters in force, each with the address that takes it away."""
    return [
        (_facet_label(search, name, value) or value, search.address(**{PARAMETERS[name]: ""}))
        for name, value in search.filters.items()
    ]


def _hit_as_json(search: Search, hit: Hit) -> dict[str, Any]:
    return {
        "code": hit.code,
        "superseded": hit.superseded,
        "title": hit.title,
        "kind": hit.kind,
        "space": search.spaces[hit.space].name if hit.space in search.spaces else "",
        "address": search.request.build_absolute_uri(hit.url),
        "snippet": hit.snippet,
        "sections": [
            {"heading": section.heading, "address": search.request.build_absolute_uri(section.url)}
            for section in hit.sections
        ],
    }


def _as_json(search: Search) -> dict[str, Any]:
    found = search.results
    return {
        "q": search.words,
        "total": found.total,
        "corrected": found.corrected,
        "rebuilding": search.is_rebuilding,
        "renewing": found.outdated,
        "results": [_hit_as_json(search, hit) for hit in found.hits],
        "near": [_hit_as_json(search, hit) for hit in found.near],
        "facets": {
            name: [
                {"value": _facet_label(search, name, value), "count": count}
                for value, count in found.facets[name]
                if _facet_label(search, name, value)
            ]
            for name in FACETS
        },
    }
