"""A procedure as somebody follows it: dates from the events they name, the forms, the rules and whom to call."""

from typing import Any

from django.http import HttpRequest
from wagtail.models import Page

from coordination.models import ServicePage
from coordination.models.directory import ServiceKind
from portal import access
from portal.models.people import OrganisationKind
from portal.requests import number

from .deadlines import DaysForm
from .models import FormPage, ProcedurePage


def plan(page: ProcedurePage, request: HttpRequest) -> dict[str, Any]:
    """Steps with their dates, forms and services; `passo` in the address shows one at a time."""
    form = DaysForm(page, request.GET, request.user)
    codes = {block.value["form"].lower() for block in page.steps if block.value.get("form")}
    rules = {code.lower() for code in page.protocols.split()}
    visible = access.allowed(Page.objects.filter(slug__in=codes | rules), request.user).specific()
    by_slug = {each.slug: each for each in visible}
    cards = _cards(page, request.user)
    desk = _desk(request.user)
    steps = []
    for place, block in enumerate(page.steps, start=1):
        step = block.value
        steps.append(
            {
                "number": place,
                "value": step,
                "due": form.due(step),
                "form": by_slug.get((step.get("form") or "").lower()),
                "services": _named(step["services"], cards),
            }
        )
    services = _named([block.value for block in page.services], cards)
    return {
        "events": form,
        "dates": form.address,
        "steps": steps,
        "rules": [by_slug[code] for code in sorted(rules) if code in by_slug],
        "services": services,
        "desk": desk if services and desk not in services else None,
        "one": _one(steps, request.GET.get("passo", "")),
    }


def using(form: FormPage, user: Any) -> Any:
    """Those that use the form in one of their steps; a form without a code is used by its name in none."""
    found = ProcedurePage.objects.filter(steps__icontains=f'"form": "{form.code}"')
    return access.allowed(found if form.code else found.none(), user)


# --- Whom to call ----------------------------------------------------------------------------------------


def _cards(page: ProcedurePage, user: Any) -> dict[int, ServicePage]:
    """The service cards that the procedure or its steps name and the person may read; one question for all."""
    named = [block.value for block in page.services]
    named += [service for block in page.steps for service in block.value["services"]]
    keys = {service.pk for service in named if service}
    if not keys:
        return {}
    return {card.pk: card for card in access.allowed(ServicePage.objects.filter(pk__in=keys), user)}


def _named(services: Any, cards: dict[int, ServicePage]) -> list[ServicePage]:
    return [cards[service.pk] for service in services if service and service.pk in cards]


def _desk(user: Any) -> ServicePage | None:
    """The desk of the reader's own Comune; it stands beside what the procedure names, and never instead of it."""
    body = getattr(user, "organisation", None)
    if body is None or body.kind != OrganisationKind.MUNICIPALITY:
        return None
    desks = ServicePage.objects.filter(organisation=body, service_kind=ServiceKind.DESK).exclude(telephone="")
    found: ServicePage | None = access.allowed(desks, user).order_by("title").first()
    return found


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
