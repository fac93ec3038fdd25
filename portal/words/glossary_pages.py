"""«Glossario»: terms, acronyms and what else people call them, written by coordinators."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, paging
from portal.models.glossary import Relation, Term
from portal.personal_data.guard import Guarded, no_personal_data
from portal.requests import PersonRequest

from . import glossary as process

LONGEST_ASKED = 80


class WordsField(forms.CharField):
    """A list of words, separated by commas or lines."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = value if isinstance(value, list) else re.split(r"[,;\n]", value or "")
        kept: dict[str, str] = {}
        for word in (" ".join(word.split()) for word in words):
            kept.setdefault(word.casefold(), word)
        return [word for word in kept.values() if word]

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def run_validators(self, value: Any) -> None:
        for word in value:
            super().run_validators(word)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class TermForm(Guarded, forms.ModelForm):
    """One spelling of a term, whatever its capitals."""

    synonyms = WordsField(
        label=gettext_lazy("Si dice anche"), required=False, max_length=80, widget=forms.Textarea(attrs={"rows": 2}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Le altre parole con cui la gente lo cerca, separate da virgole: branda, posto letto."),
    )  # fmt: skip
    relation = forms.ChoiceField(
        label=gettext_lazy("Come valgono le altre parole"), widget=forms.RadioSelect, initial=Relation.SAME,
        choices=[
            (Relation.SAME, gettext_lazy("Nei due sensi: chi cerca il termine trova anche chi scrive le altre parole")),
            (Relation.ONE_WAY, gettext_lazy("In un senso solo: le altre parole portano al termine, non il contrario")),
            (Relation.AMBIGUOUS, gettext_lazy("È una sigla con più significati: chi la cerca sceglie quale")),
        ],
    )  # fmt: skip

    class Meta:
        model = Term
        fields = ["term", "meaning", "synonyms", "relation", "note"]
        help_texts = {
            "term": gettext_lazy(
                "Come si scrive nei testi. Di una sigla con più significati scrivi una voce per ciascuno, con una "
                "parola tra parentesi: ADI (assegno)."
            ),
            "note": gettext_lazy("Facoltativa: si legge accanto al significato."),
        }

    def clean_term(self) -> str:
        term = " ".join(self.cleaned_data["term"].split())
        same = Term.objects.filter(term__iexact=term).exclude(pk=self.instance.pk).first()
        if same:
            raise forms.ValidationError(_("«%(term)s» c’è già: modifica quello."), params={"term": same.term})
        return term


@login_required
def glossary(request: PersonRequest) -> HttpResponse:
    """The terms, those that hold some words where these are asked for."""
    access.require_coordinator(request.user)
    request.section = "rete"
    asked = " ".join(request.GET.get("parola", "").split())[:LONGEST_ASKED]
    terms = [term for term in Term.objects.all() if _holds(term, asked)]  # short enough; databases fold differently
    context = {"part": paging.part(request, terms.__getitem__), "asked": asked}
    return render(request, "portal/glossary.html", context)


def _holds(term: Term, asked: str) -> bool:
    text = " ".join([term.term, term.meaning, *term.synonyms]).casefold()
    return all(word in text for word in asked.casefold().split())


@login_required
def add_term(request: PersonRequest) -> HttpResponse:
    """The word may come with the address, as from a search that found nothing."""
    begun = Term(term=request.GET.get("termine", "")[:LONGEST_ASKED])
    return _written(request, begun, _("Aggiunto: chi cerca lo trova da adesso."))


@login_required
def change_term(request: PersonRequest, pk: int) -> HttpResponse:
    access.require_coordinator(request.user)
    return _written(request, get_object_or_404(Term, pk=pk), _("Salvato: vale da adesso, nella ricerca e nei testi."))


def _written(request: PersonRequest, term: Term, done: str) -> HttpResponse:
    access.require_coordinator(request.user)
    request.section = "rete"
    name = term.term if term.pk else ""
    form = TermForm(request.POST or None, instance=term)
    if request.method == "POST" and form.is_valid():
        process.keep(form.save(commit=False), by=request.user)
        messages.success(request, done)
        return redirect("glossary")
    return render(request, "portal/term.html", {"form": form, "name": name})


@login_required
def take_term_away(request: PersonRequest, pk: int) -> HttpResponse:
    """Says first what is lost with it."""
    access.require_coordinator(request.user)
    request.section = "rete"
    term = Term.objects.filter(pk=pk).first()
    if term is None:
        messages.error(request, _("Questa parola non c’è più."))
        return redirect("glossary")
    if request.method == "POST":
        process.take_away(term, by=request.user)
        messages.success(request, _("Tolto dal glossario."))
        return redirect("glossary")
    names = ", ".join(f"«{word}»" for word in [term.word, *term.synonyms])
    return render(request, "portal/take_term_away.html", {"term": term, "names": names})
