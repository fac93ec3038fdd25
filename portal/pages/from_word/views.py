"""«Importa da Word»: choose a document, see what becomes of it, make the draft."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import access
from portal.models.spaces import Space
from portal.models.uploaded_documents import UploadedDocument, WordUpload
from portal.requests import PersonRequest

from . import kinds, making, reading, report
from .forms import PreviewForm, UploadForm, beginning, chosen, offered

access.own(WordUpload, "person")
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


@login_required
def upload(request: PersonRequest, slug: str) -> HttpResponse:
    """One document of Word, read at once."""
    space = _space(request, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        document = reading.keep(request.user, space, file.name, file.read())
        if not document.problem:
            return redirect("word_document", slug, document.pk)
        form.add_error("file", f"{document.name}: {document.problem}")
    return render(request, "portal/from_word.html", {"space": space, "form": form})


@login_required
@never_cache
def document_page(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """What becomes of the document, before anything is made of it; afterwards, what did not fit."""
    space, document = _document(request, slug, pk)
    if document.page is not None:
        return render(request, "portal/from_word_made.html", {"space": space, "document": document})
    found = reading.found_in(document)
    among = offered(space.root_page.specific)
    target = chosen(request.POST.get("kind"), found, document, among)
    begun = beginning(found, target)
    is_shown = request.POST.get("shown") == request.POST.get("kind")  # else its places are still to be looked at
    if request.method == "POST" and "crea" in request.POST and is_shown:
        form = PreviewForm(request.POST, found=found, target=target, offered=among)
        if form.is_valid():
            return _made(request, document, found, form)
    else:
        typed = {name: request.POST[name] for name in ("title", *_words_of_pictures(request)) if name in request.POST}
        form = PreviewForm(initial=begun | typed, found=found, target=target, offered=among)
    findings = form.findings if form.is_bound else making.findings(found, _as_begun(found, target, begun))
    context = {
        "space": space, "document": document, "form": form, "found": found, "report": report.sentences(found),
        "findings": findings, "certain": [each for each in findings if each.is_certain],
        "missing": target.missing(begun[f"part_{number}"] for number in range(len(found.parts))),
        "code_taken": found.code if target.model.code_form and found.code and begun["code"] != found.code else "",
    }  # fmt: skip
    return render(request, "portal/from_word_preview.html", context)


@login_required
@require_safe
@never_cache
def picture(request: PersonRequest, slug: str, pk: int, number: int) -> HttpResponse:
    """A picture of one's own document, to say what it shows."""
    _space_, document = _document(request, slug, pk)
    found = document.pictures.filter(number=number).first()
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.data), content_type=TYPES[found.ending])


def _space(request: PersonRequest, slug: str) -> Space:
    return access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)


def _document(request: PersonRequest, slug: str, pk: int) -> tuple[Space, UploadedDocument]:
    """One's own, as long as one writes in the space for which it came."""
    space = _space(request, slug)
    own = access.allowed(WordUpload.objects.filter(space=space), request.user)
    rows = UploadedDocument.objects.filter(upload__in=own, problem="").select_related("upload", "page")
    document = rows.filter(pk=pk).first()
    if document is None:
        raise Http404
    document.upload.space = space
    return space, document


def _made(request: PersonRequest, document: UploadedDocument, found: reading.Found, form: PreviewForm) -> HttpResponse:
    try:
        page = making.make(document, found, form.wanted(), by=request.user)
    except making.AlreadyMade:
        return redirect(request.path)
    messages.success(request, _("La bozza è pronta: rileggila, completala, e quando va bene pubblicala."))
    return redirect("wagtailadmin_pages:edit", page.pk)


def _words_of_pictures(request: PersonRequest) -> list[str]:
    return [name for name in request.POST if name.startswith("alt_")]


def _as_begun(found: reading.Found, target: kinds.Target, begun: dict[str, Any]) -> making.Wanted:
    """What would be made if nothing were changed."""
    places = [begun[f"part_{number}"] for number in range(len(found.parts))]
    alts = {int(name.removeprefix("alt_")): words for name, words in begun.items() if name.startswith("alt_")}
    return making.Wanted(target, begun["title"], begun["code"], places, alts if target.takes_pictures else {})
