"""The files and pictures of a page, as one reader may open them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wagtail.models import Page

from portal import access
from portal.files import versions
from portal.models.media import Document, Image


@dataclass(frozen=True)
class Opened:
    """Of what a page carries, what the reader may open: a file of another space is not opened by being cited."""

    files: dict[int, Document] = field(default_factory=dict)
    pictures: frozenset[int] = frozenset()
    attached: tuple[tuple[str, Document], ...] = ()  # title and file, in the page's order
    replaced: frozenset[int] = frozenset()  # those of the files of which the reader may open what they were before


def opened(page: Page, user: Any) -> Opened:
    """A page without files asks the database nothing; of a preview, what the editor may open."""
    chosen = [block for name in ("body", "attachments") for block in getattr(page, name, None) or []]
    documents = {block.value["file"] for block in chosen if block.block_type == "attachment"} - {None}
    images = {block.value["picture"] for block in chosen if block.block_type == "picture"} - {None}
    files = {each.pk: each for each in _rows(Document, documents, user)} if documents else {}
    pictures = frozenset(each.pk for each in _rows(Image, images, user)) if images else frozenset()
    replaced = versions.read_by(user, list(files.values())).values_list("document", flat=True) if files else ()
    return Opened(files, pictures, tuple(_attached(page, files)), frozenset(replaced))


def _rows(model: Any, chosen: Iterable[Any], user: Any) -> Any:
    return access.allowed(model.objects.filter(pk__in=[each.pk for each in chosen]), user)


def _attached(page: Any, files: dict[int, Document]) -> Iterator[tuple[str, Document]]:
    for block in page.attachments:
        chosen = block.value["file"]
        if chosen and chosen.pk in files:
            yield block.value["title"] or chosen.title, files[chosen.pk]
