"""The forms of meetings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.personal_data.guard import no_personal_data


class NoteForm(forms.Form):
    """What the owner of an action wants to say of it."""

    note = forms.CharField(
        label=_("Nota (facoltativa)"), max_length=240, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[no_personal_data],
        help_text=_("La legge chi legge il verbale. Non scrivere nomi o notizie di persone seguite dai servizi."),
    )  # fmt: skip
