"""Files of a page in a minute: one more, or one in the place of another, which keeps its address."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from wagtail.documents.forms import get_document_form
from wagtail.models import Page

from portal import access, paging
from portal.files import replacing, uploads
from portal.files.explaining import Explained
from portal.files.serving import file_response
from portal.models.file_versions import ProposedFile
from portal.models.media import Document
from portal.models.pages import PortalPage, page_kinds
from portal.models.people import User
from portal.models.spaces import Space
from portal.personal_data import guard
from portal.requests import PersonRequest

from . import quick_changes, unfinished
from .quick_changes import ChangeNoteField
from .uploading import UploadingForm

ADDED = ("change_note", unfinished.FILES)
REPLACED = ("change_note", guard.REASON)


@quick_changes.offered.append
def _offered(page: PortalPage) -> tuple[str, str] | None:
    return None if page.keeps_editions else (_("Aggiungi o sostituisci un file"), reverse("page_files", args=[page.pk]))


class AddingForm(UploadingForm):
    """One file or several, and what they are for."""

    change_note = ChangeNoteField()
    field_order = ("kept", "uploads", "change_note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].label = _("File e foto")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.attachments and "uploads" not in self.errors:
            self.add_error("uploads", _("Scegli almeno un file."))
        return data


class ReplacingForm(Explained, forms.Form):
    """The new file, and why; looked at as in the admin, save that it waits for whoever approves.

    What only looks like somebody's data in it needs a reason here: once it waits, others open it.
    """

    upload = forms.FileField(label=gettext_lazy("Il file nuovo"), help_text=gettext_lazy("Sceglilo, o trascinalo qui."))
    change_note = ChangeNoteField()
    personal_data_reason = guard.ReasonField()
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, page: PortalPage, document: Document, author: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page, self.document, self.author = page, document, author
        self.initial["seen"] = document.sha256
        if self.initial.get(guard.REASON):  # typed before the session ended: seen, not only sent
            self.fields[guard.REASON].widget = forms.Textarea(attrs={"rows": 2})

    def clean_upload(self) -> Any:
        file = self.cleaned_data["upload"]
        place = {"space": self.document.collection.space, "instance": Document()}
        form = get_document_form(Document, fields=["file"])({}, {"file": file}, **place)
        if not form.is_valid():
            raise ValidationError([str(problem) for found in form.errors.values() for problem in found])
        if form.instance.already_read is None:
            raise ValidationError(str(uploads.SLOW))
        self.look_for_doubts(form.instance.already_read)
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.ask_why("upload", data.get(guard.REASON))
        return data

    def clean_seen(self) -> str:
        if self.cleaned_data["seen"] != self.document.sha256:
            raise ValidationError(_("Qualcuno l’ha appena sostituito: guarda il file di oggi, poi decidi."))
        return self.document.sha256


@login_required
def space_files(request: PersonRequest, slug: str) -> HttpResponse:
    """«Aggiungi un file»: to which page of the space; those that the person may change."""
    space = access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)
    words = request.GET.get("q", "").strip()
    pages = access.allowed(Page.objects.live().descendant_of(space.root_page), request.user, "edit")
    pages = pages.type(*(kind for kind in page_kinds() if not kind.keeps_editions))
    if words:
        pages = pages.filter(title__icontains=words)
    part = paging.part(request, pages.order_by("title", "pk").__getitem__)
    return render(request, "portal/space_files.html", {"space": space, "part": part, "words": words})


def page_files(request: HttpRequest, pk: int) -> HttpResponse:
    """The files of a page: add some, or choose the one to replace."""
    if not isinstance(request.user, User):
        return unfinished.enter_first(request, ADDED)
    page, space = _page(request, pk)
    about = quick_changes.about("file", page)
    form = AddingForm(
        request.POST or None, request.FILES or None, space=space, author=request.user,
        initial=unfinished.begun(request, space, about, ADDED), use_required_attribute=False,
    )  # fmt: skip
    blocked = quick_changes.why_not(page)
    if request.method == "POST" and not blocked and form.is_valid():
        _add(page, form, by=request.user)
        form.tell_of_doubts(request)
        return _done(request, page, space, about)
    if form.is_bound:
        form.is_valid()
        form.offer_again()
        unfinished.keep(request.user, space, about, unfinished.typed(form.data, ADDED), ADDED)
    context = {"files": _files(page, request.user), "proposed": replacing.of(page)}
    return _shown(request, page, form, blocked, "portal/page_files.html", context | _kept(request, space, about))


@transaction.atomic
def _add(page: PortalPage, form: AddingForm, *, by: User) -> None:
    for file in form.attachments:
        page.attachments.append(("attachment", {"file": file, "title": ""}))
    quick_changes.save(page, by=by, note=form.cleaned_data["change_note"])


def replace_file(request: HttpRequest, pk: int, document_id: int) -> HttpResponse:
    """Another file at the address of one that the page carries."""
    if not isinstance(request.user, User):
        return unfinished.enter_first(request, REPLACED)
    page, space = _page(request, pk)
    document = next((file for file in _files(page, request.user) if file.pk == document_id), None)
    if document is None:
        raise Http404
    about = quick_changes.about("file", page, document_id)
    form = ReplacingForm(
        request.POST or None, request.FILES or None, page=page, document=document, author=request.user,
        use_required_attribute=False, initial=unfinished.begun(request, space, about, REPLACED),
    )  # fmt: skip
    blocked = quick_changes.why_not(page)
    if request.method == "POST" and not blocked and form.is_valid():
        _replace(page, document, form, by=request.user)
        return _done(request, page, space, about)
    if form.is_bound:
        unfinished.keep(request.user, space, about, unfinished.typed(request.POST, REPLACED), REPLACED)
        form.data = {
            **request.POST.dict(),
            "seen": document.sha256,
        }  # whoever was told of the newer one and presses again means it
    others = [each for each in access.carriers([document], Page.objects.live())[document.pk] if each.pk != page.pk]
    context = {"file": document, "also_in": _known(others, request.user)}
    return _shown(request, page, form, blocked, "portal/replace_file.html", context | _kept(request, space, about))


@transaction.atomic
def _replace(page: PortalPage, document: Document, form: ReplacingForm, *, by: User) -> None:
    note = form.cleaned_data["change_note"]
    form.keep_reasons(form.cleaned_data[guard.REASON], by)
    replacing.propose(document, page, form.cleaned_data["upload"], by=by, reason=note)
    quick_changes.save(page, by=by, note=note)


@require_safe
def proposed_file(request: HttpRequest, pk: int, proposal: int) -> HttpResponseBase:
    """A file that waits, for who may correct the page, and so for who approves."""
    found = _proposal(request, pk, proposal)
    return file_response(request, found.file, found.name, etag=f"proposed-{found.pk}")


@require_POST
@login_required
def take_back(request: PersonRequest, pk: int, proposal: int) -> HttpResponse:
    """Of whoever proposed it, or who approves: the file of today stays."""
    found = _proposal(request, pk, proposal)
    if found.by != request.user:
        access.require(request.user, "approve", found.page)
    replacing.withdraw(ProposedFile.objects.filter(pk=found.pk))
    return redirect("page_files", pk)


def _proposal(request: HttpRequest, pk: int, proposal: int) -> ProposedFile:
    page = quick_changes.page_of(request, pk)
    return get_object_or_404(ProposedFile.objects.select_related("page", "by"), page=page.pk, pk=proposal)


def _page(request: HttpRequest, pk: int) -> tuple[PortalPage, Space]:
    page = quick_changes.page_of(request, pk)
    space = access.space_of(page)
    if space is None:
        raise Http404
    return page, space


def _files(page: PortalPage, user: Any) -> list[Document]:
    carried = access.carried(Document, Page.objects.filter(pk=page.pk))
    return list(access.allowed(carried, user).order_by("title", "pk"))


def _known(pages: list[Page], user: Any) -> list[Page]:
    return list(access.allowed(Page.objects.filter(pk__in=[page.pk for page in pages]), user))


def _kept(request: Any, space: Space, about: str) -> dict[str, Any]:
    return {"space": space, "about": about, "kept": unfinished.of(request.user, space, about)}


def _shown(
    request: Any, page: PortalPage, form: forms.Form, blocked: str, template: str, context: dict[str, Any]
) -> HttpResponse:
    more = {
        "page": page,
        "form": form,
        "blocked": blocked,
        "can_publish": quick_changes.can_publish(page, request.user),
    }
    return render(request, template, context | more)


def _done(request: Any, page: PortalPage, space: Space, about: str) -> HttpResponse:
    unfinished.drop(request.user, space, about)
    quick_changes.tell(request, page)
    return redirect(page.get_url())
