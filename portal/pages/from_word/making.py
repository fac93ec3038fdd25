"""A draft out of a document: with its pictures among those of the space, and read by whoever writes there, as any."""

from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from portal.models.media import Image
from portal.models.pages import PortalPage
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.uploaded_documents import UploadedDocument
from portal.pages.pasting.reading import Picture
from portal.personal_data import guard
from portal.personal_data.detection import Finding

from . import kinds, report
from .kinds import Target
from .reading import Found

LONGEST_NAME = 255


class AlreadyMade(Exception):
    """The draft is there: somebody pressed twice."""


@dataclass
class Wanted:
    """What somebody decided of a document: what it becomes, under which names, with what of it."""

    target: Target
    title: str
    code: str
    places: list[str]
    alts: dict[int, str] = field(default_factory=dict)  # number of a picture → its words; "" where it only adorns
    without: set[int] = field(default_factory=set)  # pictures that do not come along
    explained: list[Finding] = field(default_factory=list)
    reason: str = ""


def said(found: Found, wanted: Wanted) -> list[tuple[str, str]]:
    """All the words that would be saved, each under the name of its part."""
    parts = [(_("Titolo"), wanted.title)]
    for part, place in zip(found.parts, wanted.places, strict=True):
        if place != kinds.LEFT_OUT:
            captions = [each.caption for each in part.content if isinstance(each, Picture)]
            parts.append((part.heading, "\n".join([part.heading, kinds.lines(part), *captions])))
    return [*parts, *((_("Immagini"), alt) for alt in wanted.alts.values())]


def pictures_of(found: Found, places: list[str]) -> dict[int, tuple[Picture, str]]:
    """The pictures of the parts that come along, by number, each with the heading under which it stands first."""
    pictures: dict[int, tuple[Picture, str]] = {}
    for part, place in zip(found.parts, places, strict=True):
        for each in part.content:
            if isinstance(each, Picture) and place != kinds.LEFT_OUT:
                pictures.setdefault(each.number, (each, part.heading))
    return pictures


@transaction.atomic
def make(document: UploadedDocument, found: Found, wanted: Wanted, *, by: User) -> PortalPage:
    """The draft, in the space for which the document was uploaded; of the document only the report stays."""
    space = document.upload.space
    document = UploadedDocument.objects.select_for_update().get(pk=document.pk)
    if document.page_id:
        raise AlreadyMade
    page: Any = wanted.target.model(title=wanted.title, live=False, owner=by)
    if page.code_form:
        page.code = wanted.code
    wanted.target.fill(page, found.pasted, wanted.places, _kept(document, found, wanted, space, by))
    if wanted.explained:
        page.explained = [(each, wanted.reason, by) for each in wanted.explained]
    space.root_page.specific.add_child(instance=page)
    page.save_revision(user=by, log_action=True, clean=False)
    document.pictures.all().delete()
    document.page, document.html = page, ""
    document.found["report"] = report.sentences(found, wanted.target)
    document.save()
    return page


def _kept(document: UploadedDocument, found: Found, wanted: Wanted, space: Space, by: User) -> kinds.Pictures:
    """The pictures as the page stores them, once each has its row in the space."""
    if not wanted.target.takes_pictures:
        return {}
    asked = {number: each for number, each in pictures_of(found, wanted.places).items() if number not in wanted.without}
    kept: kinds.Pictures = {}
    for row in document.pictures.filter(number__in=asked):
        alt = wanted.alts.get(row.number, "")
        title = (alt or asked[row.number][1] or wanted.title)[:LONGEST_NAME]
        image = Image(title=title, description=alt, collection_id=space.collection_id, uploaded_by_user=by)
        image.file = ContentFile(bytes(row.data), name=f"immagine-{row.number + 1}.{row.ending}")
        image.save()
        kept[row.number] = {"image": image.pk, "alt_text": alt, "decorative": not alt}
    return kept


def findings(found: Found, wanted: Wanted) -> list[Finding]:
    """What in it looks like somebody's data."""
    return guard.find(said(found, wanted))
