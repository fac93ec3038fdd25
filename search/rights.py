"""What the index names, asked of `access` again at the moment of showing: the engine may lag behind the rights.

A page unshared, withdrawn or moved is closed before the engine knows; an index may be younger than a restored
database. Three questions a search, however much was found.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import Page

from portal import access, prepared
from portal.models import Document as File
from portal.models import PersonalDataReport
from protocols.models import FormPage

from . import documents
from .engines.contract import Admits
from .models import SearchDocument

NAMED = 300  # of more rows than these one asks for all that the person may see


def admits(user: Any) -> Admits:
    """For a query of the person: the groups found that the person may see now."""
    return partial(_admitted, user)


def admits_of_all(user: Any) -> Admits:
    """The same for many queries of the person at one moment: four questions in all."""
    pages = set(access.allowed(Page.objects.all(), user).order_by().values_list("pk", flat=True))
    files = set(access.allowed(File.objects.all(), user).order_by().values_list("pk", flat=True))
    parts = SearchDocument.objects.filter(group__startswith=documents.PART, gone=False).values_list("group", flat=True)
    known = set(parts)
    opened = known - _closed_parts(known, user)
    stale = _holding_more(user)

    def admitted(groups: Collection[str]) -> Collection[str]:
        seen = {each for each in groups if documents.page_of(each) in pages or documents.file_of(each) in files}
        return {each for each in seen - stale if not documents.is_part(each) or each in opened}

    return admitted


def _admitted(user: Any, groups: Collection[str]) -> Collection[str]:
    pages = {group: number for group in groups if (number := documents.page_of(group))}
    files = {group: number for group in groups if (number := documents.file_of(group))}
    seen_pages = _pages_seen(set(pages.values()), user)
    seen_files = _files_seen(set(files.values()), user)
    closed = _closed_parts({group for group in pages if documents.is_part(group)}, user)
    closed |= _holding_more(user, set(pages.values()))
    return {group for group, number in pages.items() if number in seen_pages and group not in closed} | {
        group for group, number in files.items() if number in seen_files
    }


def _pages_seen(numbers: set[int], user: Any) -> set[int]:
    if len(numbers) <= NAMED:
        return access.keys_of_pages_seen(user, numbers)
    return set(access.allowed(Page.objects.all(), user).order_by().values_list("pk", flat=True))


def _files_seen(numbers: set[int], user: Any) -> set[int]:
    if not numbers:
        return set()
    rows = File.objects.filter(pk__in=numbers) if len(numbers) <= NAMED else File.objects.all()
    return set(access.allowed(rows, user).order_by().values_list("pk", flat=True))


def _holding_more(user: Any, pages: Collection[int] | None = None) -> set[str]:
    """The groups under which the index still holds what the person may not read: the words of a file that was put out
    of sight, under its form; those of a part that has become reserved, under its page."""
    if not prepared.answers("something is late", _late):
        return set()
    hidden = PersonalDataReport.objects.hiding().filter(document__isnull=False)
    forms = FormPage.objects.filter(document__in=hidden.values("document"))
    late = SearchDocument.objects.filter(pending=True)
    beside = late.filter(page_id=OuterRef("page_id")).exclude(group__startswith=documents.PART)
    parts = Q(Exists(beside), group__startswith=documents.PART, gone=False)
    rows = late.filter(Q(page_id__in=forms.values("pk"), gone=True) | parts)
    rows = rows if pages is None else rows.filter(page_id__in=pages)
    held, found = access.tokens(user), set()
    for group, page, audience in rows.values_list("group", "page_id", "audience"):
        if not documents.is_part(group):
            found.add(group)
        elif held.isdisjoint(audience):
            found.add(documents.page_group(page))
    return found


def _late() -> "QuerySet[Any, Any]":
    return SearchDocument.objects.filter(pending=True).order_by().values_list("pk")[:1]


def _closed_parts(groups: set[str], user: Any) -> set[str]:
    """Of the parts with readers of their own, those that are not the person's: as their rows say it now."""
    if not groups:
        return groups
    held = access.tokens(user)
    rows = SearchDocument.objects.filter(group__in=groups, gone=False).values_list("group", "audience")
    return groups - {group for group, audience in rows if not held.isdisjoint(audience)}
