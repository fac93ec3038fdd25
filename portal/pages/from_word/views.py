"""«Importa da Word»: choose a document, see what becomes of it, make the draft."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import access
from portal.models.jobs import Job, JobState
from portal.models.spaces import Space
from portal.models.uploaded_documents import UploadedDocument, WordUpload
from portal.requests import PersonRequest

from . import making, proposing, reading, report, several
from .forms import PreviewForm, UploadForm
from .table_forms import ALONE, TOGETHER, TableForm

access.own(WordUpload, "person")
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


@login_required
def upload(request: PersonRequest, slug: str) -> HttpResponse:
    """One document is read at once; several wait in a table, each read by a job."""
    space = _space(request, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["file"]
        if len(files) > 1:
            return redirect("word_table", slug, several.keep(request.user, space, files).pk)
        document = reading.keep(request.user, space, *files[0])
        if not document.problem:
            return redirect("word_document", slug, document.pk)
        form.add_error("file", f"{document.name}: {document.problem}")
    return render(request, "portal/from_word.html", {"space": space, "form": form, "waiting": _waiting(request, space)})


@login_required
@never_cache
def table(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Many documents: what each is and becomes, corrected row by row; tried first, then made."""
    space = _space(request, slug)
    row = access.get_or_404(WordUpload.objects.filter(space=space), request.user, pk=pk)
    rows = row.documents.defer("html", "source").annotate(is_unread=Q(source__isnull=False))
    documents: list[Any] = list(rows.select_related("page"))
    waiting, is_making = _still_at_work(row, documents)
    left = [each for each in documents if not each.page_id and not each.problem and not each.is_unread]
    context: dict[str, Any] = {
        "space": space, "documents": documents, "waiting": waiting or is_making, "making": is_making,
        "read": len(documents) - len(waiting), "unread": [each for each in documents if each.problem],
        "made": [each for each in documents if each.page_id],
    }  # fmt: skip
    if not context["waiting"] and left:
        among = proposing.offered(space.root_page.specific)
        form = TableForm(request.POST or None, documents=left, offered=among, initial={"how": _how(row)})
        if request.method == "POST" and form.is_valid():
            form.save()
            if "crea" in request.POST:
                several.ask(row, together=form.cleaned_data["how"] == TOGETHER)
                return redirect(request.path)
            context["ready"] = sum(each.chosen for each in left)
        context["form"] = form
    return render(request, "portal/from_word_table.html", context)


@login_required
@never_cache
def document_page(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """What becomes of the document, before anything is made of it; afterwards, what did not fit."""
    space, document = _document(request, slug, pk)
    if document.page is not None:
        return render(request, "portal/from_word_made.html", {"space": space, "document": document})
    found = reading.found_in(document)
    among = proposing.offered(space.root_page.specific)
    target = proposing.chosen(request.POST.get("kind") or document.kind, found, document, among)
    begun = proposing.beginning(found, target) | ({"title": document.title} if document.title else {})
    is_shown = request.POST.get("shown") == request.POST.get("kind")  # else its places are still to be looked at
    if request.method == "POST" and "crea" in request.POST and is_shown:
        form = PreviewForm(request.POST, found=found, target=target, offered=among)
        if form.is_valid():
            return _made(request, document, found, form)
    else:
        typed = {name: request.POST[name] for name in ("title", *_words_of_pictures(request)) if name in request.POST}
        form = PreviewForm(initial=begun | typed, found=found, target=target, offered=among)
    findings = form.findings if form.is_bound else making.findings(found, proposing.as_begun(found, target, begun))
    context = {
        "space": space, "document": document, "form": form, "found": found,
        "many": document.upload.documents.count() > 1, "report": report.sentences(found, target),
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


def _waiting(request: PersonRequest, space: Space) -> QuerySet[WordUpload]:
    """What the person left here and made nothing of yet: of each how many, and the first."""
    left = Q(documents__problem="", documents__page=None)
    rows = access.allowed(WordUpload.objects.filter(space=space), request.user).annotate(
        many=Count("documents"), left=Count("documents", filter=left), document=Min("documents", filter=left),
        name=Min("documents__name", filter=left),
    )  # fmt: skip
    found: QuerySet[WordUpload] = rows.filter(left__gt=0).order_by("-at")
    return found


def _space(request: PersonRequest, slug: str) -> Space:
    return access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)


def _document(request: PersonRequest, slug: str, pk: int) -> tuple[Space, UploadedDocument]:
    """One's own, as long as one writes in the space for which it came."""
    space = _space(request, slug)
    own = access.allowed(WordUpload.objects.filter(space=space), request.user)
    rows = UploadedDocument.objects.filter(upload__in=own, problem="", source=None).select_related("upload", "page")
    document = rows.filter(pk=pk).first()
    if document is None:
        raise Http404
    document.upload.space = space
    return space, document


def _still_at_work(row: WordUpload, documents: list[Any]) -> tuple[list[Any], bool]:
    """Which documents are still to be read, and whether the drafts are being made: what was given up is neither."""
    keys = [several.making_key(row), *(several.reading_key(each) for each in documents)]
    given_up = set(Job.objects.filter(key__in=keys, state=JobState.FAILED).values_list("key", flat=True))
    for each in documents:
        if each.is_unread and several.reading_key(each) in given_up:
            each.problem = _("Non sono riuscito a leggerlo: prova a caricarlo da solo.")
    waiting = [each for each in documents if each.is_unread and not each.problem]
    return waiting, row.asked_at is not None and several.making_key(row) not in given_up


def _how(row: WordUpload) -> str:
    return TOGETHER if row.together else ALONE


def _made(request: PersonRequest, document: UploadedDocument, found: reading.Found, form: PreviewForm) -> HttpResponse:
    try:
        page = making.make(document, found, form.wanted(), by=request.user)
    except making.AlreadyMade:
        return redirect(request.path)
    messages.success(request, _("La bozza è pronta: rileggila, completala, e quando va bene pubblicala."))
    return redirect("wagtailadmin_pages:edit", page.pk)


def _words_of_pictures(request: PersonRequest) -> list[str]:
    return [name for name in request.POST if name.startswith("alt_")]
