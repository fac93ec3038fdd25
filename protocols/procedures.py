"""A procedure as somebody follows it: dates from the day they start, the forms and rules they may see."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from wagtail.models import Page

from portal import access

if TYPE_CHECKING:
    from .models import ProcedurePage


def starting_day(request: HttpRequest) -> date:
    """«Parti da»: the day asked for, or today."""
    try:
        asked = parse_date(request.GET.get("da", ""))
    except ValueError:
        asked = None
    return asked or timezone.localdate()


def plan(page: "ProcedurePage", request: HttpRequest) -> dict[str, Any]:
    """Steps with their dates and forms; `passo` in the address shows one at a time."""
    start = starting_day(request)
    codes = {block.value["form"].lower() for block in page.steps if block.value.get("form")}
    rules = {code.lower() for code in page.protocols.split()}
    visible = access.allowed(Page.objects.filter(slug__in=codes | rules), request.user).specific()
    by_slug = {each.slug: each for each in visible}
    steps = []
    for number, block in enumerate(page.steps, start=1):
        step = block.value
        days = step.get("days")
        steps.append(
            {
                "number": number,
                "value": step,
                "day": start + timedelta(days=days) if days is not None else None,
                "form": by_slug.get((step.get("form") or "").lower()),
            }
        )
    return {
        "start": start,
        "steps": steps,
        "rules": [by_slug[code] for code in sorted(rules) if code in by_slug],
        "one": _one(steps, request.GET.get("passo", "")),
    }


def _one(steps: list[dict[str, Any]], asked: str) -> dict[str, Any] | None:
    if not (asked.isdigit() and 1 <= int(asked) <= len(steps)):
        return None
    number = int(asked)
    return {
        "step": steps[number - 1],
        "previous": number - 1 or None,
        "next": number + 1 if number < len(steps) else None,
        "of": len(steps),
    }
