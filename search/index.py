"""From a change to the engine: rows in the same transaction, then a task, a sweep for what was left."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from functools import cache, reduce
from operator import or_
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache as shared
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from redis.exceptions import RedisError
from wagtail.models import Page

from portal import access
from portal.background import jobs, schedules
from portal.background.schedules import every
from portal.models import Document as File
from portal.models import Organisation, Space, User
from portal.models.pages import page_kinds
from protocols.models import FormPage

from . import documents, meaning
from .engines.contract import Document, Engine, EngineDown, IndexBusy, IndexDamaged, IndexOutdated
from .engines.embedded.engine import EmbeddedEngine
from .engines.entries import fingerprint_of
from .models import IndexState, SearchDocument

logger = logging.getLogger(__name__)
BATCH = 200
_aside: ContextVar[Engine | None] = ContextVar("an engine of some rows alone", default=None)
WAKE_AGAIN = 30  # seconds: a search that finds no index wakes the worker, not every one of them
LONGEST = 6 * 60 * 60  # seconds that the worker may take: an index of very many texts is written anew in one go
# What a page or a file that cannot be told to the engine raises: it is left as it was, and the others go on.
BAD = (ArithmeticError, AttributeError, DatabaseError, LookupError, TypeError, ValueError)
# A row has them all, under the same names; its meaning has a row of its own.
FIELDS = [each.name for each in fields(Document) if each.name not in ("id", "meaning")]
SAID = ("title", "heading", "text", "superseded")  # of which a document's meaning is made


@cache
def engine() -> Engine:
    """The engine of this installation."""
    if settings.SEARCH_URL:
        from .engines.elastic.engine import ElasticEngine  # whoever has no server does not pay for its client

        return ElasticEngine(settings.SEARCH_URL)
    return EmbeddedEngine(settings.SEARCH_INDEX_DIR)


def at_hand() -> Engine:
    """Where one searches: in the engine of this installation, or for a moment in one of some rows alone."""
    return _aside.get() or engine()


@contextmanager
def of_these(rows: Iterable[SearchDocument]) -> Iterator[None]:
    """Whoever searches here finds these rows alone, in an index of their own; nobody else knows of it.

    Inside a transaction that is taken back: the account of the writes is the true index's, and so is what waits.
    """
    rows = list(rows)
    with TemporaryDirectory(prefix="search-aside-") as folder:
        engine_of_these = EmbeddedEngine(Path(folder) / "index")
        engine_of_these.rebuild(map(_document, rows), None, _account)
        SearchDocument.objects.filter(pk__in=[row.pk for row in rows]).update(pending=False)
        token = _aside.set(engine_of_these)
        try:
            yield
        finally:
            _aside.reset(token)


# --- Writing the rows ------------------------------------------------------------------------------------


def refresh_page(page: Page) -> None:
    """Bring the rows of a page, and of the files whose readers follow from it, up to date."""
    _refresh_rows(page)
    refresh_files(access.space_of(page))


def _refresh_rows(page: Page) -> None:
    page = page.specific
    _replace(documents.page_group(page.pk), documents.of_page(page))
    _refresh_beside(page)


def _refresh_beside(page: Page) -> None:
    wanted: dict[str, list[Document]] = {}
    for document in documents.beside(page):
        wanted.setdefault(document.group, []).append(document)
    for group in _known_beside(page.pk) | set(wanted):
        _replace(group, wanted.get(group, []))


def _known_beside(page_id: int) -> set[str]:
    """The groups of its editions and of its reserved parts."""
    rows = SearchDocument.objects.filter(page_id=page_id, gone=False).exclude(group=documents.page_group(page_id))
    return set(rows.values_list("group", flat=True))


def refresh_files(space: Space | None) -> None:
    """A file is found by whoever may open it now: look again at those of a space whose readers have changed."""
    if space is None:
        return
    files = documents.found_alone(File.objects.filter(collection=space.collection_id))
    wanted = {pk: sorted(audience) for pk, audience in access.file_audiences(files).items()}
    rows = SearchDocument.objects.filter(space=space.code, page_id=0, gone=False)
    known = dict(rows.values_list("file_id", "audience"))
    changed = [pk for pk in known | wanted if known.get(pk) != wanted.get(pk)]
    for file in File.objects.filter(pk__in=changed):
        refresh_file(file)


def refresh_file(file: File) -> None:
    _replace(documents.file_group(file.pk), documents.of_file(file))


def forget(group: str) -> None:
    """What was deleted is found no more."""
    _replace(group, [])


def _replace(group: str, wanted: Iterable[Document]) -> None:
    with transaction.atomic():
        rows = {row.key: row for row in SearchDocument.objects.filter(group=group)}
        changed = False
        for place, document in enumerate(wanted):
            document = replace(document, place=place)
            values = {name: getattr(document, name) for name in FIELDS} | {"audience": list(document.audience)}
            row = rows.pop(document.id, None)
            if row is None:
                SearchDocument.objects.create(key=document.id, **values)
            elif row.gone or any(getattr(row, name) != value for name, value in values.items()):
                if any(getattr(row, name) != values[name] for name in SAID):
                    meaning.forget(row.pk)
                SearchDocument.objects.filter(pk=row.pk).update(
                    **values, gone=False, pending=True, stamp=F("stamp") + 1
                )
            else:
                continue
            changed = True
        stale = [row.pk for row in rows.values() if not row.gone]
        if stale:
            SearchDocument.objects.filter(pk__in=stale).update(gone=True, pending=True, stamp=F("stamp") + 1)
        # One task a transaction is enough, however many pages it changes.
        waiting = transaction.get_connection().run_on_commit
        if (changed or stale) and all(entry[1] is not _wake for entry in waiting):
            transaction.on_commit(_wake)


def wake() -> None:
    """Have the worker tell the engine now what waits for it."""
    _wake()


def _wake() -> None:
    schedules.ask("search.index.apply_pending")


# --- Telling the engine ----------------------------------------------------------------------------------


@every(minutes=1, longest=LONGEST)
def apply_pending() -> int:
    """Give the engine every pending row; returns how many. Safe to run twice and side by side.

    Another writer at work means that somebody applies the rows or rebuilds, an engine that is down or full that the
    rows wait: the sweep looks again.
    """
    try:
        return _apply_pending()
    except EngineDown as problem:
        logger.error("The search engine is not there, what was published waits for it: %s", problem)
        return 0


def _apply_pending() -> int:
    """An index that is gone, damaged, of another shape or of another moment than the database is written anew first."""
    applied, healed = 0, False
    with suppress(IndexBusy):
        if not is_sound():
            _write_anew()  # readers go on in the one there is, where they can
            healed = True
        while rows := list(meaning.with_theirs(SearchDocument.objects.filter(pending=True)).order_by("pk")[:BATCH]):
            wanted, gone = [_document(row) for row in rows if not row.gone], [row.key for row in rows if row.gone]
            try:
                engine().write(wanted, gone, _turn)
            except (IndexDamaged, IndexOutdated):  # since we looked
                if healed:  # and again: the disk itself may be ill, and the clock calls in a minute
                    raise
                _write_anew()
                healed = True
                continue
            for row in rows:
                same = SearchDocument.objects.filter(pk=row.pk, stamp=row.stamp)
                if row.gone:
                    same.delete()
                else:
                    same.update(pending=False)
            applied += len(rows)
    return applied


def _document(row: SearchDocument) -> Document:
    said = {name: getattr(row, name) for name in FIELDS} | {"audience": tuple(row.audience)}
    return Document(id=row.key, meaning=meaning.of(row), **said)


# --- An index that heals ---------------------------------------------------------------------------------


def can_be_searched() -> bool:
    """Whether the index is there, whole, and neither older nor newer than the rows; another version may have made it,
    which then answers until it is renewed."""
    known = IndexState.objects.first()
    if known is None:  # nothing was written yet, or by an older version that kept no account
        return not SearchDocument.objects.filter(pending=False).exists() and not at_hand().is_outdated()
    stamp = at_hand().stamp()
    return bool(stamp) and stamp in (known.written, known.begun)


def is_sound() -> bool:
    """Whether it can be searched, and written to as well."""
    return can_be_searched() and not at_hand().is_outdated()


def is_renewing() -> bool:
    """Whether one searches in the index of another version, until the new one is written."""
    return at_hand().is_outdated() and can_be_searched()


def wake_to_heal() -> None:
    """A search found no index that it can use: have the worker look now, rather than at the next minute."""
    _wake_once(logging.ERROR, "The search index is missing, damaged or of another moment: it is being rebuilt.")


def wake_to_renew() -> None:
    """The same where the index of another version has answered."""
    _wake_once(logging.WARNING, "The search index is another version's: it answers while the new one is written.")


def _wake_once(level: int, why: str) -> None:
    if shared.add("search-heal", True, WAKE_AGAIN):
        logger.log(level, why)
        with suppress(DatabaseError, RedisError):  # then at the next minute
            _wake()


@contextmanager
def _turn(present: str | None) -> Iterator[str]:
    """Keeps account of a write, so that an index put back from another day is known as such."""
    known = IndexState.objects.first()
    if known is None or present not in (known.written, known.begun):
        raise IndexDamaged("not the index that the database knows")
    with _account(present) as stamp:
        yield stamp


@contextmanager
def _account(present: str | None) -> Iterator[str]:
    stamp = uuid4().hex
    IndexState.objects.update_or_create(pk=1, defaults={"written": present or "", "begun": stamp})
    yield stamp
    IndexState.objects.filter(pk=1).update(written=stamp)


def write_anew() -> None:
    """The index as the rows are, where it has lost something that no seal shows; may raise EngineDown or IndexBusy."""
    _write_anew()


def _write_anew(progress: Callable[[int], None] | None = None) -> int:
    """A new index of the rows as they are, aside, then the switch; returns how many documents it holds."""
    rows = SearchDocument.objects.filter(gone=False).order_by("pk")
    stamps = dict(rows.filter(pending=True).values_list("pk", "stamp"))
    count = rows.count()
    engine().rebuild(map(_document, meaning.with_theirs(rows).iterator(BATCH)), progress, _account)
    # Rows changed meanwhile stay pending, and deleted ones are removed from the new index by the next run.
    for pk, stamp in stamps.items():
        SearchDocument.objects.filter(pk=pk, stamp=stamp).update(pending=False)
    return count


@dataclass
class Rebuilt:
    """How many documents the new index holds, and what could not be read for it: its rows stay as they were."""

    count: int = 0
    skipped: list[str] = field(default_factory=list)


def rebuild(progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Recompute every row, build a new index aside and switch to it."""
    done, groups = Rebuilt(), set()
    for name, source in documents.sources():
        try:
            with transaction.atomic():
                for group, wanted in _by_group(source()).items():
                    _replace(group, wanted)
                    groups.add(group)
        except BAD as problem:
            logger.exception("Left out of the new index: %s", name)
            done.skipped.append(f"{name}: {problem!r}")
            groups.update(_groups_of(name))
    known = set(SearchDocument.objects.values_list("group", flat=True).distinct())
    for group in sorted(known - groups):  # a database takes no question with so many words
        forget(group)
    done.count = _write_anew(progress)
    apply_pending()
    return done


def _by_group(found: Iterable[Document]) -> dict[str, list[Document]]:
    groups: dict[str, list[Document]] = {}
    for document in found:
        groups.setdefault(document.group, []).append(document)
    return groups


def _groups_of(name: str) -> set[str]:
    """The groups of a page, what is beside it too, or of a file, as their rows name them now."""
    page = documents.page_of(name)
    return {name} | (_known_beside(page) if page else set())


# --- Compared ---------------------------------------------------------------------------------------------


@dataclass
class Differences:
    """Between the rows that the engine has been told of and what it holds."""

    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.surplus)


def compare() -> Differences:
    """What waits for the engine is no difference: it will be told of it."""
    held = dict(engine().held())
    found = Differences()
    for row in meaning.with_theirs(SearchDocument.objects.order_by("pk")).iterator(BATCH):
        known = held.pop(row.key, None)
        if row.pending or row.gone:
            continue
        if known is None:
            found.missing.append(row.key)
        elif known != fingerprint_of(_document(row)):
            found.stale.append(row.key)
    found.surplus += sorted(held)
    return found


def repair(found: Differences) -> int:
    """Tell the engine again; returns how many documents were put right. Another writer at work raises IndexBusy."""
    wrong = [*found.missing, *found.stale]
    for start in range(0, len(wrong), BATCH):
        rows = SearchDocument.objects.filter(key__in=wrong[start : start + BATCH], gone=False)
        engine().write(map(_document, meaning.with_theirs(rows)), (), _turn)
    for start in range(0, len(found.surplus), BATCH):
        part = found.surplus[start : start + BATCH]
        known = set(SearchDocument.objects.filter(key__in=part).values_list("key", flat=True))
        engine().write((), set(part) - known, _turn)
    return len(wrong) + len(found.surplus)


# --- Signals of the packages to the left -----------------------------------------------------------------


def on_published(sender: Any, page: Page, **kwargs: Any) -> None:
    refresh_page(page)


def on_audience_changed(sender: Any, pages: Any, **kwargs: Any) -> None:
    pages = list(pages.specific())
    for page in pages:
        _refresh_rows(page)
    for space in access.homes(pages):
        refresh_files(space)


def on_page_moved(sender: Any, instance: Page, parent_page_before: Page | None = None, **kwargs: Any) -> None:
    """A page moved, or was withdrawn: the space that it left looks at its files again too."""
    on_audience_changed(sender, Page.objects.get(pk=instance.pk).get_descendants(inclusive=True))
    if parent_page_before is not None:
        refresh_files(access.space_of(parent_page_before))


def on_page_deleted(sender: Any, instance: Page, **kwargs: Any) -> None:
    for group in {documents.page_group(instance.pk)} | _known_beside(instance.pk):
        forget(group)
    refresh_files(access.space_of(instance))


def on_handed_over(sender: Any, page: Page, **kwargs: Any) -> None:
    """The body that answers for it may be another."""
    _refresh_rows(Page.objects.get(pk=page.pk))


def on_body_saved(
    sender: Any, instance: Organisation, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    if not created and (not update_fields or "name" in update_fields):
        jobs.ask(f"search-body:{instance.pk}", "search.index.follow_body", instance.pk)


def on_person_saved(
    sender: Any, instance: User, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    if not created and (not update_fields or "organisation" in update_fields):
        jobs.ask(f"search-person:{instance.pk}", "search.index.follow_person", instance.pk)


def follow_body(pk: int) -> None:
    """What a body offers, and its people answer for, is found under the name that it has now."""
    _refresh_those(responsible__organisation=pk, organisation=pk)


def follow_person(pk: int) -> None:
    """What a person answers for is found under the body where the person works now."""
    _refresh_those(responsible=pk)


def _refresh_those(**fields: int) -> None:
    """The pages of which one of the fields, where their kind has it, is this."""
    for model in page_kinds():
        known = {each.name for each in model._meta.fields}
        asked = [Q(**{name: value}) for name, value in fields.items() if name.split("__")[0] in known]
        for page in model.objects.live().filter(reduce(or_, asked)):
            _refresh_rows(page)


def on_file_changed(sender: Any, document: File, **kwargs: Any) -> None:
    refresh_file(document)
    for form in FormPage.objects.live().filter(document=document):
        _replace(documents.page_group(form.pk), documents.of_page(form))


def on_file_deleted(sender: Any, document_id: int, **kwargs: Any) -> None:
    forget(documents.file_group(document_id))
