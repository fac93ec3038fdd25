"""«Come si chiama da noi»: a body's own names, read by its people, kept by its delegates and by coordinators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from coordination.models import ServicePage
from portal import access
from portal.models import Term
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.words.offered import OfferedInput

from . import own_names as process
from .models import OwnName
from .query import phrase_key, words_of


class OwnNameForm(forms.Form):
    said = forms.CharField(
        label=gettext_lazy("Da noi si chiama"), max_length=80, validators=[no_personal_data],
        help_text=gettext_lazy("Come lo dite voi: «lo sportello», «la Betania»."),
    )  # fmt: skip
    meant = forms.CharField(
        label=gettext_lazy("Nella rete è"), max_length=200,
        help_text=gettext_lazy("Un servizio che vedi, o un termine del glossario: scrivi le prime lettere e sceglilo."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["meant"].widget = OfferedInput(lambda: process.offered(user))

    def clean_said(self) -> str:
        said = " ".join(self.cleaned_data["said"].split())
        if not words_of(said):
            raise forms.ValidationError(_("Scrivi almeno una parola."))
        return said

    def clean_meant(self) -> ServicePage | Term:
        meant = process.meant_by(self.cleaned_data["meant"], self.user)
        if meant is None:
            raise forms.ValidationError(
                _("Non è il nome di un servizio che vedi, né un termine del glossario: sceglilo tra quelli proposti.")
            )
        return meant

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        meant = data.get("meant")
        if meant and "said" in data and phrase_key(data["said"]) == phrase_key(str(meant)):
            self.add_error("said", _("È già il suo nome nella rete: chi lo cerca lo trova."))
        return data


@login_required
def own_names(request: PersonRequest, slug: str) -> HttpResponse:
    """The list, and for whoever keeps it a row more."""
    request.section = "rubrica"
    body = get_object_or_404(access.bodies_of(request.user), slug=slug)
    may_keep = access.bodies_kept_by(request.user).filter(pk=body.pk).exists()
    if request.method == "POST" and not may_keep:
        raise PermissionDenied
    form = OwnNameForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        process.add(body, form.cleaned_data["said"], form.cleaned_data["meant"], by=request.user)
        messages.success(request, _("Scritto: da adesso chi è del vostro ente lo trova anche così."))
        return redirect("own_names", slug=slug)
    rows = process.shown(body, request.user)
    return render(request, "search/own_names.html", {"body": body, "rows": rows, "form": form, "may_keep": may_keep})


@login_required
@require_POST
def take_away(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """A name that nobody uses any more."""
    rows = OwnName.objects.filter(organisation__slug=slug).select_related("organisation")
    row = access.get_or_404(rows, request.user, "edit", pk=pk)
    process.take_away(row, by=request.user)
    messages.success(request, _("Tolto."))
    return redirect("own_names", slug=slug)
