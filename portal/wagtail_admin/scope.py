"""Wagtail's admin prints what it lets nobody edit: there, everything named must be one's own."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from wagtail.admin.views.pages.search import page_filter_search
from wagtail.log_actions import LogContext
from wagtail.models import Page

from portal import access, errors
from portal.models.media import Document, Image
from portal.pages import writing
from portal.pages.atomic_acts import NotDone
from portal.pages.keeping import instead_of_deleting
from portal.requests import number
from portal.spaces.roles import settle_lapsed

ADMIN, BULK, BULK_PAGES = "/admin/", "/admin/bulk/", "/admin/bulk/wagtailcore/page/"


# The names under which Wagtail's admin views receive the id of a page, an image or a document.
IDS = {
    "page_id": Page, "parent_page_id": Page, "destination_id": Page, "page_to_move_id": Page,
    "image_id": Image, "document_id": Document, "doc_id": Document,
}  # fmt: skip


# The sizes of a picture that may be asked for by address.
PREVIEWS = ("max-165x165", "max-800x600", "max-1200x1600", "original")


POSTED = ("new_parent_page", "chooser")  # where a page is copied or moved to: a refusal would print its title


# Counts and titles over all spaces, and words from all of them: no permission is asked there.
FOR_ADMINISTRATORS = {
    "wagtailadmin_reports:page_types_usage", "wagtailadmin_reports:page_types_usage_results",
    "wagtailadmin_tag_autocomplete", "wagtailadmin_tag_model_autocomplete",
}  # fmt: skip


class AdminScopeMiddleware:
    """Wagtail's admin prints titles of pages it lets nobody edit: there, every id must be one's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ADMIN):
            settle_lapsed()
        # Wagtail draws its pages after it has let go of who is at work, which the blocks that name things ask.
        with LogContext(user=request.user if request.path_info.startswith(ADMIN) else None):
            response = self.get_response(request)
        if request.path_info.startswith(ADMIN):
            # Wagtail's date fields start from inline scripts, and some of its styles are inline.
            response._csp_update = {"script-src": "'unsafe-inline'", "style-src": "'unsafe-inline'"}  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        if any(isinstance(value, int) and number(str(value)) is None for value in kwargs.values()):
            raise Http404  # a number that no row can have
        if request.path_info.startswith(ADMIN) and request.user.is_anonymous and not request.accepts("text/html"):
            return writing.session_ended()  # the editor saves by itself: a login page would be no answer
        if not request.path_info.startswith(ADMIN) or not access.may_enter_admin(request.user):
            return None  # Wagtail sends them to the login, whatever the id
        if kwargs.get("filter_spec", PREVIEWS[0]) not in PREVIEWS:
            raise Http404  # each other size would be one more picture to compute and to keep
        if request.resolver_match and request.resolver_match.view_name in FOR_ADMINISTRATORS:
            access.require_administrator(request.user)
        if request.path_info.startswith(BULK):
            _bound_listing(request)
        for model, ids in _named(request, kwargs).items():
            if ids and not _all_known(model, ids, request.user):
                raise Http404
        try:
            return instead_of_deleting(request, kwargs)
        except NotDone as problem:  # in no view yet, where the other middleware would answer for it
            return errors.not_done(request, problem)


def _bound_listing(request: HttpRequest) -> None:
    """«All» in a bulk action is all that the person may edit there: Wagtail would name every page of the network."""
    asked, parent = request.GET.getlist("id"), request.GET.get("childOf")
    if parent and number(parent) is None:
        raise Http404
    if "all" not in asked or not request.path_info.startswith(BULK_PAGES):
        return
    pages = access.allowed(Page.objects.all(), request.user, "edit")
    words = request.GET.get("q", "")
    if parent:
        above = Page.objects.filter(pk=number(parent)).first()
        if above is None:
            raise Http404
        pages = pages.descendant_of(above) if words else pages.child_of(above)
    found = page_filter_search(words, pages)[0].results() if words else pages
    data = request.GET.copy()
    data.setlist("id", [str(page.pk) for page in found])
    request.GET = data  # type: ignore[assignment]


def _named(request: HttpRequest, kwargs: dict[str, Any]) -> dict[type, set[int]]:
    """The ids of pages and files that a request to the admin names, by model."""
    found: dict[type, set[int]] = {Page: set(), Image: set(), Document: set()}
    for name, model in IDS.items():
        if name in kwargs:
            found[model].add(int(kwargs[name]))
    match = request.resolver_match
    names = f"{match.view_name} {request.path_info}" if match else request.path_info
    model = Image if "image" in names else Document if "document" in names or "wagtaildocs" in names else Page
    # In acts on many the ids of words, bodies and delegations, which have no readers of their own, are no ids of pages.
    many = [] if kwargs.get("model_name") in {"term", "organisation", "delegation"} else request.GET.getlist("id")
    values = [*many, *([kwargs["pk"]] if "pk" in kwargs and "/pages/" in request.path_info else [])]
    if model is not Page and "pk" in kwargs:
        values.append(kwargs["pk"])
    if request.method == "POST":
        found[Page] |= {pk for name in POSTED if (pk := number(request.POST.get(name)))}
    if any(number(str(value)) is None for value in values if value != "all"):
        raise Http404
    found[model] |= {pk for value in values if (pk := number(str(value)))}
    return found


def _all_known(model: Any, ids: set[int], user: Any) -> bool:
    """Every id must be the person's to see or edit: what is not answers as what never was.

    Home and root, above the spaces, are for walking down.
    """
    rows = model.objects.filter(pk__in=ids)
    known = set(access.known(rows, user).values_list("pk", flat=True))
    if model is Page:
        known.update(rows.filter(depth__lt=access.SPACE_DEPTH).values_list("pk", flat=True))
    return known == ids
