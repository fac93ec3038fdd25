"""«Segnala dati personali»: what is reported goes out of sight at once, until whoever answers for it has looked.

Nothing is kept of the data, neither in the report nor in a job: what kind of thing it is, and where.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.background import jobs
from portal.files import looking, versions
from portal.models.activity import Activity, Verb
from portal.models.jobs import Lane
from portal.models.media import Document, Image, ReadingState
from portal.models.people import User
from portal.models.personal_data import Outcome, PersonalDataReport, What
from portal.notices import activity, emails, obligations
from portal.notices.obligations import Duty

from . import guard
from .detection import ON_LETTERHEADS, Kind

sight_changed = Signal()  # arguments: document, out of sight or seen again

MOST_OPEN = 5  # of one person at a time: hiding pages must not become a way to close the portal
KEPT = timedelta(days=365)  # a report that was handled
OF_KIND = {
    Kind.TAX_CODE: What.CODE, Kind.IBAN: What.CODE, Kind.MOBILE: What.CONTACT, Kind.ADDRESS: What.CONTACT,
    Kind.BIRTH: What.NAME, Kind.HEALTH: What.HEALTH,
}  # fmt: skip


PUBLISHED = [Verb.PUBLISHED, Verb.PART_PUBLISHED, Verb.INSIDE_PUBLISHED]


class TooMany(Exception):
    """The person has reported much that nobody has looked at yet."""


class StillThere(Exception):
    """The data are said to be gone, and what was reported is what it was; the message says what to do."""


class AlreadyHandled(Exception):
    """Somebody else has answered meanwhile; the message says so."""


def report(by: User, what: str, *, seen: Page | Document | Image) -> Any:
    """Put it out of sight, and ask whoever answers for it to look; with a file or a picture those that say it too.

    Gives the report of what was named: where the person has one that waits still, that one.
    """
    waiting = PersonalDataReport.objects.filter(by=by, found_by_itself=False, handled_at=None)
    things = _together(seen)
    if known := waiting.filter(**things[0]).first():
        return known
    if waiting.values("at").distinct().count() >= MOST_OPEN:
        raise TooMany
    at = timezone.now()
    with transaction.atomic():
        rows = [PersonalDataReport.objects.create(by=by, what=what, at=at, **thing) for thing in things]
        for row in rows:
            said = _("ha segnalato dati personali")
            activity.record(Verb.DATA_REPORTED, by=by, page=row.page, space=_space(row), sentence=said)
            _ask(row)
            _tell(row)
        _mail(rows[0])
    return rows[0]


def _together(seen: Page | Document | Image) -> list[dict[str, Any]]:
    """The fields of the reports that one act makes, that of what was named first."""
    if isinstance(seen, Document):
        return [{"document": each} for each in _of_one_text(seen)]
    if isinstance(seen, Image):
        return [{"picture": each, "picture_was": each.get_file_hash()} for each in _of_one_look(seen)]
    return [{"page": seen}]


def _of_one_look(picture: Image) -> list[Image]:
    """The picture, then the others of its space that are the same."""
    same = Image.objects.filter(file_hash=picture.get_file_hash(), collection=picture.collection_id)
    return [picture, *same.exclude(pk=picture.pk)]


def _of_one_text(document: Document) -> list[Document]:
    """The file, then the others of its space that hold the same: its signed copy, another upload of it."""
    same = Q(sha256=document.sha256) & ~Q(sha256="") | Q(text_pages=document.text_pages) & ~Q(text_pages=[])
    return [document, *Document.objects.filter(same, collection=document.collection_id).exclude(pk=document.pk)]


def reported_with(row: PersonalDataReport) -> Any:
    """What went out of sight by the same act, and waits still; of what the portal found, what says the same."""
    waiting = PersonalDataReport.objects.filter(by=row.by, found_by_itself=row.found_by_itself, handled_at=None)
    together = waiting.filter(at=row.at) if not row.found_by_itself else waiting.filter(document__in=_same(row))
    return together.exclude(pk=row.pk).select_related("document", "picture")


def _same(row: PersonalDataReport) -> list[Document]:
    return _of_one_text(row.document)[1:] if row.document else []


def look_into(document: Document, beside: str = "") -> None:
    """Called with the text of a file: some of it puts the file out of sight until its sender has said why not.

    Of what a letterhead has too, whoever sent it is asked, and the file is read meanwhile.
    """
    author = versions.sender(document)
    found = guard.unexplained(_carriers(document), looking.of(document, beside), author)
    hiding = [each for each in found if each.kind not in ON_LETTERHEADS]
    open_ones = PersonalDataReport.objects.filter(document=document, found_by_itself=True, handled_at=None)
    for row in open_ones if not found else open_ones.exclude(hides=bool(hiding), by=author):
        settle(row, None, Outcome.REMOVED, _("Il file è stato sostituito."))
    if not found or open_ones.update(at=timezone.now()):  # what took its place says it too
        return
    certain = [each for each in found if each.is_certain]
    row = PersonalDataReport.objects.create(
        by=author, what=OF_KIND[(certain or hiding or found)[0].kind], document=document,
        found_by_itself=True, is_certain=bool(certain), hides=bool(hiding),
    )  # fmt: skip
    _ask(row)
    if row.hides:
        _mail(row)


def found_in(documents: list[Document]) -> list[PersonalDataReport]:
    """What the portal found in the files, and their uploader has still to decide on."""
    waiting = PersonalDataReport.objects.filter(document__in=documents, found_by_itself=True, handled_at=None)
    return list(waiting.select_related("document").order_by("pk"))


def doubts(documents: list[Document]) -> list[str]:
    """Said at once: else whoever sent a doubtful file thinks that others read it, or that nobody looked."""
    hidden = _("«%(file)s» per ora lo vedi solo tu: sembra contenere dati di qualcuno. Lo decidi in «Da fare».")
    read = _("In «%(file)s» si legge un cellulare o un conto: di chi è? Lo dici in «Da fare».")
    return [(hidden if row.hides else read) % {"file": row.file.title} for row in found_in(documents)]


def waits(document: Document) -> bool:
    """Whether somebody has still to decide on it: until then its words are found nowhere."""
    return PersonalDataReport.objects.hiding().filter(document=document).exists()


def _tell(row: PersonalDataReport) -> None:
    if row.document and row.hides:
        sight_changed.send(sender=Document, document=row.document)


def _carriers(file: Document | Image, pages: Any = None) -> list[int]:
    pages = Page.objects.all() if pages is None else pages
    return [page.pk for page in access.carriers([file], pages)[file.pk]]


def settle(row: PersonalDataReport, by: User | None, outcome: str, reason: str) -> None:
    """The data are gone, or there never were any, nor in its signed copy: what was hidden is seen again.

    Whoever reported is told, once for all that was hidden by the same act.
    """
    if by is not None and outcome == Outcome.REMOVED:
        _require_changed(row)
    with transaction.atomic():
        row = PersonalDataReport.objects.select_for_update(of=("self",)).get(pk=row.pk)  # two who answer at once
        if row.handled_at is not None:
            raise AlreadyHandled(_("Un’altra persona ha già chiuso questa segnalazione."))
        if by is not None and row.by != by:
            key = f"personal-data-handled:{row.pk}"
            jobs.ask(key, "portal.personal_data.reports.tell_reporter", row.pk, lane=Lane.MAIL)
        for each in [row, *(reported_with(row).filter(is_certain=False) if outcome == Outcome.NONE else ())]:
            _settle(each, by, outcome, reason)
        if by is not None and outcome == Outcome.NONE and row.found_by_itself:
            _settle_answered(by, reason)


def _settle_answered(author: User, reason: str) -> None:
    """Whose those numbers are was said: nobody is asked again of another file that holds no others."""
    asked = PersonalDataReport.objects.filter(by=author, found_by_itself=True, hides=False, handled_at=None)
    for row in asked.select_related("document"):
        if row.document and not guard.unexplained(_carriers(row.document), looking.of(row.document), author):
            _settle(row, author, Outcome.NONE, reason)


def _settle(row: PersonalDataReport, by: User | None, outcome: str, reason: str) -> None:
    row.outcome, row.reason, row.handled_by, row.handled_at = outcome, reason, by, timezone.now()
    row.save(update_fields=["outcome", "reason", "handled_by", "handled_at"])
    obligations.settle(_key(row))
    if row.found_by_itself and row.document and by is not None and outcome == Outcome.NONE:
        guard.explain_numbers(looking.of(row.document), reason, by)
    if row.document and outcome == Outcome.REMOVED and (row.hides or by):  # and what it was before must not keep them
        versions.discard(row.document.versions.all(), by=by, reason=_("C’erano dati personali."))
    said = _("ha chiuso una segnalazione di dati personali")
    activity.record(Verb.DATA_HANDLED, by=by, page=row.page, space=_space(row), sentence=said)
    _tell(row)


def _require_changed(row: PersonalDataReport) -> None:
    """Pass, or raise StillThere: what is read now is what was reported."""
    if hasattr(row.file, "binned"):  # nobody opens it there; put back, it is looked into again
        return
    is_open = row.found_by_itself or (row.file and _carriers(row.file, Page.objects.live()))
    if row.document and is_open and not _is_another(row.document, row):
        raise StillThere(_("Il file è ancora quello che è stato segnalato: sostituiscilo, o toglilo dalla pagina."))
    if row.picture and is_open and row.picture.get_file_hash() == row.picture_was:
        raise StillThere(_("L’immagine è ancora quella che è stata segnalata: sostituiscila, o toglila dalla pagina."))
    if row.page and row.page.live and not _was_changed(row.page, row):
        raise StillThere(_("La pagina è ancora quella che è stata segnalata: togli i dati e pubblicala, o ritirala."))


def _is_another(document: Document, row: PersonalDataReport) -> bool:
    """Replaced since it was reported; where the portal itself had read something, read again."""
    replaced = document.file_since is not None and document.file_since > row.at
    return replaced and not (row.found_by_itself and document.reading_state == ReadingState.WAITING)


def _was_changed(page: Page, row: PersonalDataReport) -> bool:
    """Published since, or with another file."""
    if Activity.objects.filter(page=page, verb__in=PUBLISHED, at__gt=row.at).exists():
        return True
    return access.carried(Document, Page.objects.filter(pk=page.pk)).filter(file_since__gt=row.at).exists()


def is_hidden(row: PersonalDataReport) -> bool:
    """Whether what it names is out of sight: by this report, or by another one that waits."""
    waiting = PersonalDataReport.objects.hiding()
    return waiting.filter(page=row.page, document=row.document, picture=row.picture).exists()


def who_handles(row: PersonalDataReport) -> list[User]:
    """Who answers for the page, and for its space; of what the portal found in a file, whoever sent it first.

    Of numbers that hide nothing whoever sent it alone, as long as there is somebody.
    """
    owner = getattr(row.page.specific, "responsible", None) if row.page else None
    if row.found_by_itself:
        owner = row.by
        if not row.hides and owner and owner.is_current():
            return [owner]
    space = _space(row)
    people = [owner, *(access.managers(space) if space else [])]
    current = [each for each in dict.fromkeys(people) if each is not None and each.is_current()]
    return current or list(access.administrators())


def tell(pk: int) -> None:
    """Mail whoever handles it; nothing of what was seen, nor where."""
    row = PersonalDataReport.objects.filter(pk=pk, handled_at=None).first()
    for person in who_handles(row) if row else []:
        emails.personal_data_mail(person, reverse("personal_data", args=[pk])).send()


def tell_reporter(pk: int) -> None:
    """Mail whoever reported that it is decided; why stands on the page of the report."""
    row = PersonalDataReport.objects.filter(pk=pk, by__isnull=False, handled_at__isnull=False).first()
    if row and row.by and row.by.is_current():
        emails.personal_data_handled_mail(row.by, reverse("personal_data", args=[pk])).send()


def purge() -> int:
    """Take away what was handled long ago."""
    count, _rows = PersonalDataReport.objects.filter(handled_at__lt=timezone.now() - KEPT).delete()
    return count


def on_report_deleted(sender: type[PersonalDataReport], instance: PersonalDataReport, **kwargs: Any) -> None:
    """With its page, file or picture: nothing is left to decide on."""
    obligations.settle(_key(instance))


def _ask(row: PersonalDataReport) -> None:
    asked = who_handles(row)
    title = _("Forse ci sono dati di una persona in una pagina o in un file di cui rispondi")
    why = _("finché non decidi, gli altri non lo vedono")
    if not row.hides:
        title = _("In «%(file)s» c’è un cellulare o un conto: di chi è?") % {"file": row.file.title}
        why = _("se è di una persona seguita, va tolto; intanto gli altri leggono il file")
    due = timezone.localdate() if row.hides else None
    duty = Duty(title=title, verb=_("Guarda"), why=why, url=reverse("personal_data", args=[row.pk]), due=due)
    obligations.ask(asked, _key(row), duty)


def _mail(row: PersonalDataReport) -> None:
    """One for all that went out of sight together."""
    jobs.ask(f"personal-data:{row.pk}", "portal.personal_data.reports.tell", row.pk, lane=Lane.MAIL)


def _space(row: PersonalDataReport) -> Any:
    if row.page is not None:
        return access.space_of(row.page)
    return getattr(row.file.collection, "space", None) if row.file else None


def _key(row: PersonalDataReport) -> str:
    return f"personal-data:{row.pk}"
