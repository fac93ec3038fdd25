"""«Spazi della rete»: where coordinators open, rename, group and close spaces, those they do not read too."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal import access, paging
from portal.accounts.person_field import PersonField
from portal.models import Document, Space, User
from portal.models.spaces import Visibility
from portal.personal_data.guard import Guarded
from portal.requests import PersonRequest
from portal.words.names import almost_the_same
from portal.words.offered import OfferedInput

from . import opening
from .role_forms import ReasonForm

READ_BY = [
    (Visibility.PRIVATE.value, gettext_lazy("Solo chi ha un ruolo nello spazio")),
    (Visibility.PUBLIC.value, gettext_lazy("Chiunque, anche senza entrare in Raccordo")),
]


def _headings() -> Iterable[str]:
    return Space.objects.exclude(heading="").order_by("heading").values_list("heading", flat=True).distinct()


class SpaceForm(Guarded, forms.ModelForm):
    """What a space is called; nothing about who reads it."""

    class Meta:
        model = Space
        fields = ["name", "purpose", "heading"]
        widgets = {"heading": OfferedInput(_headings)}

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Space.objects.exclude(pk=self.instance.pk).values_list("name", flat=True)
        if near := almost_the_same(name, others):
            raise forms.ValidationError(_("C’è già uno spazio con questo nome: «%(name)s».") % {"name": near})
        return name


class OpenSpaceForm(SpaceForm):
    """With who reads it and who answers for it: nobody is chosen beforehand."""

    visibility = forms.ChoiceField(
        label=gettext_lazy("Chi lo legge"), choices=READ_BY, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Scegli chi legge lo spazio.")},
    )  # fmt: skip
    manager = PersonField(
        label=gettext_lazy("Chi ne risponde"),
        help_text=gettext_lazy("Decide chi entra; poi può nominare altri responsabili."),
    )
    field_order = ["name", "purpose", "visibility", "manager", "heading"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # For good: somebody whose account ends would leave the space to nobody.
        lasting = User.objects.lasting().select_related("organisation").order_by("last_name", "first_name")
        fields: dict[str, Any] = self.fields
        fields["manager"].offer(lasting)


@login_required
def network_spaces(request: PersonRequest) -> HttpResponse:
    """All of them, with who answers for each."""
    access.require_coordinator(request.user)
    request.section = "rete"
    rows = Space.objects.select_related("root_page")
    part = paging.part(request, rows.order_by(F("closed_at").asc(nulls_first=True), "heading", "name").__getitem__)
    spaces = part.rows
    return render(request, "portal/network_spaces.html", {
        "open": [space for space in spaces if not space.is_closed],
        "closed": [space for space in spaces if space.is_closed],
        "managers": access.managers_of(spaces),
        "readable": {space.pk for space in spaces if access.can(request.user, "view", space)}, "part": part,
    })  # fmt: skip


@login_required
def open_space(request: PersonRequest) -> HttpResponse:
    """A new space; then its sharing page, for whoever answers for it."""
    access.require_coordinator(request.user)
    request.section = "rete"
    form = OpenSpaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        space = opening.open_for(
            asked["manager"], asked["name"], by=request.user, purpose=asked["purpose"], heading=asked["heading"],
            visibility=asked["visibility"],
        )  # fmt: skip
        messages.success(
            request,
            _("Lo spazio «%(space)s» è aperto; ne risponde %(who)s.") % {"space": space, "who": asked["manager"]},
        )
        access.forget(request.user)
        return redirect("sharing", slug=space.slug) if access.can(request.user, "manage", space) else redirect(
            "network_spaces"
        )  # fmt: skip
    return render(request, "portal/open_space.html", {"form": form})


@login_required
def change_space(request: PersonRequest, pk: int) -> HttpResponse:
    """Its name, purpose and heading."""
    access.require_coordinator(request.user)
    request.section = "rete"
    space = get_object_or_404(Space.objects.select_related("root_page", "collection"), pk=pk)
    name = space.name
    form = SpaceForm(request.POST or None, instance=space)
    if request.method == "POST" and form.is_valid():
        space.refresh_from_db()
        asked = form.cleaned_data
        opening.change_space(
            space, name=asked["name"], purpose=asked["purpose"], heading=asked["heading"], by=request.user
        )
        messages.success(request, _("Lo spazio è cambiato."))
        return redirect("network_spaces")
    return render(request, "portal/change_space.html", {
        "space": space, "name": name, "form": form, "may_take_away": access.may_take_away(request.user, space),
    })  # fmt: skip


@login_required
def close_space(request: PersonRequest, pk: int) -> HttpResponse:
    """«Chiudi» says what it means and asks why; of a closed space, «Riapri»."""
    access.require_coordinator(request.user)
    request.section = "rete"
    space = get_object_or_404(Space.objects.select_related("root_page", "collection"), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act, done = (
            (opening.reopen_space, _("Lo spazio «%(space)s» è di nuovo aperto."))
            if space.is_closed
            else (opening.close_space, _("Lo spazio «%(space)s» è chiuso: si legge, non vi si scrive più."))
        )
        try:
            act(space, by=request.user, reason=form.cleaned_data["reason"])
        except opening.StillWaiting as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, done % {"space": space})
            return redirect("network_spaces")
    return render(request, "portal/close_space.html", {"space": space, "form": form})


@login_required
def change_visibility(request: PersonRequest, slug: str) -> HttpResponse:
    """Open the space to anybody, or close it to those without a role: what that means, then yes, with a reason.

    Whoever answers for what is in it decides, not who keeps the network: opening would let that person read it.
    """
    found = Space.objects.select_related("root_page")
    space = access.get_or_404(found, request.user, "manage", root_page__slug=slug)
    wanted = Visibility.PRIVATE if space.is_public else Visibility.PUBLIC
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("visibilita") == wanted:  # else somebody else has done it meanwhile
            opening.set_visibility(space, wanted, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(
                request,
                _("Lo spazio è aperto a chiunque.") if space.is_public else _("Lo spazio è di chi vi ha un ruolo."),
            )
        return redirect("sharing", slug=slug)
    below = Page.objects.live().filter(path__startswith=space.root_page.path)
    return render(request, "portal/change_visibility.html", {
        "space": space, "wanted": wanted, "form": form, "pages": below.count(),
        "files": access.carried(Document, below).count(),
    })  # fmt: skip
