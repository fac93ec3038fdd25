"""What a form asks for, field by field, as its author describes it: from this its files are made, always empty."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

HEADING, EXPLANATION = "heading", "explanation"
WORDS = {HEADING, EXPLANATION}  # what is read, not filled in
# What is said of each kind to whoever looks at the form before filling it in.
KINDS = {
    "short_text": _("testo breve"),
    "long_text": _("testo lungo"),
    "date": _("data"),
    "number": _("numero"),
    "one_choice": _("una scelta fra"),
    "many_choices": _("una o più fra"),
    "tick": _("casella da spuntare"),
    "signature": _("firma"),
}


class FieldBlock(blocks.StructBlock):
    """One thing to write, under the words that name it on paper and to a screen reader."""

    label = blocks.CharBlock(label=_("Che cosa chiede"), max_length=160)
    help = blocks.CharBlock(label=_("Una riga di aiuto"), max_length=240, required=False)
    required = blocks.BooleanBlock(label=_("Obbligatorio"), default=False, required=False)

    class Meta:
        icon = "edit"


class ChoiceFieldBlock(FieldBlock):
    """Some answers to choose from."""

    choices = blocks.ListBlock(
        blocks.CharBlock(label=_("Risposta"), max_length=120), label=_("Risposte fra cui scegliere"), min_num=2,
        default=["", ""],
    )  # fmt: skip

    class Meta:
        icon = "list-ul"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        said = [" ".join(str(each).casefold().split()) for each in cleaned["choices"]]
        if len(set(said)) < len(said):
            sentence = ValidationError(_("Due risposte sono uguali: cambiane una."))
            raise blocks.StructBlockValidationError(block_errors={"choices": sentence})
        return cleaned


class FormFieldsBlock(blocks.StreamBlock):
    """The fields of a form in their order. Each keeps its own number for as long as the form asks for it."""

    heading = blocks.CharBlock(label=_("Titolo di una parte"), max_length=120, icon="title")
    explanation = blocks.TextBlock(label=_("Testo che spiega"), max_length=1000, rows=3, icon="pilcrow")
    short_text = FieldBlock(label=_("Testo breve"))
    long_text = FieldBlock(label=_("Testo lungo"))
    date = FieldBlock(label=_("Data"), icon="date")
    number = FieldBlock(label=_("Numero"))
    one_choice = ChoiceFieldBlock(label=_("Una scelta"), icon="radio-full")
    many_choices = ChoiceFieldBlock(label=_("Più scelte"))
    tick = FieldBlock(label=_("Casella da spuntare"), icon="check")
    signature = FieldBlock(label=_("Posto per una firma"))


def in_words(kind: str, value: Any) -> str:
    """«Data del ricovero: data, obbligatorio. Anche quella prevista»; a heading or an explanation by itself."""
    if kind in WORDS:
        return str(value)
    what = str(KINDS[kind])
    if choices := choices_of(value):
        what = f"{what} {', '.join(f'«{each}»' for each in choices)}"
    what += now(", obbligatorio") if value.get("required") else ""
    label = str(value["label"]).strip()
    said = f"{label} {what}" if label.endswith(("?", "!", ":", "…")) else f"{label}: {what}"
    return ". ".join(filter(None, [said, value.get("help")]))


def choices_of(value: Any) -> list[str]:
    """The answers of a field, kept with the marks of their rows or without."""
    return [str(each["value"] if isinstance(each, dict) else each) for each in value.get("choices") or []]
