"""The bin: what is deleted in the editors' admin lies there for 90 days, then the clock takes it away.

Only what nobody ever read as a page comes here: what was published is withdrawn and stays (`keeping`).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import LogContext
from wagtail.models import Collection, Page

from portal import access
from portal.files import versions
from portal.files.reading import file_changed
from portal.models.bin import BinnedThing
from portal.models.media import Document, Image
from portal.models.people import User
from portal.models.spaces import Space
from portal.personal_data import reports
from portal.words import dates

from . import addresses

KEPT = timedelta(days=90)
NAME = "Cestino"

Thing: TypeAlias = Page | Document | Image
_columns: dict[type[Any], str] = {Page: "page", Document: "document", Image: "image"}


class NoPlace(ValidationError):
    """There is nowhere to put it back: its space takes nothing any more."""


def put(things: Iterable[Thing], *, by: User) -> list[BinnedThing]:
    """Out of its space, as it is; of a page below another one that goes too, only the one above."""
    with transaction.atomic():
        return [found for thing in things if (found := _put(thing, by))]


def _put(thing: Thing, by: User) -> BinnedThing | None:
    thing.refresh_from_db()
    space = _space_of(thing)
    if space is None:  # it went with the page above it
        return None
    row = BinnedThing(space=space, title=str(thing.title)[:255], by=by)
    setattr(row, next(name for model, name in _columns.items() if isinstance(thing, model)), thing)
    if isinstance(thing, Page):
        row.parent = thing.get_parent()
        _end_what_waits(thing, by)
        _move(thing, _page_bin(), by)
    else:
        _lay(thing, _file_bin())
    row.save()
    return row


def _space_of(thing: Thing) -> Space | None:
    if isinstance(thing, Page):
        return access.space_of(thing)
    return Space.objects.filter(collection=thing.collection_id).first()


def _end_what_waits(page: Page, by: User) -> None:
    """Nobody is asked to approve, and no clock publishes, what was thrown away."""
    for each in Page.objects.filter(path__startswith=page.path):
        if each.current_workflow_state:
            each.current_workflow_state.cancel(user=by)
        each.revisions.update(approved_go_live_at=None)


def restore(row: BinnedThing, *, by: User) -> Thing:
    """Back where it was; a page whose place is gone, to the first page of its space."""
    with transaction.atomic():
        held = BinnedThing.objects.select_for_update(of=("self",)).select_related("space", "parent").filter(pk=row.pk)
        if (found := held.first()) is None:
            raise NoPlace(_("Nel cestino non c’è più: qualcuno l’ha già rimesso al suo posto."))
        row = found
        if row.space.is_closed:
            raise NoPlace(_("Lo spazio è chiuso: prima va riaperto."))
        if row.page:
            _put_back(row.page, _place_of(row), by)
        else:
            _lay(row.thing, row.space.collection)
        thing: Thing = row.thing
        row.delete()
        if isinstance(thing, Document):
            reports.look_into(thing)  # what was closed because it lay in the bin is asked again
    return thing


def _put_back(page: Page, place: Page, by: User) -> None:
    """Under another word, where a page has taken its own meanwhile."""
    specific = page.specific
    code = getattr(specific, "code", "")
    free = addresses.settled(specific, place, title=specific.title, slug=specific.slug, code=code)
    if free != page.slug:
        Page.objects.filter(pk=page.pk).update(slug=free)
        page.refresh_from_db()
    _move(page, place, by)


def _move(page: Page, place: Page, by: User) -> None:
    """In the person's name, and not by the person's right to move: nobody may move anything into the bin by hand."""
    with LogContext(user=by):
        page.move(place, pos="last-child")


def _place_of(row: BinnedThing) -> Page:
    root = row.space.root_page
    inside = row.parent is not None and row.parent.path.startswith(root.path)
    return row.parent if inside and row.parent else root


def _lay(file: Document | Image, collection: Collection) -> None:
    file.collection = collection
    file.save(update_fields=["collection"])
    if isinstance(file, Document):
        file_changed.send(sender=Document, document=file)


def of(space: Space) -> QuerySet[BinnedThing]:
    return space.binned.select_related("by", "page__content_type", "document", "image")


def ends(row: BinnedThing) -> date:
    """The last day on which it lies there."""
    return dates.local_day(row.at) + KEPT


def empty(now: datetime | None = None) -> int:
    """Take away what has lain there for its time, once its last day is over; safe to run twice and side by side."""
    old = BinnedThing.objects.filter(at__lt=dates.midnight(dates.local_day(now or timezone.now()) - KEPT))
    count = 0
    for row in old.select_related("page", "document", "image"):
        with transaction.atomic():
            _throw_away(row.thing)  # and the row with it
            count += 1
    return count


def _throw_away(thing: Thing) -> None:
    if isinstance(thing, Document):
        versions.delete(thing)
    else:
        (thing.specific if isinstance(thing, Page) else thing).delete()


def _page_bin() -> Page:
    """Beside the home page: no address leads there, and no role reaches it."""
    root = Page.get_first_root_node()
    found = root.get_children().filter(slug=NAME.lower()).first()
    return found or root.add_child(instance=Page(title=NAME, slug=NAME.lower(), live=False))


def _file_bin() -> Collection:
    root = Collection.get_first_root_node()
    return root.get_children().filter(name=NAME).first() or root.add_child(name=NAME)
