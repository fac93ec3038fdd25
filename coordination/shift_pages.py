"""«Turni di reperibilità» of a service: who is on call and when, added by the week and taken away."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.accounts.person_field import PersonField, choosable
from portal.models import User
from portal.requests import PersonRequest
from portal.words.days import DayField

from . import shifts
from .models import ServicePage, Shift

LONGEST_WEEKS = 26
LONGEST_SHIFT = timedelta(days=7, hours=12)  # what is longer was mistyped


class HourField(forms.TimeField):
    """An hour of the day, «20:00», «20.00» or «20»."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"placeholder": _("oo:mm"), "autocomplete": "off"}, format="%H:%M")
        wrong = {"invalid": gettext_lazy("Scrivi l’ora come 14:30.")}
        super().__init__(input_formats=["%H:%M", "%H.%M", "%H"], widget=widget, error_messages=wrong, **kwargs)


class ShiftForm(forms.Form):
    """Who, from when until when, for how many weeks."""

    person = PersonField(label=gettext_lazy("Chi è reperibile"))
    day = DayField(label=gettext_lazy("Dal giorno"))
    begins = HourField(label=gettext_lazy("Dalle ore"))
    ends = HourField(label=gettext_lazy("Alle ore"))
    last_day = DayField(
        label=gettext_lazy("Fino al giorno (facoltativo)"), required=False,
        help_text=gettext_lazy("Vuoto: lo stesso giorno, o quello dopo se il turno passa la mezzanotte."),
    )  # fmt: skip
    weeks = forms.IntegerField(
        label=gettext_lazy("Per quante settimane"), min_value=1, max_value=LONGEST_WEEKS, initial=1,
        help_text=gettext_lazy("Lo stesso turno ogni settimana, nello stesso giorno e alle stesse ore."),
    )  # fmt: skip

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["person"]
        person.offer(access.allowed(choosable(), reader))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        day, begins, ends = (given.get(name) for name in ("day", "begins", "ends"))
        if day is None or begins is None or ends is None or "last_day" in self.errors:
            return given
        given["hours"] = self._hours(day, begins, ends)
        since, until = given["hours"]
        if until <= since:
            self.add_error("last_day", _("Il turno finisce prima di cominciare."))
        elif until - since > LONGEST_SHIFT:
            self.add_error("last_day", _("Il turno dura più di una settimana: controlla il giorno e l’anno."))
        elif timezone.make_aware(until) <= timezone.now():
            self.add_error("day", _("Questo turno è già finito."))
        return given

    def _hours(self, day: Any, begins: time, ends: time) -> tuple[datetime, datetime]:
        return shifts.hours(day, begins, ends, self.cleaned_data.get("last_day"))


def _kept(request: PersonRequest, pk: int) -> ServicePage:
    """The card, for who keeps its shifts; who only reads it is told that it is not for them."""
    request.section = "rubrica"
    card = access.get_or_404(ServicePage.objects.all(), request.user, pk=pk)
    if not shifts.may_keep(card, request.user):
        raise PermissionDenied
    return card


@login_required
def service_shifts(request: PersonRequest, pk: int) -> HttpResponse:
    card = _kept(request, pk)
    form = ShiftForm(request.POST or None, reader=request.user, use_required_attribute=False)
    if request.method == "POST" and form.is_valid() and _add(request, card, form):
        return redirect("service_shifts", pk=pk)
    part = paging.part(request, shifts.ahead(card, request.user).__getitem__)
    context = {"page": card, "form": form, "turns": [shifts.Turn(row) for row in part.rows], "part": part}
    return render(request, "coordination/service_shifts.html", context)


def _add(request: PersonRequest, card: ServicePage, form: ShiftForm) -> bool:
    given = form.cleaned_data
    try:
        made = shifts.add(card, given["person"], given["hours"], weeks=given["weeks"], by=request.user)
    except shifts.AlreadyOnCall as problem:
        sentence = _("%(who)s è già reperibile qui dalle %(since)s alle %(until)s: togli quel turno o cambia le ore.")
        turn = shifts.Turn(problem.shift)
        form.add_error(None, sentence % {"who": given["person"], "since": turn.since, "until": turn.until})
        return False
    except shifts.NoSuchHours:
        form.add_error(None, _("In una di quelle notti cambia l’ora, e il turno finirebbe prima di cominciare."))
        return False
    said = ngettext(
        "Turno aggiunto: %(who)s riceve una mail.", "%(count)d turni aggiunti: %(who)s riceve una mail.", len(made)
    )
    if given["person"] == request.user:
        said = ngettext("Turno aggiunto.", "%(count)d turni aggiunti.", len(made))
    messages.success(request, said % {"count": len(made), "who": given["person"]})
    return True


@login_required
@require_POST
def take_shift_away(request: PersonRequest, pk: int, shift_pk: int) -> HttpResponse:
    card = _kept(request, pk)
    rows = Shift.objects.filter(service=card).select_related("service", "person")
    row = access.get_or_404(rows, request.user, "edit", pk=shift_pk)
    shifts.take_away(row, by=request.user)
    messages.success(request, _("Turno tolto: chi era reperibile riceve una mail."))
    return redirect("service_shifts", pk=card.pk)
