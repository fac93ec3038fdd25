"""A small change to a page that is read, without the editors' admin: by the space's way of approval, as any other."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.fields import StreamField
from wagtail.log_actions import LogContext
from wagtail.models import Page

from portal import access
from portal.models.pages import PortalPage
from portal.models.people import User
from portal.personal_data.guard import no_personal_data

from . import concurrent_edits, unfinished

LONGEST_ABOUT = 40
MOST_FIELDS = 10
BESIDE = {"csrfmiddlewaretoken", "seen"}  # what nobody typed
# In what two versions of one page always differ.
OF_THE_VERSION = {
    "change_note", "correction", "draft_title", "has_unpublished_changes", "last_published_at", "latest_revision",
    "latest_revision_created_at", "live_revision",
}  # fmt: skip


# What may be changed in a minute: a kind of page → the words of the link and where it leads, or nothing.
offered: list[Callable[[Any], tuple[str, str] | None]] = []


class ChangeNoteField(forms.CharField):
    """What readers are told of the change."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Che cosa cambia"), max_length=240, validators=[no_personal_data],
            help_text=gettext_lazy("Una frase per chi legge: la trova nelle novità e nel riepilogo."), **kwargs,
        )  # fmt: skip


def offered_on(page: Page) -> list[tuple[str, str]]:
    return [each for offer in offered if (each := offer(page))]


def page_of(request: HttpRequest, pk: int) -> PortalPage:
    """A page that people read, for who may correct it."""
    pages = Page.objects.live().filter(depth__gt=access.SPACE_DEPTH)
    page: PortalPage = access.get_or_404(pages, request.user, "edit", pk=pk).specific
    return page


def begun_from(page: PortalPage, fields: Iterable[str]) -> PortalPage:
    """What a form about these fields changes: the page as it is read; or its draft, as of a change that came back,
    where that differs in nothing but what the form shows.
    """
    if not page.has_unpublished_changes:
        return page
    draft: PortalPage = page.get_latest_revision_as_object()
    read, written = _said(page), _said(draft)
    beyond = {name for name in read if read[name] != written.get(name)} - OF_THE_VERSION - set(fields)
    return page if beyond else draft


def _said(page: PortalPage) -> dict[str, Any]:
    """Texts in blocks by what they say: PostgreSQL keeps what belongs to a block in an order of its own."""
    said: dict[str, Any] = page.serializable_data()
    blocks = {field.name for field in page._meta.get_fields() if isinstance(field, StreamField)}
    return {name: json.loads(value) if name in blocks else value for name, value in said.items()}


def why_not(page: PortalPage, begun: PortalPage | None = None) -> str:
    """Why the page takes no such change now; empty where it does. Of a form that goes on from a draft: `begun`."""
    if page.keeps_editions:
        return _("Di questa pagina si conserva ogni edizione: una modifica ha un numero e un giorno, e si scrive "
                 "nell’editor.")  # fmt: skip
    state = page.current_workflow_state
    if state and state.status == state.STATUS_IN_PROGRESS:
        return _("Un’altra modifica aspetta chi approva: quando ha deciso puoi farne una nuova.")
    if page.has_unpublished_changes and (begun is None or begun is page):
        return _("C’è una bozza non ancora pubblicata, che uscirebbe insieme alla tua modifica: apri l’editor e "
                 "continua da lì.")  # fmt: skip
    return ""


def about(what: str, page: Page, more: object = "") -> str:
    """Under what name the words of a form about the page are kept."""
    return f"{what}:{page.pk}:{more}"


@require_POST
def keep_words(request: HttpRequest, pk: int, about: str) -> HttpResponse:
    """While a form about a page is filled in: the words so far. «Butta via» leaves nothing of them."""
    if not isinstance(request.user, User):
        return HttpResponse(status=401)
    space = access.space_of(page_of(request, pk))
    if space is None or about.split(":")[1:2] != [str(pk)] or len(about) > LONGEST_ABOUT:
        raise Http404
    if "butta" in request.POST:
        unfinished.drop(request.user, space, about)
        back = request.POST.get("back", "")
        return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else space)
    names = [name for name in request.POST if name not in BESIDE][:MOST_FIELDS]
    telling = [name for name in names if name != concurrent_edits.BEGUN_FROM]
    unfinished.keep(request.user, space, about, unfinished.typed(request.POST, names), telling)
    return HttpResponse(status=204)


def can_publish(page: PortalPage, user: User) -> bool:
    return access.can(user, "approve", page)


def save(page: PortalPage, *, by: User, note: str) -> None:
    """Publish the changed page, or ask whoever approves; call it in the transaction of what belongs to it."""
    page.change_note, page.correction = note, False
    page.newest_known = concurrent_edits.mark(page.latest_revision)  # type: ignore[attr-defined]
    with transaction.atomic(), LogContext(user=by):
        revision = page.save_revision(user=by, log_action=True)
        came_back = page.current_workflow_state
        if can_publish(page, by):
            revision.publish(user=by)
        elif came_back and came_back.status == came_back.STATUS_NEEDS_CHANGES:
            came_back.resume(user=by)
        else:
            page.get_workflow().start(page, by)


def tell(request: HttpRequest, page: PortalPage) -> None:
    """Whether it is read already."""
    waits = Page.objects.get(pk=page.pk).has_unpublished_changes
    said = _("«%(title)s»: la modifica aspetta chi approva.") if waits else _("«%(title)s» è aggiornata.")
    messages.success(request, said % {"title": page.title})
