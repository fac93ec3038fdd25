"""What a document seems to be: its kind, its code, where each part goes, what each picture shows."""

from typing import Any

from portal.models.pages import SpacePage
from portal.models.uploaded_documents import UploadedDocument
from portal.pages import addresses
from portal.pages.pasting.reading import Picture

from . import kinds, making, reading
from .kinds import Target
from .making import Wanted
from .reading import Found

LONGEST_ALT = 200


def beginning(found: Found, target: Target) -> dict[str, Any]:
    """What the form holds before anybody types: what the document says, as far as it can be known."""
    initial: dict[str, Any] = {
        "kind": target.key,
        "shown": target.key,
        "title": found.title,
        "code": free_code(found, target),
    }
    for number, part in enumerate(found.parts):
        initial[f"part_{number}"] = target.place_of(part.heading) if part.heading else ""
    for number, (picture, heading) in making.pictures_of(found, [""] * len(found.parts)).items():
        initial[f"alt_{number}"] = words_of(picture, heading)[:LONGEST_ALT]
    return initial


def words_of(picture: Picture, heading: str) -> str:
    """What a picture shows, to begin with: its own words, its caption, else the heading above it."""
    return picture.alt or picture.caption or kinds.tidy_heading(heading)


def free_code(found: Found, target: Target) -> str:
    """The document's own code where it is of the kind and free, else the next."""
    form = target.model.code_form
    if not form:
        return ""
    is_own = found.code.startswith(f"{form.partition('-')[0]}-")
    return found.code if is_own and not target.model().code_problem(found.code) else addresses.next_code(form)


def offered(root: SpacePage) -> list[Target]:
    """What a document can become in the space."""
    allowed = set(root.creatable_subpage_models())
    return [each for each in kinds.targets() if each.model in allowed]


def chosen(key: str | None, found: Found, document: UploadedDocument, among: list[Target]) -> Target:
    """The kind that was asked for, else the one that the document seems to be."""
    return next((each for each in among if each.key == key), None) or reading.kind_of(found, document.name, among)


def as_begun(found: Found, target: Target, begun: dict[str, Any]) -> Wanted:
    """What would be made if nothing were changed."""
    places = [begun[f"part_{number}"] for number in range(len(found.parts))]
    alts = {int(name.removeprefix("alt_")): words for name, words in begun.items() if name.startswith("alt_")}
    return Wanted(target, begun["title"], begun["code"], places, alts if target.takes_pictures else {})
