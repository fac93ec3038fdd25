"""«Che cosa non si trova»: for coordinators the words that found nothing, ranked, and what they answer to each."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access, paging, typed
from portal.accounts.person_field import PersonField, choosable
from portal.models import Term
from portal.models.glossary import Relation
from portal.notices.problem_reports import page_named
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.words.days import DayField
from portal.words.offered import OfferedInput

from . import followed, gaps, pins
from .models import Gap

LONGEST_NOTE = 240


def _one_sense() -> Any:
    return Term.objects.exclude(relation=Relation.AMBIGUOUS)


class FutureDayField(DayField):
    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("La data è già passata."))
        return day


class Answer(forms.Form):
    """One of the answers to words that found nothing."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def keep(self, gap: Gap) -> str:
        """Do it; returns what is said of it."""
        raise NotImplementedError


class SynonymForm(Answer):
    term = forms.CharField(
        label=gettext_lazy("È un altro nome di"), max_length=80,
        widget=OfferedInput(lambda: _one_sense().values_list("term", flat=True)),
        help_text=gettext_lazy("Un termine del glossario: scrivi le prime lettere e sceglilo."),
    )  # fmt: skip

    def clean_term(self) -> Term:
        term = _one_sense().filter(term__iexact=" ".join(self.cleaned_data["term"].split())).first()
        if term is None:
            raise forms.ValidationError(_("Non è un termine del glossario: sceglilo tra quelli proposti."))
        found: Term = term
        return found

    def keep(self, gap: Gap) -> str:
        gaps.add_synonym(gap, self.cleaned_data["term"], by=self.user)
        return _("Aggiunto: da adesso porta a «%(term)s».") % {"term": self.cleaned_data["term"]}


class PageForm(Answer):
    page = forms.CharField(
        label=gettext_lazy("Pagina"), max_length=300,
        help_text=gettext_lazy("Il suo codice, per esempio PR-02, o il suo indirizzo. La vede solo chi può leggerla."),
    )  # fmt: skip
    until = FutureDayField(label=gettext_lazy("In evidenza fino al"), help_text=gettext_lazy("Compreso quel giorno."))

    def clean_page(self) -> Page:
        found = page_named(self.cleaned_data["page"], self.user)
        if found is None:
            raise forms.ValidationError(
                _("Non trovo questa pagina: scrivi il suo codice, per esempio PR-02, o copia il suo indirizzo.")
            )
        return found


class PinForm(PageForm):
    def keep(self, gap: Gap) -> str:
        gaps.pin(gap, self.cleaned_data["page"], self.cleaned_data["until"], by=self.user)
        return _("Messa in evidenza: chi può leggerla la trova per prima.")


class WrittenForm(PageForm):
    """Of whoever was asked to write the page."""

    def keep(self, gap: Gap) -> str:
        gaps.pin(gap, self.cleaned_data["page"], self.cleaned_data["until"], by=self.user)
        return _("Grazie: chi la aspettava lo sa per mail, se può leggerla.")


class WordsForm(Answer):
    """Of whoever was asked and can answer without a page."""

    words = forms.CharField(
        label=gettext_lazy("La tua risposta"), max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}), validators=[no_personal_data],
        help_text=gettext_lazy("Arriva per mail a chi ha chiesto di saperlo: dove si trova, a chi chiedere."),
    )  # fmt: skip

    def keep(self, gap: Gap) -> str:
        gaps.answer(gap, self.cleaned_data["words"], by=self.user)
        return _("Grazie: la risposta arriva per mail a chi la aspettava.")


class AskForm(Answer):
    owner = PersonField(
        label=gettext_lazy("Chi la scrive, o sa rispondere"),
        help_text=gettext_lazy("Può scrivere la pagina, o rispondere in due righe a chi aspetta."),
    )
    due = FutureDayField(label=gettext_lazy("Entro il"))
    note = forms.CharField(
        label=gettext_lazy("Che cosa deve dire (facoltativo)"), max_length=LONGEST_NOTE, required=False,
        widget=forms.Textarea(attrs={"rows": 2}), validators=[no_personal_data],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.offer(choosable())

    def keep(self, gap: Gap) -> str:
        said = self.cleaned_data
        gaps.ask_for_page(gap, said["owner"], said["due"], said["note"], by=self.user)
        return _("Chiesta: %(person)s la trova tra le cose da fare.") % {"person": said["owner"]}


class LeaveForm(Answer):
    words = forms.CharField(
        label=gettext_lazy("Risposta a chi aspetta (facoltativa)"), max_length=LONGEST_NOTE, required=False,
        widget=forms.Textarea(attrs={"rows": 2}), validators=[no_personal_data],
        help_text=gettext_lazy("Arriva per mail a chi ha chiesto di saperlo: dove si trova, a chi chiedere."),
    )  # fmt: skip

    def keep(self, gap: Gap) -> str:
        gaps.leave(gap, self.cleaned_data["words"], by=self.user)
        return _("Lasciata: torna qui se la cercano ancora.")


ANSWERS: dict[str, tuple[Any, Any, type[Answer]]] = {
    "sinonimo": (gettext_lazy("Ha un altro nome"), gettext_lazy("Aggiungi il nome"), SynonymForm),
    "evidenza": (gettext_lazy("La pagina c’è"), gettext_lazy("Metti in evidenza"), PinForm),
    "pagina": (gettext_lazy("La pagina manca"), gettext_lazy("Chiedi la pagina"), AskForm),
    "lascia": (gettext_lazy("Non serve"), gettext_lazy("Lasciala"), LeaveForm),
}

OWNERS_ANSWERS: dict[str, tuple[Any, Any, type[Answer]]] = {
    "pagina": (gettext_lazy("La pagina c’è"), gettext_lazy("È questa"), WrittenForm),
    "parole": (gettext_lazy("Bastano due righe"), gettext_lazy("Rispondi"), WordsForm),
}


@login_required
def gap_list(request: PersonRequest) -> HttpResponse:
    """The most asked first; the pages that somebody owes; what is in evidence."""
    access.require_coordinator(request.user)
    request.section = "rete"
    part = paging.part(request, gaps.shown().__getitem__)
    waiting = followed.waiting(gap.key for gap in part.rows)
    context = {
        "part": part,
        "rows": [(gap, waiting.get(gap.key, 0)) for gap in part.rows],
        "owed": gaps.owed()[: paging.SIZE],
        "pins": pins.current(request.user)[: paging.SIZE],
        "least": gaps.SHOWN_FROM,
    }
    return render(request, "search/gaps.html", context)


@login_required
def gap(request: PersonRequest, pk: int) -> HttpResponse:
    """Four answers, one of which is given."""
    access.require_coordinator(request.user)
    request.section = "rete"
    found = gaps.to_answer().filter(pk=pk).first()
    if found is None:
        get_object_or_404(Gap, pk=pk, asks=0, left=0)
        return _over(request, reverse("gaps"))
    given = request.POST.get("risposta", "")
    if request.method == "POST" and given not in ANSWERS:
        raise Http404
    forms_shown = {
        key: make(request.POST if key == given else None, user=request.user, prefix=key)
        for key, (_title, _verb, make) in ANSWERS.items()
    }
    if given and forms_shown[given].is_valid():
        messages.success(request, _kept(forms_shown[given], found))
        return redirect("gaps")
    context = {
        "gap": found,
        "waiting": followed.waiting([found.key]).get(found.key, 0),
        "answers": [(key, title, verb, forms_shown[key]) for key, (title, verb, _make) in ANSWERS.items()],
        "given": given,
        "form": forms_shown.get(given),
    }
    return render(request, "search/gap.html", context)


def _kept(form: Answer, found: Gap) -> str:
    with transaction.atomic():
        return form.keep(Gap.objects.select_for_update().get(pk=found.pk))


def _over(request: PersonRequest, back: str) -> HttpResponse:
    """Somebody was quicker: whoever comes late reads it, with what was typed."""
    return render(request, "search/gap_over.html", {"back": back, **typed.unsent(request)}, status=410)


@login_required
def missing_page(request: PersonRequest, pk: int) -> HttpResponse:
    """What its owner was asked to write; done, it says which page it is."""
    owed = gaps.owed_by(request.user).filter(pk=pk)
    found = owed.first()
    if found is None:
        if not gaps.was_owed_by(request.user, pk):
            raise Http404
        return _over(request, reverse("home"))
    given = request.POST.get("risposta", "")
    if request.method == "POST" and given not in OWNERS_ANSWERS:
        raise Http404
    answers = [
        (key, title, verb, make(request.POST if key == given else None, user=request.user, prefix=key))
        for key, (title, verb, make) in OWNERS_ANSWERS.items()
    ]
    form = next((form for key, *_said, form in answers if key == given), None)
    if form is not None and form.is_valid():
        with transaction.atomic():
            still = owed.select_for_update(of=["self"]).first()
            said = form.keep(still) if still else ""
        if not said:
            return _over(request, reverse("home"))
        messages.success(request, said)
        return redirect("home")
    return render(request, "search/missing_page.html", {"gap": found, "form": form, "answers": answers})


@login_required
@require_POST
def take_pin_away(request: PersonRequest, pk: int) -> HttpResponse:
    access.require_coordinator(request.user)
    row = next((each for each in pins.current(request.user) if each.pk == pk), None)
    if row is None:
        raise Http404
    with transaction.atomic():
        pins.take_away(row, by=request.user)
    messages.success(request, _("Tolta dall’evidenza."))
    return redirect("gaps")
