"""A space taken away as one file: its pages, its files and tables of what they are, as one person reads them.

Asked for in a row, made by a job, kept for a week. Nothing in it is more than the person may read at that moment,
and nobody else may fetch it.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.background import jobs
from portal.files import sheets, versions
from portal.models import Activity, Document, FileVersion, Image, Membership, Rendition, Space, SpaceExport, User
from portal.models.activity import Verb
from portal.models.jobs import Lane
from portal.models.pages import PortalPage
from portal.notices.activity import record
from portal.pages import alone
from portal.words import dates

KEPT = timedelta(days=7)
LONGEST_NAME = 60

Piece = tuple[str, bytes]
# What a package adds of its own: the space, its pages that the person reads → files by their name.
sources: list[Callable[[Space, list[Any]], Iterable[Piece]]] = []


def ask(space: Space, *, by: User) -> SpaceExport:
    """The row, and the work; written in the space's register."""
    with transaction.atomic():
        row = SpaceExport.objects.create(space=space, by=by)
        sentence = _("ha portato via «%(space)s», come lo legge") % {"space": space}
        record(Verb.SPACE_TAKEN_AWAY, by=by, space=space, sentence=sentence)
        jobs.ask(f"space-export:{row.pk}", "portal.spaces.export.make", row.pk, lane=Lane.FILES, person=by)
    return row


def make(pk: int) -> None:
    """Write the file; of a right that is gone by now, nothing. Safe to run twice: the same file again."""
    row = SpaceExport.objects.select_related("space__root_page", "by").filter(pk=pk, file="").first()
    if row is None or not access.may_take_away(row.by, row.space):
        return
    with TemporaryFile() as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in _pieces(row.space, row.by):
                if isinstance(content, bytes):
                    archive.writestr(name, content)
                else:
                    _copy(content, archive, name)
        row.size = made.tell()
        row.file.save(f"{row.space.slug}-{row.pk}.zip", File(made), save=False)
        row.save(update_fields=["file", "size"])


def _copy(source: Any, archive: zipfile.ZipFile, name: str) -> None:
    with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as into:
        while chunk := file.read(1 << 20):
            into.write(chunk)


def purge() -> int:
    """After a week the file goes, and the row with it."""
    over = SpaceExport.objects.filter(asked_at__lt=timezone.now() - KEPT)
    for row in over:
        row.file.delete(save=False)
    return over.delete()[0]


# --- What is in it ---------------------------------------------------------------------------------------


def _pieces(space: Space, person: User) -> Iterator[tuple[str, Any]]:
    below = Page.objects.filter(path__startswith=space.root_page.path, depth__gt=access.SPACE_DEPTH)
    pages = [page for page in access.allowed(below, person).order_by("path").specific() if isinstance(page, PortalPage)]
    documents = list(access.allowed(Document.objects.filter(collection=space.collection_id), person).order_by("pk"))
    images = list(access.allowed(Image.objects.filter(collection=space.collection_id), person).order_by("pk"))
    names = {page.pk: f"pagine/{_page_name(page)}.html" for page in pages}
    files = {each.pk: f"file/{each.pk}-{each.filename}" for each in documents}
    rows = versions.read_by(person, documents).select_related("document", "replaced_by")
    before = list(rows.order_by("document", "number"))
    earlier = {each.pk: f"file/prima/{each.document_id}-{each.number}-{each.name}" for each in before if each.file}
    originals = {each.pk: f"file/immagini/{each.pk}-{PurePosixPath(each.file.name).name}" for each in images}
    yield "LEGGIMI.txt", _read_me(space, person, len(pages), len(files) + len(originals) + len(earlier))
    yield "pagine.csv", sheets.as_csv("pagine", [_page_heads(), *(_page_row(page, names[page.pk]) for page in pages)])
    file_rows = [*_file_rows(documents, files), *_file_rows(images, originals), *_version_rows(before, earlier)]
    yield "file.csv", sheets.as_csv("file", [_file_heads(), *file_rows])
    yield from ((files[each.pk], each.file) for each in documents)
    yield from ((earlier[each.pk], each.file) for each in before if each.file)
    yield from ((originals[each.pk], each.file) for each in images)
    yield from _texts(pages, person, names, files)
    for source in sources:
        yield from source(space, pages)
    if access.can(person, "manage", space):
        yield "ruoli.csv", sheets.as_csv("ruoli", _roles(space))
        yield "registro.csv", sheets.as_csv("registro", _register(space))


def _page_name(page: PortalPage) -> str:
    return slugify(f"{page.code} {page.title}")[:LONGEST_NAME].strip("-") + f"-{page.pk}"


def _texts(pages: list[Any], person: User, names: dict[int, str], files: dict[int, str]) -> Iterator[tuple[str, Any]]:
    """Each page by itself, leading to the others and to the files beside it; then the pictures that they show."""
    by_address = {page.url: names[page.pk] for page in pages}
    shown: dict[str, str] = {}

    def link(href: str) -> str | None:
        address, mark, section = href.partition("#")
        number = alone.file_of(href)
        name = files.get(number) if number is not None else by_address.get(address.partition("?")[0])
        return f"../{name}{mark}{section}" if name else None

    def picture(path: str) -> str:
        shown[path] = f"immagini/{PurePosixPath(path).name}"
        return f"../{shown[path]}"

    for page in pages:
        html = alone.drawn(page, person, _request())
        text = alone.taken_out(html, link, picture)
        yield names[page.pk], render_to_string("portal/exported_page.html", {"page": page, "text": text}).encode()
    for rendition in access.allowed(Rendition.objects.filter(file__in=shown), person):
        yield shown[rendition.file.name], rendition.file


def _request() -> HttpRequest:
    """What a page's template asks of a request, where nobody made one."""
    request = HttpRequest()
    host, _colon, port = settings.BASE_URL.partition("://")[2].partition(":")
    request.META = {
        "SERVER_NAME": host,
        "SERVER_PORT": port or "443",
        "HTTP_HOST": settings.BASE_URL.partition("://")[2],
    }
    request.method = "GET"
    return request


def _page_heads() -> list[str]:
    return [_("codice"), _("titolo"), _("tipo"), _("in una frase"), _("indirizzo"), _("chi ne risponde"),
            _("pubblicata il"), _("aggiornata il"), _("da rivedere entro"), _("nel file")]  # fmt: skip


def _page_row(page: PortalPage, name: str) -> list[str]:
    moments = [page.first_published_at, page.last_published_at]
    days = [*(dates.local_day(each) if each else None for each in moments), page.review_date]
    return [
        page.code, page.title, str(page.kind_label), page.summary, settings.BASE_URL + (page.url or ""),
        str(page.responsible or ""), *(day.isoformat() if day else "" for day in days), name,
    ]  # fmt: skip


def _file_heads() -> list[str]:
    return [_("titolo"), _("nome"), _("byte"), _("SHA-256"), _("caricato da"), _("caricato il"), _("nel file"),
            _("versione"), _("sostituito da"), _("sostituito il"), _("perché")]  # fmt: skip


def _file_rows(files: Iterable[Any], names: dict[int, str]) -> Iterator[list[str | int]]:
    for each in files:
        who = str(each.uploaded_by_user or "")
        fingerprint = getattr(each, "sha256", "") or each.file_hash
        yield [each.title, Path(each.file.name).name, each.file_size or 0, fingerprint, who,
               dates.local_day(each.created_at).isoformat(), names[each.pk], _("attuale"), "", "", ""]  # fmt: skip


def _version_rows(before: Iterable[FileVersion], names: dict[int, str]) -> Iterator[list[str | int]]:
    """What the files were before; of one whose bytes were thrown away, that there was one."""
    for each in before:
        yield [each.document.title, each.name, each.size or 0, each.sha256, "", "", names.get(each.pk, ""),
               _("precedente, %(number)d") % {"number": each.number}, str(each.replaced_by or ""),
               dates.local_day(each.replaced_at).isoformat(), each.reason]  # fmt: skip


def _roles(space: Space) -> sheets.Rows:
    held = Membership.objects.filter(space=space).select_related("user", "group", "given_by").order_by("given_at", "pk")
    return [
        [_("chi"), _("ruolo"), _("perché"), _("dato da"), _("dato il"), _("fino al")],
        *(
            [str(each.holder), str(each.get_role_display()), each.reason, str(each.given_by or ""),
             dates.local_day(each.given_at).isoformat(),
             dates.local_day(each.expires_at).isoformat() if each.expires_at else ""]
            for each in held
        ),
    ]  # fmt: skip


def _register(space: Space) -> sheets.Rows:
    acts = Activity.objects.filter(space=space).select_related("by", "page").order_by("at", "pk")
    return [
        [_("quando"), _("chi"), _("che cosa"), _("nota"), _("pagina")],
        *(
            [timezone.localtime(each.at).isoformat(" ", "minutes"), each.who,
             each.sentence or str(each.get_verb_display()), each.note, each.page.title if each.page else ""]
            for each in acts
        ),
    ]  # fmt: skip


def _read_me(space: Space, person: User, pages: int, files: int) -> bytes:
    words = _(
        "%(space)s\n\nQuesto archivio contiene lo spazio come lo leggeva %(person)s %(day)s: %(pages)d pagine "
        "pubblicate e %(files)d file.\nSono copie di consultazione: fa fede il testo nel portale, %(address)s\n\n"
        "pagine/       le pagine, da aprire con un browser\npagine.csv    che pagine sono, chi ne risponde, da quando\n"
        "file/         i file e le immagini, come sono stati caricati\n"
        "file/prima/   le versioni precedenti dei file, per chi le può aprire\n"
        "file.csv      che file e che versioni sono, con la loro impronta SHA-256\n\n"
        "Le bozze e le pagine di altri spazi non ci sono.\n"
    ) % {
        "space": space.name, "person": person, "day": dates.in_words(timezone.localdate(), article="il"),
        "pages": pages, "files": files, "address": settings.BASE_URL,
    }  # fmt: skip
    return b"\xef\xbb\xbf" + words.replace("\n", "\r\n").encode()
