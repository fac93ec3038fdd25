"""What is asked before a draft is made: what it is, where each part goes, what each picture shows."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.pages import addresses
from portal.pages.pasting.reading import Part, Picture
from portal.pages.pasting.tables import Table
from portal.pages.uploading import FilesField, SeveralFiles
from portal.personal_data.detection import Finding
from portal.personal_data.guard import ReasonField, no_personal_data

from . import kinds, making, reading, several
from .kinds import LEFT_OUT, Target
from .making import Wanted
from .reading import Found

LONGEST_ALT = 200
EXCERPT = 160
WITH_WORDS, ADORNS, WITHOUT = "", "decora", LEFT_OUT


class UploadForm(forms.Form):
    file = FilesField(
        label=gettext_lazy("Documenti Word"),
        widget=SeveralFiles(attrs={"accept": ".docx,.docm,.zip"}),
        help_text=gettext_lazy(
            "Uno o più file .docx, o una cartella compressa .zip che li contiene; ognuno al massimo 20 MB. I .doc e "
            "gli .odt si salvano prima come .docx."
        ),
    )  # fmt: skip

    def clean_file(self) -> list[tuple[str, bytes]]:
        """The documents, each by its name."""
        try:
            found = several.documents(self.cleaned_data["file"])
        except several.Refused as problem:
            raise ValidationError(str(problem)) from problem
        if not found:
            raise ValidationError(_("Non c’è nessun documento: scegline almeno uno."))
        for name, data in found:
            if len(data) > reading.MOST_BYTES:
                words = _("%(name)s è troppo grande (%(size)s): rimpicciolisci le immagini in Word, o dividilo.")
                raise ValidationError(words % {"name": name, "size": filesizeformat(len(data))})
        return found


class PreviewForm(forms.Form):
    """Title, code, the place of each part, the words of each picture; and why what looks like data may stay."""

    kind = forms.ChoiceField(label=gettext_lazy("Che cos’è"))
    title = forms.CharField(label=gettext_lazy("Titolo"), max_length=255, validators=[no_personal_data])
    code = forms.CharField(label=gettext_lazy("Codice"), max_length=12)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)  # the kind whose places the page shows
    reason = ReasonField()

    def __init__(self, *args: Any, found: Found, target: Target, offered: list[Target], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found, self.target = found, target
        self.findings: list[Finding] = []
        fields: dict[str, Any] = self.fields
        fields["reason"].widget = forms.Textarea(attrs={"rows": 2})  # drawn where the page asks for it alone
        fields["kind"].choices = [(each.key, each.model.kind_label) for each in offered]
        if not target.model.code_form:
            del fields["code"]
        own = str(target.as_it_is) or _("Resta con il suo titolo")
        places = [("", own), *((each.key, each.label) for each in target.places), (LEFT_OUT, _("Non portarla"))]
        for number, part in enumerate(found.parts):
            first = [("", _("All’inizio, senza titolo"))] if not part.heading and not target.as_it_is else places[:1]
            fields[f"part_{number}"] = forms.ChoiceField(
                label=part.heading or _("Prima del primo titolo"), choices=[*first, *places[1:]], required=False,
                widget=forms.Select(attrs={"class": "form-control"}),
            )  # fmt: skip
        for number in self._pictures():
            self._ask_of_picture(number)

    def _pictures(self) -> dict[int, Any]:
        return making.pictures_of(self.found, [""] * len(self.found.parts)) if self.target.takes_pictures else {}

    def _ask_of_picture(self, number: int) -> None:
        self.fields[f"alt_{number}"] = forms.CharField(
            label=_("Che cosa mostra l’immagine %(number)d") % {"number": number + 1}, max_length=LONGEST_ALT,
            required=False, validators=[no_personal_data],
        )  # fmt: skip
        self.fields[f"how_{number}"] = forms.ChoiceField(
            label=_("Come va l’immagine %(number)d") % {"number": number + 1}, required=False,
            choices=[
                (WITH_WORDS, _("Con queste parole")), (ADORNS, _("È solo decorativa")), (WITHOUT, _("Non portarla")),
            ],
        )  # fmt: skip

    # --- What is shown -----------------------------------------------------------------------------------

    @property
    def part_rows(self) -> list[dict[str, Any]]:
        return [
            {"field": self[f"part_{number}"], "heading": part.heading, "excerpt": excerpt(part), "holds": holds(part)}
            for number, part in enumerate(self.found.parts)
        ]

    @property
    def picture_rows(self) -> list[dict[str, Any]]:
        return [
            {"number": number, "alt": self[f"alt_{number}"], "how": self[f"how_{number}"], "heading": heading}
            for number, (_picture, heading) in self._pictures().items()
        ]

    # --- What was decided --------------------------------------------------------------------------------

    def clean_code(self) -> str:
        try:
            code = addresses.normal_code(self.cleaned_data["code"])
        except addresses.UnreadableCode:
            raise ValidationError(addresses.unreadable(self.cleaned_data["code"])) from None
        if problem := self.target.model().code_problem(code):
            raise ValidationError(problem)
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for number, (_picture, heading) in making.pictures_of(self.found, self.places()).items():
            if f"alt_{number}" in data and data[f"how_{number}"] == WITH_WORDS and not data[f"alt_{number}"].strip():
                self.add_error(
                    f"alt_{number}", _("Scrivi che cosa mostra (in «%(part)s»), o di’ che è solo decorativa.")
                    % {"part": heading or data.get("title", "")},
                )  # fmt: skip
        if all(place == LEFT_OUT for place in self.places()):
            self.add_error(None, _("Non resta nulla da portare: lascia almeno una parte."))
        self._guard(data)
        return data

    def _guard(self, data: dict[str, Any]) -> None:
        """As in the editors' form: what only looks like data stays for a reason, a tax code never."""
        self.findings = making.findings(self.found, self._wanted(data))
        certain = [each for each in self.findings if each.is_certain]
        if certain:
            self.add_error(
                None, _("C’è un codice fiscale: toglilo dal documento e ricaricalo, o non portare la parte.")
            )
        elif self.findings and not data.get("reason", "").strip():
            self.add_error("reason", _("Scrivi perché può restare, o lascia fuori la parte."))

    def places(self) -> list[str]:
        return [self.cleaned_data.get(f"part_{number}", "") for number in range(len(self.found.parts))]

    def wanted(self) -> Wanted:
        return self._wanted(self.cleaned_data)

    def _wanted(self, data: dict[str, Any]) -> Wanted:
        hows = {number: data.get(f"how_{number}", "") for number in self._pictures()}
        return Wanted(
            target=self.target, title=data.get("title", ""), code=data.get("code", ""), places=self.places(),
            alts={number: data.get(f"alt_{number}", "").strip() for number, how in hows.items() if how == WITH_WORDS},
            without={number for number, how in hows.items() if how == WITHOUT}, explained=self.findings,
            reason=data.get("reason", "").strip(),
        )  # fmt: skip


def excerpt(part: Part) -> str:
    words = " ".join(re.sub(r"^- ", "", kinds.lines(part), flags=re.MULTILINE).split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rsplit(" ", 1)[0] + "…"


def holds(part: Part) -> str:
    """«1 tabella, 2 immagini»."""
    tables = sum(isinstance(each, Table) for each in part.content)
    pictures = sum(isinstance(each, Picture) for each in part.content)
    said = [
        _("1 tabella") if tables == 1 else _("%(count)d tabelle") % {"count": tables} if tables else "",
        _("1 immagine") if pictures == 1 else _("%(count)d immagini") % {"count": pictures} if pictures else "",
    ]
    return ", ".join(filter(None, said))
