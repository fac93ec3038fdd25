"""Files sent with a form outside the editors' admin: each is looked at alone, and what came through stays."""

import time
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from wagtail.documents.forms import get_document_form

from portal.files import looking
from portal.models.media import Document
from portal.models.people import User
from portal.models.spaces import Space
from portal.personal_data import reports

from . import unfinished


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; each is looked at with the form of a file, so that one costs the others nothing."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [file for file in data or [] if file]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-most": settings.WAGTAILDOCS_MAX_UPLOAD_SIZE}


class UploadingForm(forms.Form):
    """A form with files of a space: refused once, it offers again those that came through."""

    uploads = FilesField(
        label=gettext_lazy("File e foto (facoltativi)"), required=False,
        help_text=gettext_lazy("Puoi sceglierne più d’uno, o trascinarli qui."),
    )  # fmt: skip
    kept = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Già caricati"), queryset=Document.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, space: Space, author: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space, self.author = space, author
        mine = Document.objects.filter(uploaded_by_user=author, collection=space.collection_id)
        if not self.is_bound and (typed := self.initial.get(unfinished.FILES)):
            numbers = [number for number in typed.split(",") if number.isdecimal()]
            mine = mine.filter(pk__in=numbers)
            self.initial[unfinished.FILES] = list(mine)
        self.fields["kept"].queryset = mine  # type: ignore[attr-defined]
        self.came_through: list[Document] = []

    def clean(self) -> dict[str, Any]:
        """Every file that can be kept is, also where something else has to be mended."""
        data = super().clean() or self.cleaned_data
        end = time.monotonic() + looking.PATIENCE
        for file in data.get("uploads") or []:
            title = Path(file.name).stem
            form = get_document_form(Document)(
                {"title": title}, {"file": file}, user=self.author, space=self.space, patience=end - time.monotonic(),
                instance=Document(uploaded_by_user=self.author, collection_id=self.space.collection_id),
            )  # fmt: skip
            if form.is_valid():
                self.came_through.append(form.save())
            else:
                problems = dict.fromkeys(str(problem) for found in form.errors.values() for problem in found)
                self.add_error("uploads", f"{file.name}: {' '.join(problems)}")
        return data

    def tell_of_doubts(self, request: HttpRequest) -> None:
        for said in reports.doubts(self.attachments):
            messages.warning(request, said)

    @property
    def attachments(self) -> list[Document]:
        return [*self.cleaned_data.get("kept", []), *self.came_through]

    @property
    def offered(self) -> list[Document]:
        """What came through before, in this form or in one that was left: shown, to be taken or left out."""
        return self.attachments if self.is_bound else self.initial.get(unfinished.FILES) or []

    def offer_again(self) -> None:
        """Show what came through as chosen: a browser cannot send a file back."""
        rows = self.attachments
        data: Any = self.data
        self.data = data.copy()
        self.data.setlist("kept", [str(row.pk) for row in rows])  # type: ignore[attr-defined]
        self.fields["kept"].queryset = Document.objects.filter(pk__in=[row.pk for row in rows])  # type: ignore[attr-defined]
