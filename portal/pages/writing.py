"""Where writing begins, and while it lasts: which kinds there are, what each starts with, is the session there?"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Page

from portal import access
from portal.models.pages import PortalPage, SpacePage, page_kinds
from portal.models.spaces import Space
from portal.notices import feed
from portal.requests import PersonRequest

from . import drafts


@dataclass(frozen=True)
class NewPage:
    """A kind of page that the person can begin here, and where."""

    label: str
    description: str
    url: str


@login_required
@require_safe
def new_page(request: PersonRequest, slug: str) -> HttpResponse:
    """The kinds of page, each in a line, for whoever may write in the space."""
    space = access.get_or_404(Space.objects.select_related("root_page"), request.user, "edit", root_page__slug=slug)
    return render(request, "portal/new_page.html", {"space": space, "kinds": _kinds(space.root_page.specific)})


def _kinds(root: SpacePage) -> list[NewPage]:
    """What may lie in the space, the rules first; then what lies below its pages."""
    found = []
    for kind in sorted(page_kinds(), key=lambda kind: kind.kind_order):
        parents = [root] if kind in root.creatable_subpage_models() else _parents(kind, root)
        for parent in parents:
            where = "" if parent == root else _(" in %(page)s") % {"page": feed.name(parent)}
            found.append(NewPage(f"{kind.kind_label}{where}", str(kind.page_description), address(kind, parent)))
    return found


def _parents(kind: type[PortalPage], root: SpacePage) -> list[Page]:
    """The pages of the space below which the kind may lie."""
    models = ContentType.objects.get_for_models(*kind.allowed_parent_page_models()).values()
    return list(Page.objects.descendant_of(root).filter(content_type__in=models).specific())


def address(kind: type[Page], parent: Page) -> str:
    """Where the editor begins a page of the kind."""
    return reverse("wagtailadmin_pages:add", args=[kind._meta.app_label, kind._meta.model_name, parent.pk])


def on_new_page(sender: Any, page: Page, parent: Page, **kwargs: Any) -> None:
    """The form for a new page opens: with the next free code and the parts that its kind has."""
    if isinstance(page, PortalPage):
        page.skeleton()


# --- The session, while somebody writes ------------------------------------------------------------------


def session_ended() -> JsonResponse:
    message = _("La sessione è finita: entra in un’altra scheda, qui non si perde nulla.")
    return JsonResponse({"success": False, "error_code": "session_ended", "error_message": message}, status=401)


def not_yet(problem: drafts.NotYet) -> JsonResponse:
    return JsonResponse({"success": False, "error_code": "not_yet", "error_message": str(problem)}, status=400)


@require_safe
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Asked by the editor before it leaves a page full of text."""
    return HttpResponse(status=204) if access.may_enter_admin(request.user) else session_ended()
