"""Many documents at once: each is a row that waits, and is read by a job of its own; one job makes their drafts."""

import logging
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.background import jobs
from portal.files.extraction import problems
from portal.files.extraction.archive import Archive
from portal.models.jobs import Lane
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.uploaded_documents import UploadedDocument, WordUpload

from . import making, proposing, reading, report
from .making import Wanted
from .reading import Found

MOST = 60  # documents in one go
HIDDEN = re.compile(r"(^|/)(__MACOSX/|\.|~\$)")  # what systems and open programs leave beside documents
logger = logging.getLogger(__name__)


class Refused(Exception):
    """What was sent cannot be taken as it is; says why."""


# --- What came -------------------------------------------------------------------------------------------


def documents(files: Iterable[Any]) -> list[tuple[str, bytes]]:
    """The documents among the files, and in the archives among them; each by its bare name."""
    found: list[tuple[str, bytes]] = []
    for file in files:
        name = PurePosixPath(file.name).name
        found += _unpacked(name, file.read()) if name.lower().endswith(".zip") else [(name, file.read())]
        if len(found) > MOST:
            raise Refused(_("Sono più di %(most)d documenti: caricali in più volte.") % {"most": MOST})
    return found


def _unpacked(name: str, data: bytes) -> list[tuple[str, bytes]]:
    try:
        with problems.faults_named():
            archive = Archive(data)
            inside = [each for each in sorted(archive.names) if not each.endswith("/") and not HIDDEN.search(each)]
            if len(inside) > MOST:
                raise Refused(_("Sono più di %(most)d documenti: caricali in più volte.") % {"most": MOST})
            return [(PurePosixPath(archive.spelled(each)).name, b"".join(archive.stream(each))) for each in inside]
    except problems.Unreadable as problem:
        raise Refused(f"{name}: {problem.reason}") from problem


@transaction.atomic
def keep(person: User, space: Space, found: list[tuple[str, bytes]]) -> WordUpload:
    """A row for each, and the job that reads it."""
    upload = WordUpload.objects.create(person=person, space=space)
    for name, data in found:
        document = upload.documents.create(name=name[-255:], source=data)
        jobs.ask(
            reading_key(document), "portal.pages.from_word.several.read", document.pk, lane=Lane.FILES,
            person=person,
        )  # fmt: skip
    return upload


def read(pk: int) -> None:
    """The work of one job: what the document says, and what it seems to be. Nothing is left to do the second time."""
    document = UploadedDocument.objects.select_related("upload__space__root_page").filter(pk=pk).first()
    if document is None or document.source is None:
        return
    opened = reading.opened_by(document, bytes(document.source))
    document.source = None
    if not document.problem:
        _proposed(document)
    with transaction.atomic():
        reading.save(document, opened)


def _proposed(document: UploadedDocument) -> None:
    """What the table shows of the document before anybody corrects it."""
    found = reading.found_in(document)
    root = document.upload.space.root_page.specific
    target = reading.kind_of(found, document.name, proposing.offered(root))
    wanted = proposing.as_begun(found, target, proposing.beginning(found, target))
    document.kind, document.title, document.code = target.key, found.title, found.code
    document.found |= {
        "sections": found.pasted.sections,
        "report": [*report.sentences(found, target), *_alts(wanted)],
        "findings": [
            [str(each.kind.label), each.words, each.place, each.is_certain] for each in making.findings(found, wanted)
        ],
    }  # fmt: skip


def _alts(wanted: Wanted) -> list[str]:
    """Of pictures nobody has been asked yet: what is read out for them is said."""
    said = [alt for alt in wanted.alts.values() if alt]
    words = [_("Per le immagini ho proposto queste parole: %(words)s.") % {"words": "; ".join(said)}] if said else []
    adorning = len(wanted.alts) - len(said)
    return words + (
        [_("%(count)d senza parole, come se fossero solo decorative.") % {"count": adorning}] if adorning else []
    )


# --- The drafts ------------------------------------------------------------------------------------------


def ask(upload: WordUpload, *, together: bool) -> None:
    """The drafts of what was chosen are made by one job."""
    with transaction.atomic():
        WordUpload.objects.filter(pk=upload.pk).update(together=together, asked_at=timezone.now())
        jobs.ask(
            making_key(upload), "portal.pages.from_word.several.make_all", upload.pk, lane=Lane.FILES,
            person=upload.person,
        )  # fmt: skip


def making_key(upload: WordUpload) -> str:
    return f"make-drafts:{upload.pk}"


def reading_key(document: UploadedDocument) -> str:
    return f"read-word:{document.pk}"


def make_all(pk: int) -> None:
    """All or none, or each alone, as was asked; of what is a draft already nothing is made again."""
    upload = WordUpload.objects.select_related("person", "space__root_page").filter(pk=pk).first()
    if upload is None or upload.asked_at is None:
        return
    rows = list(upload.documents.filter(chosen=True, page=None, problem="", source=None))
    for row in rows:
        row.upload, row.refused = upload, ""
    if not access.can(upload.person, "edit", upload.space):
        _refuse(rows, _("In questo spazio non scrivi più."))
    elif upload.together:
        _make_together(rows)
    else:
        for row in rows:
            _make_alone(row)
    UploadedDocument.objects.bulk_update(rows, ["refused"])
    WordUpload.objects.filter(pk=pk).update(asked_at=None)


def _make_together(rows: list[UploadedDocument]) -> None:
    prepared = [(row, *_wanted(row)) for row in rows]
    now: UploadedDocument | None = None
    try:
        with transaction.atomic():
            for row, found, wanted in prepared:
                now = row
                _make(row, found, wanted)
    except (Refused, ValidationError, IntegrityError) as problem:
        for row in rows:
            row.refused = _why(problem) if row is now else ""
        others = [row for row in rows if row is not now]
        _refuse(others, _("aspetta che riesca «%(name)s».") % {"name": now.name if now else ""})


def _make_alone(row: UploadedDocument) -> None:
    try:
        with transaction.atomic():
            _make(row, *_wanted(row))
    except (Refused, ValidationError, IntegrityError) as problem:
        row.refused = _why(problem)


def _wanted(row: UploadedDocument) -> tuple[Found, Wanted]:
    """As the table was left, with each part where its heading says."""
    found = reading.found_in(row)
    among = proposing.offered(row.upload.space.root_page.specific)
    target = proposing.chosen(row.kind, found, row, among)
    wanted = proposing.as_begun(found, target, proposing.beginning(found, target))
    wanted.title, wanted.code, wanted.reason = row.title, row.code, row.reason
    return found, wanted


def _make(row: UploadedDocument, found: Found, wanted: Wanted) -> None:
    """The guards once more: what was true when the table was checked may be so no longer."""
    wanted.explained = making.findings(found, wanted)
    if any(each.is_certain for each in wanted.explained) or (wanted.explained and not wanted.reason):
        raise Refused(_("sembra esserci qualcosa su una persona: aprilo con «Guarda»."))
    if wanted.code and (problem := wanted.target.model().code_problem(wanted.code)):
        raise Refused(problem)
    try:
        making.make(row, found, wanted, by=row.upload.person)
    except making.AlreadyMade:
        logger.info("The draft of an uploaded document is there already.")


def _refuse(rows: Iterable[UploadedDocument], why: str) -> None:
    for row in rows:
        row.refused = why


def _why(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        return " ".join(problem.messages)
    return str(problem) if isinstance(problem, Refused) else _("qualcosa è cambiato nel frattempo: riprova.")
