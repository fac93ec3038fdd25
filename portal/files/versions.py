"""A document's file is replaced at its own address; what it was before is kept, and thrown away only on purpose."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from portal import access
from portal.models.activity import Verb
from portal.models.append_only import as_maintenance
from portal.models.file_versions import FileVersion
from portal.models.media import Document
from portal.models.people import User
from portal.notices import activity


def keep(document: Document, before: Document, *, by: Any, was_read: bool) -> FileVersion:
    """The file that was there until now, as it lies on the disk."""
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    version: FileVersion = document.versions.create(
        number=last + 1, file=before.file.name, size=before.file_size, sha256=before.sha256,
        space=getattr(before.collection, "space", None), was_read=was_read,
        replaced_by=by if isinstance(by, User) else None, reason=document.replaced_because,
    )  # fmt: skip
    return version


def sender(document: Document) -> User | None:
    """Whoever sent the file of today: who replaced it last, else who uploaded it."""
    last = document.versions.select_related("replaced_by").first()
    return (last.replaced_by if last else None) or document.uploaded_by_user


def forget_doubled(document: Document) -> None:
    """The same bytes came once more: they lie under their new name, and no second time."""
    if document.replaced and document.replaced.file:
        old = document.replaced.file
        transaction.on_commit(partial(old.storage.delete, old.name))


def read_by(user: Any, documents: list[Document]) -> QuerySet[FileVersion]:
    """What the files were before, as far as it is the person's to read."""
    return access.allowed(FileVersion.objects.filter(document__in=documents), user)  # type: ignore[no-any-return]


def discard(versions: QuerySet[FileVersion], *, by: User | None, reason: str) -> None:
    """Throw the bytes of versions away, and write down why; that there was one, and who replaced it, stays."""
    with transaction.atomic():
        for version in versions.filter(file__isnull=False).select_related("document", "space"):
            with as_maintenance("a version whose bytes must not be kept"):
                FileVersion._base_manager.filter(pk=version.pk).update(file=None)
            _forget(version)
            words = {"number": version.number, "file": version.document.title}
            activity.record(
                Verb.VERSION_DROPPED, by=by, space=version.space, note=reason,
                sentence=_("ha tolto la versione %(number)d di «%(file)s»") % words,
            )  # fmt: skip


def delete(document: Document) -> None:
    """For the bin, when its time is over: the file with all that it was."""
    with as_maintenance("a file whose time in the bin is over"):
        document.delete()


def on_version_deleted(sender: type[FileVersion], instance: FileVersion, **kwargs: Any) -> None:
    _forget(instance)


def _forget(version: FileVersion) -> None:
    """The bytes go once it is certain that the row does not name them any more."""
    if version.file:
        transaction.on_commit(partial(version.file.storage.delete, str(version.file)))
