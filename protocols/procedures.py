"""A procedure as somebody follows it: dates from the events they name, the forms, the rules and whom to call."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page

from coordination.models import ServicePage
from coordination.models.directory import ServiceKind
from portal import access
from portal.models.people import OrganisationKind
from portal.requests import number
from portal.words.terms import Direction, Term, Unit

from .models import FormPage, ProcedurePage

FARTHEST = timedelta(days=3660)
HOURS = ["%H:%M", "%H.%M", "%H"]
TYPED = {"class": "form-control", "autocomplete": "off"}


def plan(page: ProcedurePage, request: HttpRequest) -> dict[str, Any]:
    """Steps with their dates, forms and services; `passo` in the address shows one at a time."""
    form = EventsForm(_events(page), request.GET)
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
                "due": _due(step, form.known),
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


# --- The events from which terms are counted -------------------------------------------------------------


@dataclass
class Event:
    """«Ricovero»: what somebody knows the day of, and the hour where hours are counted from it."""

    name: str
    has_hours: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"dal-{slugify(self.name) or 'fatto'}"


def _events(page: ProcedurePage) -> list[Event]:
    """In the order of the steps; each once, however it is written."""
    found: dict[str, Event] = {}
    for block in page.steps:
        step = block.value
        if _term(step) is None:
            continue
        event = Event(step["base"].strip())
        event = found.setdefault(event.key, event)
        event.has_hours = event.has_hours or step["unit"] == Unit.HOURS
    return list(found.values())


class EventsForm(forms.Form):
    """One field for the day of each event, and one for the hour where it counts; all may stay empty."""

    def __init__(self, events: list[Event], asked: Any) -> None:
        super().__init__(asked, auto_id="fatto-%s")
        self.known: dict[str, date | datetime] = {}
        for event in events:
            named = {"event": event.name[:1].upper() + event.name[1:]}
            self.fields[event.key] = forms.DateField(
                label=_("%(event)s il") % named, required=False,
                # No picker of the browser: it shows and reads days in the browser's language, not in the reader's.
                widget=forms.DateInput({**TYPED, "placeholder": _("gg/mm/aaaa")}),
                error_messages={"invalid": _("Scrivi il giorno come 25/11/2026.")},
            )  # fmt: skip
            if event.has_hours:
                self.fields[f"{event.key}-ora"] = forms.TimeField(
                    label=_("%(event)s, alle ore") % named, required=False, input_formats=HOURS,
                    widget=forms.TimeInput({**TYPED, "placeholder": _("oo:mm")}, format="%H:%M"),
                    error_messages={"invalid": _("Scrivi l’ora come 14:30.")},
                )  # fmt: skip
        self.is_valid()
        for event in events:
            if day := self._day(event.key):
                hour = self.cleaned_data.get(f"{event.key}-ora")
                self.known[event.key] = timezone.make_aware(datetime.combine(day, hour)) if hour else day

    def _day(self, key: str) -> date | None:
        day: date | None = self.cleaned_data.get(key)
        if day and abs(day - timezone.localdate()) > FARTHEST:
            self.add_error(key, _("Scrivi un giorno più vicino: questo è a più di dieci anni."))
            return None
        return day

    @property
    def address(self) -> str:
        """The dates given, as they stand in an address: they go along from step to step."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


def _term(step: Any) -> Term | None:
    """The term of a step; None where it is in words only, or counted from nothing that has a name."""
    if step.get("number") is None or not step.get("unit") or not (step.get("base") or "").strip():
        return None
    return Term(step["number"], Unit(step["unit"]), Direction(step.get("direction") or Direction.AFTER))


def _due(step: Any, known: dict[str, date | datetime]) -> date | datetime | None:
    term = _term(step)
    base = known.get(Event(step["base"].strip()).key) if term else None
    return term.due(base) if term and base else None


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
