"""The table to check before many drafts are made: each row corrected or left out, and what stands against it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from portal import access
from portal.models.uploaded_documents import UploadedDocument
from portal.pages import addresses
from portal.personal_data.guard import LONGEST_REASON, no_personal_data

from .kinds import Target
from .reading import LONGEST_TITLE

TOGETHER, ALONE = "insieme", "ognuna"
SMALL = {"class": "form-control"}


class TableForm(forms.Form):
    """A row for each document that was read and is no draft yet."""

    how = forms.ChoiceField(
        label=gettext_lazy("Se una bozza non riesce"), initial=TOGETHER, widget=forms.RadioSelect,
        choices=[
            (TOGETHER, gettext_lazy("Non farne nessuna: correggo e riprovo")),
            (ALONE, gettext_lazy("Fai le altre: quella resta qui")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, documents: list[UploadedDocument], offered: list[Target], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents = documents
        self.targets = {each.key: each for each in offered}
        codes = proposed_codes(documents, self.targets)
        choices = [(each.key, each.model.kind_label) for each in offered]
        for document in documents:
            self._add_row(document, choices, codes.get(document.pk, ""))

    def _add_row(self, document: UploadedDocument, choices: list[Any], code: str) -> None:
        key, name = document.pk, document.name
        fields: dict[str, forms.Field] = {
            "take": forms.BooleanField(
                label=_("Importa %(name)s") % {"name": name}, required=False,
                initial=document.chosen and not certain(document),
            ),
            "kind": forms.ChoiceField(
                label=_("Che cos’è %(name)s") % {"name": name}, choices=choices, initial=document.kind, required=False,
                widget=forms.Select(attrs=SMALL),
            ),
            "title": forms.CharField(
                label=_("Titolo di %(name)s") % {"name": name}, max_length=LONGEST_TITLE, required=False,
                initial=document.title, validators=[no_personal_data], widget=forms.TextInput(attrs=SMALL),
            ),
            "code": forms.CharField(
                label=_("Codice di %(name)s") % {"name": name}, max_length=12, required=False, initial=code,
                widget=forms.TextInput(attrs=SMALL),
            ),
        }  # fmt: skip
        if document.found.get("findings") and not certain(document):
            fields["reason"] = forms.CharField(
                label=_("Perché può restare, in %(name)s") % {"name": name}, max_length=LONGEST_REASON, required=False,
                initial=document.reason, validators=[no_personal_data], widget=forms.TextInput(attrs=SMALL),
            )  # fmt: skip
        self.fields |= {f"{part}_{key}": field for part, field in fields.items()}

    @property
    def rows(self) -> list[dict[str, Any]]:
        parts = ("take", "kind", "title", "code", "reason")
        return [
            {
                "document": each,
                **{name: self[f"{name}_{each.pk}"] for name in parts if f"{name}_{each.pk}" in self.fields},
            }
            for each in self.documents
        ]

    # --- Judging -----------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        taken = [each for each in self.documents if data.get(f"take_{each.pk}")]
        if not taken:
            self.add_error(None, _("Non c’è nessun documento da importare: spuntane almeno uno."))
        for document in taken:
            self._judge(document, data)
        self._judge_codes([each for each in taken if self._target(each).model.code_form], data)
        return data

    def _target(self, document: UploadedDocument) -> Target:
        key = self.cleaned_data.get(f"kind_{document.pk}") or document.kind
        return self.targets.get(key) or next(iter(self.targets.values()))

    def _judge(self, document: UploadedDocument, data: dict[str, Any]) -> None:
        key = document.pk
        if f"title_{key}" in data and not data[f"title_{key}"].strip():
            self.add_error(f"title_{key}", _("Scrivi il titolo."))
        if certain(document):
            self.add_error(f"take_{key}", _("C’è un codice fiscale: aprilo con «Guarda» e lascia fuori la parte."))
        elif f"reason_{key}" in data and not data[f"reason_{key}"].strip():
            self.add_error(f"reason_{key}", _("Scrivi perché può restare, o non importarlo."))

    def _judge_codes(self, coded: list[UploadedDocument], data: dict[str, Any]) -> None:
        """Each is a code, of its kind, and nobody else's: neither in the network nor in the table."""
        codes: dict[int, str] = {}
        for document in coded:
            name, form = f"code_{document.pk}", self._target(document).model.code_form
            try:
                code = addresses.normal_code(data.get(name, ""))
            except addresses.UnreadableCode:
                self.add_error(name, addresses.unreadable(data.get(name, "")))
                continue
            if not code.startswith(f"{prefix(form)}-"):
                free = addresses.next_code(form)
                words = _("%(code)s non è il codice di questo tipo di pagina: il prossimo libero è %(free)s.")
                self.add_error(name, words % {"code": code, "free": free})
            codes[document.pk] = data[name] = code
        known, counted = in_use(codes.values()), Counter(codes.values())
        for pk, code in codes.items():
            if code in known:
                self.add_error(f"code_{pk}", _("%(code)s è già usato nella rete: scegline un altro.") % {"code": code})
            elif counted[code] > 1:
                self.add_error(f"code_{pk}", _("%(code)s è scritto in più righe.") % {"code": code})

    def save(self) -> None:
        """Each row keeps what was decided of it."""
        data = self.cleaned_data
        for document in self.documents:
            document.chosen = bool(data.get(f"take_{document.pk}"))
            document.kind = self._target(document).key
            document.title = data.get(f"title_{document.pk}", "").strip()
            document.code = data.get(f"code_{document.pk}", "")
            document.reason = data.get(f"reason_{document.pk}", "").strip()
        UploadedDocument.objects.bulk_update(self.documents, ["chosen", "kind", "title", "code", "reason"])


def certain(document: UploadedDocument) -> bool:
    """Whether a tax code was found in it, which never stays."""
    return any(is_certain for *_words, is_certain in document.found.get("findings", []))


def prefix(form: str) -> str:
    return form.partition("-")[0]


def in_use(codes: Iterable[str]) -> set[str]:
    slugs = [code.lower() for code in codes]
    rows = Page.objects.filter(slug__in=slugs, depth__gt=access.SPACE_DEPTH).values_list("slug", flat=True)
    return {slug.upper() for slug in rows}


def proposed_codes(documents: list[UploadedDocument], targets: dict[str, Target]) -> dict[int, str]:
    """The code of each that says one which is free; for the others the next ones, each another."""
    known = in_use(each.code for each in documents if each.code)
    found: dict[int, str] = {}
    for document in documents:
        form = targets[document.kind].model.code_form if document.kind in targets else ""
        is_own = form and document.code.startswith(f"{prefix(form)}-")
        if is_own and document.code not in known and document.code not in found.values():
            found[document.pk] = document.code
    given, last = set(found.values()), dict[str, int]()
    for document in documents:
        form = targets[document.kind].model.code_form if document.kind in targets else ""
        if not form or document.pk in found:
            continue
        number = last.get(form) or int(addresses.next_code(form).rpartition("-")[2])
        while form.format(number) in given:
            number += 1
        found[document.pk], last[form] = form.format(number), number + 1
    return found
