"""The days of a procedure: what somebody knows of the events, and what each step's term makes of it.

What is typed stands in the address and nowhere else: nothing of it is kept.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.accounts.closing_days import offices_of
from portal.models import Organisation
from portal.words.terms import Direction, Offices, Term, Unit

from .models import ProcedurePage

FARTHEST = timedelta(days=3660)
HOURS = ["%H:%M", "%H.%M", "%H"]
TYPED = {"class": "form-control", "autocomplete": "off"}
BODY = "ente"


@dataclass
class Event:
    """«Ricovero»: what somebody knows the day of, and the hour where hours are counted from it."""

    name: str
    has_hours: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"dal-{slugify(self.name) or 'fatto'}"


@dataclass(frozen=True)
class Due:
    """The day, or the moment, that a step is due, and the feasts that were passed over on the way."""

    when: date | datetime
    not_counted: list[tuple[date, str]]


def events(page: ProcedurePage) -> list[Event]:
    """In the order of the steps; each once, however it is written."""
    found: dict[str, Event] = {}
    for block in page.steps:
        step = block.value
        if term(step) is None:
            continue
        event = Event(step["base"].strip())
        event = found.setdefault(event.key, event)
        event.has_hours = event.has_hours or step["unit"] == Unit.HOURS
    return list(found.values())


def term(step: Any) -> Term | None:
    """The term of a step; None where it is in words only, or counted from nothing that has a name."""
    if step.get("number") is None or not step.get("unit") or not (step.get("base") or "").strip():
        return None
    return Term(step["number"], Unit(step["unit"]), Direction(step.get("direction") or Direction.AFTER))


class DaysForm(forms.Form):
    """One field for the day of each event, one for the hour where it counts, and whose working days: all optional."""

    def __init__(self, page: ProcedurePage, asked: Any, reader: Any) -> None:
        super().__init__(asked, auto_id="fatto-%s")
        self.events = events(page)
        self.reader_body: Organisation | None = getattr(reader, "organisation", None)
        self.counts_working_days = any(block.value.get("unit") == Unit.WORKING_DAYS for block in page.steps)
        self.known: dict[str, date | datetime] = {}
        for event in self.events:
            self._ask(event)
        if self.events and self.counts_working_days and reader.is_authenticated:
            self._ask_whose_offices()
        self.is_valid()
        for event in self.events:
            if day := self._day(event.key):
                hour = self.cleaned_data.get(f"{event.key}-ora")
                self.known[event.key] = timezone.make_aware(datetime.combine(day, hour)) if hour else day

    def _ask(self, event: Event) -> None:
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

    def _ask_whose_offices(self) -> None:
        own = self.reader_body.name if self.reader_body else _("tutta la rete")
        self.fields[BODY] = forms.ModelChoiceField(
            Organisation.objects.all(), to_field_name="slug", required=False, label=_("Giorni lavorativi di"),
            empty_label=_("%(body)s (il tuo ente)") % {"body": own} if self.reader_body else own,
            widget=forms.Select({"class": "form-select"}),
            error_messages={"invalid_choice": _("Scegli un ente dell’elenco.")},
        )  # fmt: skip

    def _day(self, key: str) -> date | None:
        day: date | None = self.cleaned_data.get(key)
        if day and abs(day - timezone.localdate()) > FARTHEST:
            self.add_error(key, _("Scrivi un giorno più vicino: questo è a più di dieci anni."))
            return None
        return day

    @property
    def body(self) -> Organisation | None:
        """Whose patron and closing days count: the reader's own, or the one chosen."""
        return self.cleaned_data.get(BODY) or self.reader_body

    @cached_property
    def offices(self) -> Offices:
        return offices_of(self.body)

    def due(self, step: Any) -> Due | None:
        """None where there is no term, no base or, for hours, no hour: better no date than a wrong one."""
        counted = term(step)
        base = self.known.get(Event(step["base"].strip()).key) if counted else None
        if counted is None or base is None:
            return None
        when = counted.due(base, self.offices)
        return Due(when, counted.not_counted(base, self.offices)) if when else None

    @property
    def given(self) -> list[tuple[str, date | datetime]]:
        """What was typed and understood, in the order of the events: for paper, where the form is not."""
        return [(event.name, self.known[event.key]) for event in self.events if event.key in self.known]

    @property
    def address(self) -> str:
        """The dates given, as they stand in an address: they go along from step to step."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})
