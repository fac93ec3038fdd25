"""What the ground's kinds of page are shown with, and what every kind is."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from portal import access, prepared
from portal.accounts import looked_up
from portal.models.activity import Activity
from portal.models.pages import PortalPage, SpacePage
from portal.models.people import User
from portal.notices.reading_pages import Reading
from portal.notices.review_pages import Review
from portal.spaces.overview import listed, overview

from . import earlier_addresses, quick_changes, reserved
from .attachments import opened
from .kinds import shows


@shows(PortalPage)
def page(page: PortalPage, request: Any) -> dict[str, Any]:
    request.section = page.listed_as or page._meta.model_name  # in bold above
    if page.responsible_id:  # with the body, which stands beside the name
        (page.responsible,) = prepared.answers("responsible", _with_body, pk=page.responsible_id)
    request.contact = page.responsible  # the frame's footer names whom to ask
    publication = Activity.last_publication_of(page)
    acted = (publication.by, publication.proposed_by, publication.approved_by) if publication else ()
    looked_up.expect(request, [page.responsible, *acted])
    return {
        # The space is named only to those who may read it: a shared page says nothing of its home.
        "space": access.spaces_of([page], request.user).get(page.pk),
        "sections": page.sections(),
        "publication": publication,
        "opened": opened(page, request.user),
        "open_parts": reserved.opened(page, request.user, as_seen_by=getattr(request, "as_seen_by", None)),
        "reading": None if getattr(request, "is_preview", False) else Reading(page, request.user),
        "review": None if getattr(request, "is_preview", False) else Review(page, request.user),
        **_writing_here(page, request),
    }


def _with_body() -> QuerySet[User]:
    return User.objects.select_related("organisation").filter(pk=prepared.given("pk"))


@shows(SpacePage)
def space(page: SpacePage, request: Any) -> dict[str, Any]:
    found = overview(page, request.user)
    looked_up.expect(request, found.get("managers", ()))
    return {**found, **listed(page, request), **_writing_here(page, request)}


def _writing_here(page: Page, request: HttpRequest) -> dict[str, Any]:
    """Whether the reader may change the page at once, and what kinds of page may be made below it."""
    if getattr(request, "is_preview", False) or not access.can(request.user, "edit", page):
        return {}
    if isinstance(page, SpacePage):
        return {"edit_here": page.pk}
    return {
        "edit_here": page.pk,
        "quick_here": quick_changes.offered_on(page),
        "answers_too": earlier_addresses.of(page, request.user),
        "new_below": [(kind.kind_label, kind._meta) for kind in page.creatable_subpage_models()],
    }
