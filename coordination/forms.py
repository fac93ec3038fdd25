"""The forms of meetings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.personal_data.guard import no_personal_data

from . import actions
from .models import Action


class NoteForm(forms.Form):
    """What the owner of an action wants to say of it."""

    note = forms.CharField(
        label=_("Nota (facoltativa)"), max_length=240, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[no_personal_data],
        help_text=_("La legge chi legge il verbale. Non scrivere nomi o notizie di persone seguite dai servizi."),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, action: Action) -> None:
        super().__init__(data, initial={"note": action.done_note, "seen": actions.mark(action)})
        self.action = action

    def clean(self) -> dict[str, Any]:
        """What was done in another window, or by who stands in, is said, and nothing is written over it."""
        data = super().clean() or self.cleaned_data
        now, found = actions.mark(self.action), self.action
        same = found.done_at is not None and data.get("note") == found.done_note
        if "seen" in self.data and self.data["seen"] != now and not same:
            closed = _WRITTEN % {"note": found.done_note} if found.done_note else _CLOSED
            self.add_error("note", closed if found.done_at else _OPENED)
            typed: Any = self.data
            self.data = {**typed.dict(), "seen": now}  # whoever was told and presses again means it
        return data


_WRITTEN = _("Nel frattempo è stata chiusa con questa nota: «%(note)s». Se salvi vale quello che hai scritto tu.")
_CLOSED = _("Nel frattempo è stata chiusa, senza una nota. Se salvi, la nota è quello che hai scritto tu.")
_OPENED = _("Nel frattempo è stata riaperta. Con «Completa» la chiudi, con questa nota.")
