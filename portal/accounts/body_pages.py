"""«Enti della rete»: where coordinators add a body and keep what the directory says of it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, paging
from portal.models import Organ, Organisation
from portal.models.people import OrganisationKind
from portal.personal_data.guard import Guarded
from portal.requests import PersonRequest
from portal.words.days import DayOfYearField
from portal.words.names import almost_the_same
from portal.words.offered import OfferedInput

from . import bodies


def _areas() -> Iterable[str]:
    return Organisation.objects.exclude(area="").order_by("area").values_list("area", flat=True).distinct()


class BodyForm(Guarded, forms.ModelForm):
    unguarded = ("telephone",)
    patron_on = DayOfYearField(
        label=gettext_lazy("Giorno del patrono"), required=False, max_length=5,
        help_text=gettext_lazy("Giorno e mese, per esempio 25/07: quel giorno gli uffici sono chiusi."),
    )  # fmt: skip
    organs = forms.CharField(
        label=gettext_lazy("Organi"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Uno per riga: Giunta esecutiva, Assemblea dei soci."),
    )  # fmt: skip

    class Meta:
        model = Organisation
        fields = ["name", "kind", "area", "telephone", "email", "patron_saint", "delegates_invite"]
        widgets = {"area": OfferedInput(_areas)}
        help_texts = {"area": gettext_lazy("Per esempio piana, montagna: serve a raggruppare gli enti.")}

    field_order = [
        "name", "kind", "area", "organs", "telephone", "email", "patron_saint", "patron_on", "delegates_invite",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = [("", _("Scegli")), *OrganisationKind.choices]
        body = self.instance
        if body.pk:
            self.initial["organs"] = "\n".join(organ.name for organ in body.organs.all())
        if body.patron_month and body.patron_day:
            self.initial["patron_on"] = (body.patron_month, body.patron_day)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Organisation.objects.exclude(pk=self.instance.pk).values_list("name", flat=True)
        if near := almost_the_same(name, others):
            raise forms.ValidationError(_("C’è già un ente con questo nome: «%(name)s».") % {"name": near})
        return name

    def clean_organs(self) -> list[str]:
        """Each once, without empty lines."""
        lines = (" ".join(line.split()) for line in self.cleaned_data["organs"].splitlines())
        names = list(dict.fromkeys(line for line in lines if line))
        longest = Organ._meta.get_field("name").max_length or 0
        if long := next((name for name in names if len(name) > longest), None):
            raise forms.ValidationError(
                _("«%(name)s…» è troppo lungo: al massimo %(longest)d caratteri per riga.")
                % {"name": long[:30], "longest": longest}
            )
        return names

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.instance.patron_month, self.instance.patron_day = data.get("patron_on") or (None, None)
        return data


@login_required
def network_bodies(request: PersonRequest) -> HttpResponse:
    access.require_coordinator(request.user)
    request.section = "rete"
    found = Organisation.objects.annotate(people_count=Count("people", filter=Q(people__is_active=True)))
    part = paging.part(request, found.order_by("name", "pk").__getitem__)
    return render(request, "portal/network_bodies.html", {"bodies": part.rows, "part": part})


@login_required
def add_body(request: PersonRequest) -> HttpResponse:
    access.require_coordinator(request.user)
    return _edit(request, Organisation())


@login_required
def change_body(request: PersonRequest, slug: str) -> HttpResponse:
    access.require_coordinator(request.user)
    return _edit(request, get_object_or_404(Organisation, slug=slug))


def _edit(request: PersonRequest, body: Organisation) -> HttpResponse:
    request.section = "rete"
    name, new = body.name, body.pk is None
    form = BodyForm(request.POST or None, instance=body)
    if request.method == "POST" and form.is_valid():
        bodies.keep(form.instance, form.cleaned_data["organs"], by=request.user)
        messages.success(request, _("Ente aggiunto.") if new else _("Ente aggiornato."))
        return redirect("organisation", slug=body.slug)
    return render(request, "portal/body.html", {"form": form, "name": name})
