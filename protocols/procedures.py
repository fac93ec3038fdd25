"""A procedure as somebody follows it: dates from the day they start, the forms and rules they may see."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from wagtail.models import Page

from coordination.models import ServicePage
from portal import access
from portal.requests import number

if TYPE_CHECKING:
    from .models import ProcedurePage

FARTHEST = timedelta(days=3660)
CONTACTS = 3


def starting_day(request: HttpRequest) -> date:
    """«Parti da»: the day asked for, or today."""
    try:
        asked = parse_date(request.GET.get("da", ""))
    except ValueError:
        asked = None
    today = timezone.localdate()
    return asked if asked and abs(asked - today) < FARTHEST else today


def plan(page: "ProcedurePage", request: HttpRequest) -> dict[str, Any]:
    """Steps with their dates and forms; `passo` in the address shows one at a time."""
    start = starting_day(request)
    codes = {block.value["form"].lower() for block in page.steps if block.value.get("form")}
    rules = {code.lower() for code in page.protocols.split()}
    visible = access.allowed(Page.objects.filter(slug__in=codes | rules), request.user).specific()
    by_slug = {each.slug: each for each in visible}
    steps = []
    for place, block in enumerate(page.steps, start=1):
        step = block.value
        days = step.get("days")
        steps.append(
            {
                "number": place,
                "value": step,
                "day": start + timedelta(days=days) if days is not None else None,
                "form": by_slug.get((step.get("form") or "").lower()),
            }
        )
    return {
        "start": start,
        "steps": steps,
        "rules": [by_slug[code] for code in sorted(rules) if code in by_slug],
        "contacts": _contacts(request.user),
        "one": _one(steps, request.GET.get("passo", "")),
    }


def _contacts(user: Any) -> list[tuple[str, str]]:
    """Whom to call in the reader's own body, name and telephone: its services, else its own number."""
    body = getattr(user, "organisation", None)
    if body is None:
        return []
    services = access.allowed(ServicePage.objects.filter(organisation=body).exclude(telephone=""), user)
    found = [(service.title, service.telephone) for service in services.order_by("title")[:CONTACTS]]
    return found or ([(str(body), body.telephone)] if body.telephone else [])


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
