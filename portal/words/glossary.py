"""A term of the glossary as people type it: other words on a line, not as JSON."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm


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


class TermForm(WagtailAdminModelForm):
    """One spelling of a term, whatever its capitals."""

    synonyms = WordsField(
        label=_("si dice anche"), required=False, max_length=80, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Le altre parole con cui la gente lo cerca, separate da virgole: branda, posto letto."),
    )  # fmt: skip

    def clean_term(self) -> str:
        term = " ".join(self.cleaned_data["term"].split())
        same = type(self.instance).objects.filter(term__iexact=term).exclude(pk=self.instance.pk).first()
        if same:
            raise forms.ValidationError(_("«%(term)s» c’è già: modifica quello."), params={"term": same.term})
        return term
