"""What the processes say of a kind of page: how it is shown, and which form edits it.

The models know fields, panels and text; each package's `pages.py` registers the rest here, and is found by its name.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from portal import prepared

from . import addresses

Context = dict[str, Any]
View = Callable[[Any, HttpRequest], Context]
F = TypeVar("F", bound=type)

_views: dict[type[Page], View] = {}


def shows(kind: type[Page]) -> Callable[[View], View]:
    """The function makes what the template of the kind, and of those that extend it, is given."""

    def register(view: View) -> View:
        _views[kind] = view
        return view

    return register


def edits(kind: type[Page]) -> Callable[[F], F]:
    """The form in which editors write pages of the kind, and of those that extend it."""

    def register(form: F) -> F:
        kind.base_form_class = form
        return form

    return register


def shown(page: Page, request: HttpRequest) -> Context:
    """All that is registered for the page, from what holds for every kind to what is its own."""
    found: Context = {}
    for kind in reversed(type(page).__mro__):
        if kind in _views:
            found |= _views[kind](page, request)
    return found


def by_name(page: Page) -> Any:
    """A page as its kind, with title, code and address: the table of the kind is not asked.

    Wagtail's `specific_deferred` makes the same by setting each field anew, and costs more than to read the page.
    """
    kind = page.specific_class or Page
    found = kind.__new__(kind)
    # The kind's own fields are missing, and so deferred: Django reads one that is asked for.
    keys = {link.attname: page.pk for link in kind._meta.parents.values() if link}
    found.__dict__.update(page.__dict__, **keys, code=addresses.code_of(page))
    return found


def whole(pages: Iterable[Page]) -> dict[int, Any]:
    """Pages that have been read, each as its kind with all that the kind holds: one question for each kind."""
    return {page.pk: page for kind, keys in _by_kind(pages).items() for page in prepared.by_key(kind, keys)}


NAME = ("title", "slug", "url_path", "path", "depth", "content_type", "live")


def in_a_list(keys: Iterable[int]) -> dict[int, Any]:
    """The same with what a list says of each (`listed`) alone."""
    by_kind: dict[Any, list[int]] = {}
    for page, content_type in prepared.by_key(Page, keys, ("pk", "content_type")):
        by_kind.setdefault(ContentType.objects.get_for_id(content_type).model_class() or Page, []).append(page)
    return {pk: page for kind, of_kind in by_kind.items() for pk, page in listed(kind, of_kind).items()}


def listed(kind: type[Page], keys: Iterable[int], *more: str) -> dict[int, Any]:
    """Pages of one kind with what a list says of each (`said_in_lists`, and `more`): texts, which it does not show,
    cost the most.
    """
    known = prepared.several("key", keys)
    if not known:
        return {}
    question = partial(_listed, kind, known, more)
    return {page.pk: page for page in prepared.answers(("listed", kind, len(known), more), question, **known)}


def _listed(kind: type[Page], keys: dict[str, int], more: tuple[str, ...]) -> QuerySet[Page]:
    rows = kind._default_manager.filter(id__in=prepared.places(keys)).order_by()
    return rows.only(*NAME, *getattr(kind, "said_in_lists", ()), *more)


def _by_kind(pages: Iterable[Page]) -> dict[type[Page], list[int]]:
    found: dict[type[Page], list[int]] = {}
    for page in pages:
        found.setdefault(page.specific_class or Page, []).append(page.pk)
    return found
