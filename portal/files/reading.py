"""A file's way in: fingerprint, its text taken out by a job, and who is told; and where it goes with its page."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from portal import access
from portal.background import jobs
from portal.models.activity import Verb
from portal.models.jobs import Lane
from portal.models.media import Document, Image, ReadingState
from portal.models.spaces import Space
from portal.notices import activity, obligations
from portal.notices.obligations import Duty, Need
from portal.pages import atomic_acts, citations
from portal.personal_data import reports
from portal.words import dates

from . import extraction, photographs, versions
from .extraction import problems

File = Document | Image
TOLD_FOR = timedelta(days=7)  # a file that its author keeps as it is asks for nothing more

# Sent inside the transaction that changes a file's text or place, and when it goes: search follows.
file_changed = Signal()  # arguments: document
file_deleted = Signal()  # arguments: document_id


def on_document_saved(sender: type[Document], instance: Document, raw: bool = False, **kwargs: Any) -> None:
    """Ask for the text of a new or replaced file; a moved or renamed one is only told of."""
    sha256 = instance.fingerprint() if instance.file else ""
    if sha256 == instance.sha256:
        versions.forget_doubled(instance)
    else:
        if instance.sha256:
            _record_replacement(instance)
        unread: dict[str, Any] = {
            "sha256": sha256, "reading_state": ReadingState.WAITING, "reading_problem": "", "text_pages": [],
            "signatures": [], "file_size": instance.file.size if instance.file else None,
            "file_since": timezone.now() if instance.sha256 else None,
        }  # fmt: skip
        Document.objects.filter(pk=instance.pk).update(**unread)
        for name, value in unread.items():  # else saving the same object again would bring the old text back
            setattr(instance, name, value)
        if instance.already_read:
            _keep(instance, instance.already_read)
        else:
            jobs.ask(
                f"read-file:{instance.pk}", "portal.files.reading.read", instance.pk, lane=Lane.FILES,
                person=instance.uploaded_by_user,
            )  # fmt: skip
    instance.replaced = instance.already_read = None
    tell_if_unread(instance.pk)
    file_changed.send(sender=Document, document=instance)


def _record_replacement(document: Document) -> None:
    """Another file at an address that is known: the one before is kept; who replaced it stands in the register of each
    page that carries it.
    """
    by, pages = atomic_acts.actor(), access.carriers([document], Page.objects.live())[document.pk]
    if document.replaced and document.replaced.file:
        versions.keep(document, document.replaced, by=by, was_read=bool(pages))
    for page in pages:
        words = _("%(person)s ha sostituito il file «%(file)s» di «%(page)s»") % {
            "person": by or _("Il portale"), "file": document.title, "page": page.title,
        }  # fmt: skip
        note = document.replaced_because
        activity.record(Verb.FILE_REPLACED, by=by, page=page, space=access.space_of(page), sentence=words, note=note)


def on_document_deleted(sender: type[Document], instance: Document, **kwargs: Any) -> None:
    obligations.settle(_key(instance.pk))
    file_deleted.send(sender=Document, document_id=instance.pk)


def on_page_moved(
    sender: Any, instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    """The files that only the moved pages carry go with them to the other space; what others carry too stays."""
    after = access.space_of(parent_page_after)
    before = access.space_of(parent_page_before)
    if before is None or after is None or before == after:
        return
    going, _staying = along(instance, before)
    with transaction.atomic():
        for file in going:
            file.collection_id = after.collection_id
            file.save(update_fields=["collection"])


def along(page: Page, space: Space) -> tuple[list[File], list[File]]:
    """Of the space's files that the page, or one below it, carries: those that go where it goes, those that stay.

    A text that is being written counts like one that is read: published there, it must have its files.
    """
    moved = Page.objects.filter(path__startswith=page.path)
    left = Page.objects.filter(path__startswith=space.root_page.path).exclude(path__startswith=page.path)
    mine, others = _carried(moved, space), _carried(left, space)
    going = sorted(mine - others, key=lambda file: file.title)
    return going, sorted(mine & others, key=lambda file: file.title)


def _carried(pages: QuerySet[Page], space: Space) -> set[File]:
    """Those of the space's files that the pages name, as they are read or as their next version is written."""
    drafts = Revision.objects.filter(pk__in=pages.filter(has_unpublished_changes=True).values("latest_revision"))
    written = {citation for draft in drafts for citation in citations.of(draft.as_object())}
    found: set[File] = set()
    for model in (Document, Image):
        read: Any = access.cited(model, pages)
        named = Q(pk__in=read.values("pk")) | Q(pk__in=[pk for kind, pk in written if kind is model])
        found |= set(model._default_manager.filter(named, collection=space.collection_id))
    return found


def unopened(page: Page) -> list[Document | Image]:
    """What the page, or one below it, names and not all of its readers can open: files of another space."""
    pages, readers = page.get_descendants(inclusive=True), access.audience(page)
    found: list[Document | Image] = []
    for model in (Document, Image):
        named: Any = access.cited(model, pages).exclude(pk__in=access.carried(model, pages).values("pk"))
        opened = access.file_audiences(named)
        found += [file for file in named if access.PUBLIC not in opened[file.pk] and not readers <= opened[file.pk]]
    return found


def tell_if_unread(pk: int) -> None:
    """Whoever sent a file whose text could not be read is told for some days: search will not find its words."""
    file = Document.objects.select_related("collection__space", "uploaded_by_user").get(pk=pk)
    space = getattr(file.collection, "space", None)
    sender = versions.sender(file)
    if file.reading_state != ReadingState.UNREADABLE or sender is None or space is None:
        obligations.settle(_key(pk))
        return
    duty = Duty(
        title=_("Il testo di «%(file)s» non si legge") % {"file": file.title},
        verb=_("Guarda"),
        why=file.reading_problem,
        url=reverse("wagtaildocs:edit", args=[pk]),
        ends_on=dates.local_day(file.created_at + TOLD_FOR),
        page=space.root_page_id,
        needs=Need.EDIT,
    )
    obligations.ask([sender], _key(pk), duty)


def _key(pk: int | None) -> str:
    return f"unread:{pk}"


def read(document_id: int) -> None:
    """Take the text out of a file. A broken or hostile one is kept and marked, with the reason."""
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        return
    try:
        with document.open_file() as file:
            found = extraction.extract(file.read(), document.filename)
    except FileNotFoundError:
        found = extraction.Extraction(problem=_("Il file non c’è più."))
    with transaction.atomic():
        _keep(document, found)
        if (document := Document.objects.filter(pk=document_id).first()) is not None:  # not deleted meanwhile
            tell_if_unread(document.pk)
            file_changed.send(sender=Document, document=document)


def _keep(document: Document, found: extraction.Extraction) -> None:
    """The text that was taken out; data of somebody in it put the file out of sight with the same stroke."""
    has_none = found.problem == problems.UNKNOWN and photographs.is_picture(document.filename)
    problem = "" if has_none else found.problem  # of a picture nobody expects a text
    said: dict[str, Any] = {
        "reading_state": ReadingState.UNREADABLE if problem else ReadingState.READ,
        "reading_problem": (problem or found.warning)[:240], "text_pages": found.pages,
        "signatures": [
            {"name": each.signer, "intact": each.is_intact, "kind": each.kind, "at": each.at}
            for each in found.signatures
        ],
    }  # fmt: skip
    # An update, not a save: saving would ask for the text again.
    if Document.objects.filter(pk=document.pk, sha256=document.sha256).update(**said):
        for name, value in said.items():
            setattr(document, name, value)
        reports.look_into(document, found.beside)
