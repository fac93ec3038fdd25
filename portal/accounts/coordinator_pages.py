"""«Chi coordina la rete»: who has the role, since when and why; administrators give and end it here."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import Activity, NetworkCoordinator
from portal.models.activity import Verb
from portal.personal_data.guard import Guarded
from portal.requests import PersonRequest
from portal.spaces.role_forms import ReasonForm
from portal.words.days import LastDayField

from . import coordinators
from .person_field import PersonField, choosable

LOG_SHOWN = 50


class CoordinatorForm(Guarded, forms.Form):
    person = PersonField(label=gettext_lazy("Persona"))
    reason = forms.CharField(
        label=gettext_lazy("Perché"), max_length=240, help_text=gettext_lazy("Resta scritto nel registro.")
    )
    until = LastDayField(label=gettext_lazy("Fino al (facoltativo)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["person"].offer(choosable())


@login_required
def coordinator_list(request: PersonRequest) -> HttpResponse:
    """Read by whoever keeps the network; only an administrator gives the role."""
    access.require_coordinator(request.user)
    gives = access.is_administrator(request.user)
    form = CoordinatorForm(request.POST or None) if gives else None
    if request.method == "POST":
        access.require_administrator(request.user)
    if form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            coordinators.entrust(given["person"], by=request.user, reason=given["reason"], until=given["until"])
        except coordinators.AlreadyCoordinates as problem:
            form.add_error("person", str(problem))
        else:
            messages.success(request, _("Fatto: %(who)s coordina la rete.") % {"who": given["person"]})
            return redirect("coordinators")
    return render(request, "portal/coordinators.html", {"form": form, **_rows()})


def _rows() -> dict[str, Any]:
    rows = NetworkCoordinator.objects.select_related("person__organisation", "given_by")
    now = timezone.now()
    verbs = [Verb.COORDINATION_GIVEN, Verb.COORDINATION_ENDED]
    return {
        "current": rows.filter(Q(until=None) | Q(until__gt=now)).order_by("person__last_name"),
        "log": Activity.objects.filter(verb__in=verbs).select_related("by")[:LOG_SHOWN],
    }


@login_required
def end_coordinator(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks for the reason, then ends it at once."""
    access.require_administrator(request.user)
    row = NetworkCoordinator.objects.current().select_related("person").filter(pk=pk).first()
    if row is None:
        messages.error(request, _("Questo coordinamento è già finito."))
        return redirect("coordinators")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            coordinators.end(row, by=request.user, reason=form.cleaned_data["reason"])
        except coordinators.AlreadyEnded:
            messages.error(request, _("Questo coordinamento è già finito."))
            return redirect("coordinators")
        messages.success(request, _("%(who)s non coordina più la rete.") % {"who": row.person})
        return redirect("coordinators")
    return render(request, "portal/end_coordinator.html", {"row": row, "form": form})
