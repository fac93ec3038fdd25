"""A file's way in: fingerprint, its text taken out by a job, and who is told."""

from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from . import extraction, jobs
from .models.media import Document, ReadingState

# Sent inside the transaction that changes a file's text or place, and when it goes: search follows.
file_changed = Signal()  # arguments: document
file_deleted = Signal()  # arguments: document_id


def on_document_saved(sender: type[Document], instance: Document, raw: bool = False, **kwargs: Any) -> None:
    """Ask for the text of a new or replaced file; a moved or renamed one is only told of."""
    sha256 = instance.fingerprint() if instance.file else ""
    if sha256 != instance.sha256:
        instance.sha256 = sha256
        Document.objects.filter(pk=instance.pk).update(
            sha256=sha256, reading_state=ReadingState.WAITING, reading_problem="", text_pages=[], signatures=[]
        )
        jobs.ask(f"read-file:{instance.pk}", "portal.files.read", instance.pk)
    file_changed.send(sender=Document, document=instance)


def on_document_deleted(sender: type[Document], instance: Document, **kwargs: Any) -> None:
    file_deleted.send(sender=Document, document_id=instance.pk)


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
        # An update, not a save: saving would ask for the text again.
        Document.objects.filter(pk=document_id, sha256=document.sha256).update(
            reading_state=ReadingState.UNREADABLE if found.problem else ReadingState.READ,
            reading_problem=(found.problem or found.warning)[:240],
            text_pages=found.pages,
            signatures=[
                {"name": each.signer, "intact": each.is_intact, "kind": each.kind} for each in found.signatures
            ],
        )
        if (document := Document.objects.filter(pk=document_id).first()) is not None:  # not deleted meanwhile
            file_changed.send(sender=Document, document=document)
