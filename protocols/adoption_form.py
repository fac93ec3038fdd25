"""The form in which a body's delegate says what the body does with an edition."""

from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.files import looking, uploads
from portal.files.explaining import Explained
from portal.models.people import User
from portal.personal_data import guard
from portal.personal_data.guard import no_personal_data
from portal.words import dates

from .models import Adoption, Edition
from .models.adoptions import IN_FORCE, State

Day = forms.DateInput(attrs={"placeholder": gettext_lazy("gg/mm/aaaa"), "autocomplete": "off"})


class AdoptionForm(Explained, forms.Form):
    """What each state asks for is said beside the field, and asked when that state is chosen."""

    state = forms.ChoiceField(
        label=gettext_lazy("Che cosa fa l’ente"), widget=forms.RadioSelect,
        choices=[(each.value, each.label) for each in State if each is not State.TO_ADOPT],
    )  # fmt: skip
    act_number = forms.CharField(
        label=gettext_lazy("Atto"), max_length=120, required=False, validators=[no_personal_data],
        help_text=gettext_lazy("Tipo e numero, per esempio «Delibera di Giunta 45». Serve se l’ente recepisce."),
    )  # fmt: skip
    act_date = forms.DateField(label=gettext_lazy("Data dell’atto"), required=False, widget=Day)
    since = forms.DateField(
        label=gettext_lazy("Vale dal"), required=False, widget=Day,
        help_text=gettext_lazy("Vuoto: dalla data dell’atto, o da oggi; mai prima dell’ultima riga."),
    )  # fmt: skip
    act_file = forms.FileField(label=gettext_lazy("File dell’atto"), required=False)
    personal_data_reason = guard.ReasonField()
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("Sezioni che qui si adattano"), required=False, widget=forms.CheckboxSelectMultiple
    )
    text = forms.CharField(
        label=gettext_lazy("Come si fa qui"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Chi legge lo trova accanto alle sezioni scelte. Solo per un adattamento."),
    )  # fmt: skip
    until = forms.DateField(
        label=gettext_lazy("L’adattamento vale fino al"), required=False, widget=Day,
        help_text=gettext_lazy("Compreso quel giorno. Vuoto: senza scadenza."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Perché"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[no_personal_data],
        help_text=gettext_lazy("Serve per un adattamento e dove non si applica. Nessun nome di persone seguite."),
    )  # fmt: skip
    is_correction = forms.BooleanField(
        label=gettext_lazy("Correggo uno sbaglio nell’ultima riga"), required=False,
        help_text=gettext_lazy("La riga sbagliata non conta più, ma resta scritta con chi l’ha messa e quando."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, edition: Edition, last: Adoption, first: date, before: date, **kwargs: Any) -> None:
        self.author: User | None = kwargs.pop("author", None)
        super().__init__(*args, **kwargs)
        self.initial["seen"], self.page = last.pk, edition.page
        self.last = last
        self.first, self.before = first, before  # from which day another row holds; and if the last one is wrong
        self.fields["sections"].choices = [(anchor, heading) for anchor, heading, _text in edition.parts]  # type: ignore[attr-defined]
        self.fields["act_file"].help_text = _("Al massimo %(size)s. Dopo una correzione va scelto di nuovo.") % {
            "size": filesizeformat(settings.WAGTAILDOCS_MAX_UPLOAD_SIZE)
        }
        if last.state == State.TO_ADOPT:
            del self.fields["is_correction"]

    def clean_act_file(self) -> Any:
        file = self.cleaned_data["act_file"]
        if not file:
            return ""
        ending = Path(file.name).suffix.lower().removeprefix(".")
        problem = (
            uploads.name_problem(file.name)
            or uploads.ending_problem(ending)
            or uploads.beginning_problem(ending, uploads.head(file))
        )
        if not problem and file.size > settings.WAGTAILDOCS_MAX_UPLOAD_SIZE:
            problem = _("Il file è troppo grande.")
        if problem := problem or self._problem_within(file):
            raise forms.ValidationError(problem)
        return file

    def _problem_within(self, file: Any) -> str:
        """An act is read with its protocol at once: it holds nobody's tax code, and what is in doubt is explained."""
        found = looking.read(file)
        if found is None:
            return _("È troppo grande per guardare che cosa c’è dentro: salvalo più leggero, o dividilo.")
        self.look_for_doubts(found)
        return looking.refusal(found)

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        self.ask_why("act_file", typed.get(guard.REASON))
        state = typed.get("state")
        if state in IN_FORCE:
            self._require("act_number", _("Scrivi tipo e numero dell’atto con cui l’ente recepisce."))
            self._require("act_date", _("Scrivi la data dell’atto."))
        if state == State.ADAPTED:
            self._require("sections", _("Scegli almeno una sezione che qui si adatta."))
            self._require("text", _("Scrivi come si fa qui."))
        if state in (State.ADAPTED, State.NOT_APPLICABLE):
            self._require("reason", _("Scrivi perché."))
        if state == State.EXAMINED and self.last.state in IN_FORCE and not typed.get("is_correction"):
            self.add_error("state", _(
                "L’ente ha già recepito questa versione: «in esame» riporterebbe in vigore quella di prima. Se era uno "
                "sbaglio, spunta «Correggo uno sbaglio nell’ultima riga»; se non vale più, scegli «non applicabile»."
            ))  # fmt: skip
        if state and state != State.ADAPTED and (typed.get("sections") or typed.get("text") or typed.get("until")):
            self.add_error("state", _("Hai scritto un adattamento: scegli «recepito con adattamento», o toglilo."))
        self._check_days(typed)
        return typed

    def _require(self, name: str, sentence: str) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, sentence)

    def _check_days(self, typed: dict[str, Any]) -> None:
        today = timezone.localdate()
        if typed.get("act_date") and typed["act_date"] > today:
            self.add_error("act_date", _("Un atto con la data di domani non c’è ancora: controlla il giorno."))
        first = self.before if typed.get("is_correction") else self.first
        if typed.get("since") and typed["since"] < first:
            words = _("Fino %(day)s vale quello che è già scritto: scegli un giorno da allora in poi, o correggilo.")
            self.add_error("since", words % {"day": dates.in_words(first, article="al")})
        typed["since"] = typed.get("since") or max(typed.get("act_date") or today, first)
        if typed.get("until") and typed["until"] < typed["since"]:
            self.add_error("until", _("L’ultimo giorno viene prima del primo."))
