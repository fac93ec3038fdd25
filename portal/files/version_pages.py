"""What a file was before it was replaced, at addresses of its own: each says so, and leads to today's file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal import access, paging
from portal.models.file_versions import FileVersion
from portal.models.media import Document
from portal.personal_data.guard import no_personal_data

from . import versions
from .serving import file_response


class DropForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Perché non si può tenere"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("Resta scritto con il tuo nome. Non ripetere i dati."),
    )  # fmt: skip


@require_safe
def file_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Today's file, and those before it as far as the reader may open them."""
    document = access.get_or_404(Document.objects.all(), request.user, pk=pk)
    rows = versions.read_by(request.user, [document]).select_related("replaced_by")
    part = paging.part(request, rows.__getitem__)
    if not part.rows:
        raise Http404
    return render(request, "portal/file_versions.html", {"file": document, "versions": part.rows, "part": part})


def file_version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One that was replaced: by whom, when and why, and where today's is."""
    version = _version(request, pk, number)
    may_drop = bool(version.file) and access.can(request.user, "manage", version.document)
    form = DropForm(request.POST or None) if may_drop else None
    if request.method == "POST":
        return _drop(request, version, form)
    return _page(request, version, form)


def _drop(request: Any, version: FileVersion, form: DropForm | None) -> HttpResponse:
    access.require(request.user, "manage", version.document)
    if form is None or not form.is_valid():
        return _page(request, version, form)
    versions.discard(FileVersion.objects.filter(pk=version.pk), by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("Questa versione non si apre più: resta scritto che c’era, e perché non c’è."))
    return redirect("file_version", version.document_id, version.number)


def _page(request: HttpRequest, version: FileVersion, form: DropForm | None) -> HttpResponse:
    context = {"file": version.document, "version": version, "form": form}
    return render(request, "portal/file_version.html", context)


@require_safe
def earlier_file(request: HttpRequest, pk: int, number: int, filename: str) -> HttpResponseBase:
    """Its bytes; under another name than its own there is nothing."""
    version = _version(request, pk, number)
    if not version.file or version.name != filename:
        raise Http404
    return file_response(request, version.file, version.name, etag=version.sha256, download="scarica" in request.GET)


def _version(request: HttpRequest, pk: int, number: int) -> FileVersion:
    rows = FileVersion.objects.select_related("document", "replaced_by")
    return access.get_or_404(rows, request.user, document=pk, number=number)
