"""A procedure as somebody follows it: its steps with their days, forms, rules, other ways and whom to call."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from portal import access, prepared
from portal.requests import number

from . import flow, why
from .deadlines import DaysForm
from .models import FormPage, ProcedurePage, RuleLink
from .models.steps import StepLane
from .models.ways import codes_of, in_words, place_of
from .own_rules import OwnRules
from .whom import Directory

CHECKLIST, DRAWING = "lista", "disegno"


def plan(page: ProcedurePage, request: HttpRequest) -> dict[str, Any]:
    """What the page shows; `passo` in the address shows one step at a time, `vista` a list to tick or the drawing."""
    form, named = DaysForm(page, request.GET, request.user), Named(page, request.user)
    directory, rules = Directory(page, request.user), OwnRules(page, request.user)
    steps = [
        {
            "number": place,
            "value": block.value,
            "lane": StepLane(block.value["lane"]).label if block.value.get("lane") else "",
            "due": form.due(block.value),
            "form": named.page(block.value.get("form")),
            "rule": named.section(block.value),
            "whom": directory.of_step(block.value),
            "own_rule": rules.of_step(block.value),
            "branches": [_way(way, page, named) for way in block.value.get("branches") or []],
        }
        for place, block in enumerate(page.steps, start=1)
    ]
    services, asked = directory.of_page(), request.GET.get("vista", "")
    return {
        "events": form,
        "dates": form.address,
        "steps": steps,
        "rules": [rule for code in sorted(page.protocols.split()) if (rule := named.page(code))],
        "services": services,
        "desk": directory.desk if services and directory.desk not in services else None,
        "away": None if services else directory.stands_in(page.responsible),
        "one": _one(steps, request.GET.get("passo", "")),
        "view": asked if steps and asked in (CHECKLIST, DRAWING) else "",
        "flow": flow.drawn(steps) if steps else None,
    }


def _way(way: Any, page: ProcedurePage, named: "Named") -> dict[str, Any]:
    return {
        "value": way,
        "place": place_of(page.steps, way["step"]) if way.get("step") else None,
        "page": named.page(way.get("procedure")),
        "words": in_words(way),
    }


def using(form: FormPage, user: Any) -> why.Level:
    """Those that use the form in one of their steps, by the links that their texts leave (`links`)."""
    kind = ContentType.objects.get_for_model(ProcedurePage).pk
    rows = access.by_pages_seen("using", _using, user, used=form.pk, kind=kind)
    return why.level(ProcedurePage, rows, is_cut=len(rows) >= why.MOST)


def _using(rule: Q) -> QuerySet[Any, Any]:
    links = RuleLink.objects.filter(below__id=prepared.given("used")).order_by()
    pages = Page.objects.filter(rule, pk__in=links.values("above"), content_type__id=prepared.given("kind"))
    return pages.order_by("slug").values_list(*why.NAMED, named=True)[: why.MOST]


class Named:
    """The pages whose codes a procedure names, as far as the reader may see them."""

    def __init__(self, page: ProcedurePage, user: Any) -> None:
        codes = {code.lower() for block in page.steps for code in codes_of(block.value)}
        pages = Page.objects.filter(slug__in=codes | set(page.protocols.lower().split()))
        self._pages = {each.slug: each for each in access.allowed(pages, user).specific()}
        self._headings: dict[str, list[tuple[str, str]]] = {}

    def page(self, code: str | None) -> Any:
        return self._pages.get((code or "").lower())

    def section(self, step: Any) -> dict[str, Any] | None:
        """The protocol that asks for the step, at its section where it still has one of that name."""
        rule = self.page(step.get("rule"))
        if rule is None:
            return None
        wish = (step.get("section") or "").casefold()
        anchor = next((anchor for anchor, heading in self._sections(rule) if heading.casefold() == wish), "")
        return {"page": rule, "heading": step["section"] if anchor else "", "anchor": anchor}

    def _sections(self, rule: Any) -> list[tuple[str, str]]:
        if rule.slug not in self._headings:
            self._headings[rule.slug] = [(each.anchor, each.heading) for each in rule.sections()]
        return self._headings[rule.slug]


def _one(steps: list[dict[str, Any]], asked: str) -> dict[str, Any] | None:
    this = number(asked)
    if this is None or not 1 <= this <= len(steps):
        return None
    return {
        "step": steps[this - 1],
        "previous": this - 1 or None,
        "next": this + 1 if this < len(steps) else None,
        "of": len(steps),
    }
