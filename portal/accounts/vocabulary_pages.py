"""«Parole e giorni»: professions, positions and closing days, each a list that is written on its page."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, paging
from portal.models import Holiday, Position, Profession
from portal.models.activity import Verb
from portal.models.vocabulary import Word
from portal.notices.activity import record
from portal.personal_data.guard import Guarded
from portal.requests import PersonRequest
from portal.words.days import DayField

NEW_ROWS = 2


class ProfessionForm(Guarded, forms.ModelForm):
    class Meta:
        model = Profession
        fields = ["name", "is_learner", "retired"]


class PositionForm(Guarded, forms.ModelForm):
    class Meta:
        model = Position
        fields = ["name", "meaning", "retired"]


class HolidayForm(Guarded, forms.ModelForm):
    day = DayField(label=gettext_lazy("Giorno"))

    class Meta:
        model = Holiday
        fields = ["day", "name", "organisation"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["organisation"].empty_label = _("Tutta la rete")


class Rows(forms.BaseModelFormSet):
    """A piece of a list: no word twice in the whole, however it is written, and no row that somebody else has taken
    away meanwhile."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"].error_messages["invalid_choice"] = _(
            "Nel frattempo qualcuno ha tolto questa riga: segna che va tolta e salva, o scrivila di nuovo in fondo."
        )

    def clean(self) -> None:
        super().clean()
        if self.model is None or not issubclass(self.model, Word):
            return
        here = {form.instance.pk for form in self.forms}
        known = {row.name.casefold() for row in self.get_queryset() if row.pk not in here}  # on the list's other pieces
        for form in self.forms:
            word = " ".join(form.cleaned_data.get("name", "").split()).casefold() if form.is_valid() else ""
            if word and word in known:
                form.add_error("name", _("C’è già, scritta così o in un altro modo."))
            known.add(word)


@dataclass(frozen=True)
class Vocabulary:
    """A list of the network's words. A closing day is no evidence and may be taken away; a word is only retired."""

    title: Any
    meaning: Any
    form: type[forms.ModelForm]
    may_go: bool = False
    order: tuple[str, ...] = ("name", "pk")


KINDS = {
    "professioni": Vocabulary(
        gettext_lazy("Professioni"), gettext_lazy("Ogni persona ne ha al massimo una, scelta da chi coordina la rete."),
        ProfessionForm,
    ),
    "ruoli": Vocabulary(
        gettext_lazy("Ruoli nella rete"),
        gettext_lazy("Chi fa che cosa per tutti: si leggono nella pagina della persona. Non danno accesso a niente."),
        PositionForm,
    ),
    "chiusure": Vocabulary(
        gettext_lazy("Giorni di chiusura"),
        gettext_lazy("Oltre a domeniche, feste nazionali e patrono: ponti, chiusure di un ente."), HolidayForm, True,
        ("-day", "pk"),
    ),
}  # fmt: skip


@login_required
def vocabulary(request: PersonRequest, kind: str) -> HttpResponse:
    """A piece of the list with empty rows at its end; saved whole or not at all."""
    access.require_coordinator(request.user)
    request.section = "rete"
    found = KINDS.get(kind)
    if found is None:
        raise Http404
    model: Any = found.form._meta.model
    make: Any = forms.modelformset_factory(
        model, form=found.form, formset=Rows, extra=NEW_ROWS, can_delete=found.may_go
    )
    whole = model._default_manager.order_by(*found.order)
    part = paging.part(request, whole.__getitem__)
    # What is saved is looked for in the whole list: a new row may have moved it to another piece meanwhile.
    shown = whole if request.method == "POST" else whole.filter(pk__in=[row.pk for row in part.rows])
    rows = make(request.POST or None, queryset=shown)
    if request.method == "POST" and rows.is_valid():
        with transaction.atomic():
            rows.save()
            if rows.has_changed():
                sentence = _("ha cambiato l’elenco «%(list)s»") % {"list": found.title}
                record(Verb.WORDS_CHANGED, by=request.user, sentence=sentence)
        messages.success(request, _("Elenco salvato."))
        return redirect(request.get_full_path())
    context = {"rows": rows, "part": part, "found": found, "kinds": KINDS.items(), "kind": kind}
    return render(request, "portal/vocabulary.html", context)
