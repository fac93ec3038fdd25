"""THE declaration of what can be found: for each kind, what is indexed and under which address."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import partial

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Page

from coordination.models import MeetingPage, ServicePage
from portal import access
from portal.models import Document as File
from portal.models import Space
from portal.models.pages import PortalPage, Section, SpacePage
from portal.pages import reserved
from portal.personal_data.reports import waits
from portal.words import dates
from protocols.models import Edition, FormPage
from protocols.models.rules import RulePage

from .engines.contract import Document

FILE_KIND = "file"
PART = "part:"
BATCH = 200
LONGEST_HEADING = 160  # as its column
BOLD_OR_LINE = re.compile(r"\*\*|_{3,}|\.{5,}")


def page_group(page_id: int) -> str:
    return f"page:{page_id}"


def file_group(file_id: int) -> str:
    return f"file:{file_id}"


def editions_group(page_id: int) -> str:
    """What the groups of a page's superseded editions begin with."""
    return f"edition:{page_id}:"


def is_part(group: str) -> bool:
    """Whether it is a part of a page that has readers of its own."""
    return group.startswith(PART)


def page_of(group: str) -> int | None:
    """The page behind a group, as itself, in one of its editions or in a reserved part; None for a file."""
    kind, number, *_version = group.split(":")
    return int(number) if kind in ("page", "edition", "part") else None


def file_of(group: str) -> int | None:
    """The file behind a group; None for a page."""
    kind, number, *_version = group.split(":")
    return int(number) if kind == "file" else None


def of_page(page: Page) -> Iterator[Document]:
    """The page as a whole, then its sections; nothing for a page that is not live."""
    if not page.live or page.depth < access.SPACE_DEPTH:
        return
    if isinstance(page, PortalPage):
        yield from _of_portal_page(page)
    elif isinstance(page, SpacePage):
        yield _whole(page, kind="spazio", text=page.intro, code="", day=None, organisation="")


def _of_portal_page(page: PortalPage) -> Iterator[Document]:
    whole = _whole(
        page,
        kind=page.own_kind,
        text="\n".join(filter(None, [page.summary_text(), *_said_of(page)])),
        code=page.code,
        day=page.relevant_date(),
        organisation=_organisation(page),
    )
    yield whole
    if isinstance(page, FormPage) and page.document and _carries(page, page.document) and not waits(page.document):
        yield from _pages_of(page.document, whole)
    for section in _lines(page, page.sections()):
        yield replace(
            whole,
            id=f"{whole.id}#{section.anchor}",
            heading=section.heading[:LONGEST_HEADING],
            text=_readable(section.text),
            url=f"{whole.url}#{section.anchor}",
        )


def of_reserved_parts(page: Page) -> Iterator[Document]:
    """Each part with readers of its own, alone: its words are found by them and by nobody else."""
    if not (isinstance(page, PortalPage) and page.live and page.depth >= access.SPACE_DEPTH):
        return
    parts = [(part, tokens) for part, tokens in reserved.audiences(page) if part.heading or part.text]
    if not parts:
        return
    whole = _whole(
        page, kind=page.own_kind, text="", code="", day=page.relevant_date(), organisation=_organisation(page)
    )
    for part, tokens in parts:
        group = f"part:{page.pk}:{part.key}"
        for line in _lines(page, [Section(part.anchor, part.heading, part.text)]):
            yield replace(
                whole,
                id=f"{group}#{line.anchor}",
                group=group,
                audience=tuple(sorted(tokens)),
                heading=line.heading[:LONGEST_HEADING],
                text=_readable(line.text),
                url=f"{whole.url}#{line.anchor}",
            )


def _lines(page: PortalPage, sections: Iterable[Section]) -> Iterator[Section]:
    """The sections, of a meeting's decisions and actions each by itself: one looks for that one."""
    for section in sections:
        yield from (page.lines(section.anchor) if isinstance(page, MeetingPage) else []) or [section]


def _said_of(page: PortalPage) -> Iterator[str]:
    """What people say of the page although it is in none of its texts: of which body the service, of which day."""
    if isinstance(page, ServicePage) and page.organisation:
        yield page.organisation.name
    if isinstance(page, MeetingPage):
        yield _("Riunione del %(day)s") % {"day": dates.in_words(page.relevant_date())}


def of_editions(page: Page) -> Iterator[Document]:
    """What the page said before, edition by edition; nothing for a page that is not live."""
    if not (isinstance(page, RulePage) and page.live):
        return
    for edition in Edition.objects.filter(page_id=page.pk).exclude(version=page.version).select_related("space"):
        yield from _of_edition(page, edition)


def _of_edition(page: RulePage, edition: Edition) -> Iterator[Document]:
    group = f"{editions_group(page.pk)}{edition.version}"
    url = reverse("edition", args=[page.code or page.slug, edition.version])
    whole = replace(
        _whole(page, kind=page.own_kind, text="", code="", day=edition.begins, organisation=_organisation(page)),
        id=group,
        group=group,
        title=edition.title,
        audience=tuple(sorted(access.past_audience(page, edition.space))),
        superseded=True,
        version=edition.version,
        url=url,
    )
    yield replace(whole, text=_readable("\n".join([edition.change_note, *edition.in_brief])))
    for anchor, heading, text in edition.parts:
        at, heading = f"#{anchor}", heading[:LONGEST_HEADING]
        yield replace(whole, id=f"{group}{at}", url=f"{url}{at}", heading=heading, text=text)


def _whole(page: Page, *, kind: str, text: str, code: str, day: date | None, organisation: str) -> Document:
    space = access.space_of(page)
    return Document(
        id=page_group(page.pk),
        group=page_group(page.pk),
        audience=tuple(sorted(access.audience(page))),
        kind=kind,
        title=page.title,
        text=_readable(text),
        url=page.url or "",
        space=space.code if space else "",
        organisation=organisation,
        year=day.year if day else 0,
        date=_seconds(day),
        code=code,
        version=page.version if isinstance(page, RulePage) else "",
        page_id=page.pk,
    )


def _organisation(page: PortalPage) -> str:
    """The body that offers or answers for it."""
    offered = getattr(page, "organisation", None)
    return str(offered or (page.responsible and page.responsible.organisation) or "")


def of_file(file: File) -> Iterator[Document]:
    """The file by its title, then each of its pages; a form's file is found under the form."""
    if not found_alone([file]):
        return
    space = Space.objects.filter(collection=file.collection_id).first()
    audience = tuple(sorted(access.file_audience(file)))
    if space is None or not audience:
        return
    day = dates.local_day(file.created_at)
    whole = Document(
        id=file_group(file.pk),
        group=file_group(file.pk),
        audience=audience,
        kind=FILE_KIND,
        title=file.title,
        text=f"{file.title} {file.filename}",
        url=file.url,
        space=space.code,
        year=day.year,
        date=_seconds(day),
        file_id=file.pk,
    )
    yield whole
    yield from _pages_of(file, whole)


def found_alone(files: Iterable[File]) -> list[File]:
    """Those of the files that no live form of their own space carries."""
    files = list(files)
    forms = FormPage.objects.live().filter(Q(document__in=files) | Q(signed__in=files))
    homes = {space.root_page.path: space.collection_id for space in access.homes(forms)}
    taken = {
        (key, homes.get(form.path[: access.SPACE_PATH])) for form in forms for key in (form.document_id, form.signed_id)
    }
    return [file for file in files if (file.pk, file.collection_id) not in taken]


def _carries(form: FormPage, file: File) -> bool:
    """Only a file of the form's own space: one of another space is not opened by being cited."""
    space = access.space_of(form)
    return space is not None and file.collection_id == space.collection_id


def _pages_of(file: File, whole: Document) -> Iterator[Document]:
    """The text of a file, page by page, found under its own title or under the form it belongs to."""
    several = len(file.text_pages) > 1
    for number, text in enumerate(file.text_pages, start=1):
        if text.strip():
            yield replace(
                whole,
                id=f"{whole.id}@{number}",
                heading=_page_name(number if several else 0, in_form=not whole.file_id),
                text=_readable(text),
                url=f"{file.url}#page={number}" if several else file.url,
            )


def _page_name(number: int, *, in_form: bool) -> str:
    """As people speak of it: of a form they know the sheet that they fill in."""
    if not number:
        return _("Il modulo da riempire") if in_form else ""
    page = _("Pagina %(number)d del modulo") if in_form else _("Pagina %(number)d")
    return page % {"number": number}


def sources() -> Iterator[tuple[str, Callable[[], Iterator[Document]]]]:
    """All that can be found, page by page and file by file: its group, and how to read its documents.

    No cursor stays open between the batches; whoever reads them one by one may leave out one that cannot be read.
    """
    pages = Page.objects.live().filter(depth__gte=access.SPACE_DEPTH).order_by("path")
    for batch in _batches(list(pages.values_list("pk", flat=True))):
        for page in Page.objects.filter(pk__in=batch).order_by("path").specific():
            yield page_group(page.pk), partial(_of_page_and_what_is_beside, page)
    for batch in _batches(list(File.objects.order_by("pk").values_list("pk", flat=True))):
        for file in File.objects.filter(pk__in=batch):
            yield file_group(file.pk), partial(of_file, file)


def _of_page_and_what_is_beside(page: Page) -> Iterator[Document]:
    yield from of_page(page)
    yield from beside(page)


def beside(page: Page) -> Iterator[Document]:
    """What is found under the page with an audience of its own: its editions, its reserved parts."""
    yield from of_editions(page)
    yield from of_reserved_parts(page)


def _batches(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _readable(text: str) -> str:
    """Without what is no word: the asterisks of bold text, the lines to write on in a form."""
    return BOLD_OR_LINE.sub(" ", text)


def _seconds(day: date | None) -> int:
    return int(datetime.combine(day, time(12), UTC).timestamp()) if day else 0
