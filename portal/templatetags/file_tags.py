"""What an editor is told of a file: which pages carry it, who reads it, whether search can."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page

from portal import access
from portal.files import versions
from portal.files.uploads import reading_in_words
from portal.models import Document, Image

register = template.Library()


@dataclass(frozen=True)
class FileLife:
    pages: list[Page]  # of the file's own space, those that the editor knows
    readers: str
    reading: str
    is_replaced: bool


@register.simple_tag(takes_context=True)
def file_life(context: dict[str, Any], file: Document | Image) -> FileLife:
    known = access.known(Page.objects.all(), context["request"].user)
    pages = access.carriers([file], known)[file.pk]
    if not isinstance(file, Document):
        return FileLife(pages, _readers(file), "", False)
    replaced = versions.read_by(context["request"].user, [file]).exists()
    return FileLife(pages, _readers(file), reading_in_words(file), replaced)


def _readers(file: Document | Image) -> str:
    opened = access.file_audience(file)
    if access.PUBLIC in opened:
        return _("Lo legge chiunque, anche senza accesso.")
    if not any(not token.startswith("editors:") for token in opened):
        return _("Lo vede solo chi scrive nello spazio: chi legge lo trova quando una pagina pubblicata lo porta.")
    count = access.readers(file).count()
    return ngettext("Lo legge %(count)d persona.", "Lo leggono %(count)d persone.", count) % {"count": count}
