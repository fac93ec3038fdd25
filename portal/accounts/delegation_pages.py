"""«Chi agisce a nome dell’ente»: delegates and their substitutes, with dates, given and ended by coordinators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.models import Delegation, Organisation
from portal.models.delegations import Purpose
from portal.requests import PersonRequest
from portal.words.days import DayField

from . import delegations
from .person_field import PersonField, choosable


class GiveForm(forms.ModelForm):
    """Who, for what, from when until when; and who does it when that person is away."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("Che cosa fa"), choices=[("", gettext_lazy("Scegli")), *Purpose.choices]
    )
    person = PersonField(label=gettext_lazy("Persona"))
    substitute = PersonField(
        label=gettext_lazy("Chi la sostituisce (facoltativo)"), required=False, empty_label=gettext_lazy("Nessuno"),
        help_text=gettext_lazy("Può fare le stesse cose, negli stessi giorni."),
    )  # fmt: skip
    valid_from = DayField(label=gettext_lazy("Dal"))
    valid_until = DayField(
        label=gettext_lazy("Fino al (facoltativo)"), required=False, help_text=gettext_lazy("Compreso quel giorno.")
    )

    class Meta:
        model = Delegation
        fields = ["purpose", "person", "substitute", "valid_from", "valid_until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in ("person", "substitute"):
            fields[name].offer(choosable())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given = {"organisation": self.instance.organisation, **{n: data.get(n) for n in ("purpose", "person")}}
        if data.get("valid_from") and all(given.values()) and delegations.overlapping(
            data["valid_from"], data.get("valid_until"), **given
        ).exists():  # fmt: skip
            raise forms.ValidationError(delegations.TWICE)
        return data


@login_required
def body_delegations(request: PersonRequest, slug: str) -> HttpResponse:
    """Those of today and to come; the past ones below."""
    access.require_coordinator(request.user)
    request.section = "rete"
    body = get_object_or_404(Organisation, slug=slug)
    form = GiveForm(request.POST or None, instance=Delegation(organisation=body))
    if request.method == "POST" and form.is_valid():
        delegations.keep(form.instance, by=request.user)
        messages.success(request, _("Delega data."))
        return redirect("body_delegations", slug=slug)
    rows = Delegation.objects.filter(organisation=body).select_related("person", "substitute", "given_by")
    is_past = Q(valid_until__lt=timezone.localdate())
    return render(request, "portal/body_delegations.html", {
        "body": body, "form": form,
        "held": paging.part(request, rows.exclude(is_past).__getitem__, key="deleghe"),
        "past": paging.part(request, rows.filter(is_past).__getitem__, key="prima"),
    })  # fmt: skip


@login_required
@require_POST
def end_delegation(request: PersonRequest, pk: int) -> HttpResponse:
    """Today is its last day; one that has not begun never will. Pressed twice, the second finds it gone."""
    access.require_coordinator(request.user)
    row = Delegation.objects.select_related("organisation", "person").filter(pk=pk).first()
    if row is None:
        messages.error(request, _("Questa delega non c’è più."))
        return redirect("network_bodies")
    try:
        if delegations.end(row, by=request.user):
            messages.success(request, _("Delega finita: oggi è l’ultimo giorno."))
        else:
            messages.success(request, _("Delega ritirata: non comincerà."))
    except delegations.AlreadyEnded:
        messages.error(request, _("Questa delega era già finita."))
    return redirect("body_delegations", slug=row.organisation.slug)
