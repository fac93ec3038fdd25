"""A file that shall take another's place waits with the text of its page, and comes when that is published."""

import posixpath
from functools import partial
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from wagtail.log_actions import LogContext
from wagtail.models import Page, Revision

from portal.models.file_versions import ProposedFile
from portal.models.media import Document
from portal.models.people import User


def propose(document: Document, page: Page, upload: Any, *, by: User, reason: str) -> ProposedFile:
    """Before the text that it comes with is saved; one that waited already gives way."""
    withdraw(ProposedFile.objects.filter(document=document))
    return ProposedFile.objects.create(
        document=document, page=Page.objects.get(pk=page.pk), file=upload, by=by, reason=reason
    )


def withdraw(proposals: QuerySet[ProposedFile]) -> None:
    proposals.delete()


def of(page: Page) -> QuerySet[ProposedFile]:
    return ProposedFile.objects.filter(page=page.pk).select_related("document", "by").order_by("pk")


def on_published(sender: Any, page: Page, revision: Revision | None = None, **kwargs: Any) -> None:
    """What waited with this text, or with one before it, takes its place, in the name of who proposed it."""
    until = revision.created_at if revision else timezone.now()
    for each in of(page).filter(at__lte=until):
        _take_place(each)
        each.delete()


def _take_place(proposed: ProposedFile) -> None:
    document = proposed.document
    with proposed.file.open("rb") as stream, LogContext(user=proposed.by):
        document.file = File(stream, name=posixpath.basename(str(proposed.file)))
        document.replaced_because = proposed.reason
        document.save()


def on_deleted(sender: type[ProposedFile], instance: ProposedFile, **kwargs: Any) -> None:
    """The bytes go once it is certain that no row names them."""
    transaction.on_commit(partial(instance.file.storage.delete, str(instance.file)))
