"""What stays: a published page is withdrawn, a file stays while a page carries it, a body while somebody needs it.

Asked before any view that deletes, one row or many: the views themselves would not say why. What may go lies in the
bin first (`bin`).
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Model, ProtectedError
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Collection, Page

from portal import access
from portal.models.media import Document, Image
from portal.models.people import Organisation
from portal.models.spaces import Membership, RoleGroup
from portal.requests import number
from portal.words import dates

from . import bin

BINNED = (Page, Document, Image)
# The views that delete one row, with what they delete and where one goes when it stays.
DELETES: dict[str, tuple[type[Model], str]] = {
    "wagtailadmin_pages:delete": (Page, "wagtailadmin_explore"),
    "wagtaildocs:delete": (Document, "wagtaildocs:edit"),
    "wagtaildocs:delete_multiple": (Document, "wagtaildocs:edit"),
    "wagtailimages:delete": (Image, "wagtailimages:edit"),
    "wagtailimages:delete_multiple": (Image, "wagtailimages:edit"),
    "wagtailsnippets_portal_organisation:delete": (Organisation, "wagtailsnippets_portal_organisation:edit"),
    "wagtailadmin_collections:delete": (Collection, "wagtailadmin_collections:edit"),
    "wagtailusers_groups:delete": (Group, "wagtailusers_groups:edit"),
}
AFTER_MANY = {
    Page: "wagtailadmin_explore_root", Document: "wagtaildocs:index", Image: "wagtailimages:index",
    Organisation: "wagtailsnippets_portal_organisation:list",
}  # fmt: skip


def instead_of_deleting(request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse | None:
    """The way back, with the reason told, when the request would delete what stays; else, of pages and files, into the
    bin; None where Wagtail goes on: it asks whether one is sure, or deletes what has no bin.
    """
    model, rows, back = _asked(request, kwargs)
    if model is None:
        return None
    rows = _named_to(request.user, model, rows)
    reasons = [reason for row in rows if (reason := _reason(row, request))]
    for reason in reasons:
        messages.error(request, reason)
    if reasons:
        return redirect(back)
    return _into_the_bin(request, model, rows) if request.method == "POST" and model in BINNED else None


def _into_the_bin(request: HttpRequest, model: type[Model], rows: list[Any]) -> HttpResponse | None:
    """Those that the person may delete, of many; where there are none, Wagtail refuses in its own words."""
    user: Any = request.user
    rows = access.worked_on(model, rows, user)
    if not rows:
        return None
    after = _after(rows[0], request)
    put = bin.put(rows, by=user)
    if not put:
        return None
    if request.resolver_match and request.resolver_match.url_name == "delete_multiple":  # a script asks
        name = "doc_id" if model is Document else "image_id"
        return JsonResponse({"success": True, name: rows[0].pk})
    days = dates.in_words(bin.ends(put[0]), article="al")
    words = ngettext(
        "«%(title)s» è nel cestino dello spazio, fino %(day)s.",
        "%(count)d elementi sono nel cestino dello spazio, fino %(day)s.",
        len(put),
    )
    messages.success(request, words % {"title": put[0].title, "count": len(put), "day": days})
    return redirect(after)


def _after(row: Any, request: HttpRequest) -> str:
    """Where one goes on: the page above, or the list of files."""
    if isinstance(row, Page):
        return reverse("wagtailadmin_explore", args=[row.get_parent().pk])
    return reverse(AFTER_MANY[type(row)])


def _named_to(user: Any, model: type[Model], rows: list[Any]) -> list[Any]:
    """Those whose names the person may read: of the others Wagtail refuses the deletion without a word."""
    if model in (Page, Document, Image):
        known = access.known(model._default_manager.filter(pk__in=[row.pk for row in rows]), user)
        seen = set(known.values_list("pk", flat=True))
        return [row for row in rows if row.pk in seen]
    return rows if access.is_administrator(user) else []


def _asked(request: HttpRequest, kwargs: dict[str, Any]) -> tuple[Any, list[Any], str]:
    """What the request would delete: the model, the rows, and the address to go back to."""
    view = request.resolver_match.view_name if request.resolver_match else ""
    if view in DELETES:
        model, address = DELETES[view]
        rows = list(model._default_manager.filter(pk=next(iter(kwargs.values()))))
        return model, rows, reverse(address, args=[rows[0].pk]) if rows else ""
    if view == "wagtail_bulk_action" and kwargs["action"] == "delete":
        model = _model(kwargs["app_label"], kwargs["model_name"])
        if model in AFTER_MANY:
            asked = request.GET.getlist("id")
            everything: Any = model._default_manager.all()
            rows = everything if "all" in asked else everything.filter(pk__in=[number(pk) for pk in asked])
            return model, list(rows), _list_of(model, rows, request)
    return None, [], ""


def _list_of(model: type[Model], rows: Any, request: HttpRequest) -> str:
    """The list from which many were chosen; of pages that came from none, the one in which the first stands."""
    back = request.GET.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return back
    if model is Page and (first := rows.first()) and first.depth > 1:
        return reverse("wagtailadmin_explore", args=[first.get_parent().pk])
    return reverse(AFTER_MANY[model])


def _model(app: str, name: str) -> Any:
    try:
        return apps.get_model(app, name)
    except LookupError:
        return None


def _reason(row: Any, request: HttpRequest) -> str:
    """Why the row stays; empty when it may go."""
    of: dict[type[Model], Callable[[Any, HttpRequest], str]] = {
        Page: _page, Document: _file, Image: _file, Organisation: _body, Collection: _of_a_space, Group: _of_a_space,
    }  # fmt: skip
    return of[type(row)](row, request)


def _page(page: Page, request: HttpRequest) -> str:
    words = {"page": page.title}
    if page.depth <= access.SPACE_DEPTH:
        return _("«%(page)s» è la prima pagina di uno spazio: non si elimina.") % words
    if access.was_published(page) and not Page.objects.live().descendant_of(page, inclusive=True).exists():
        return _("«%(page)s» è stata pubblicata: non si elimina. È già ritirata: nessuno la legge più, e resta "
                 "scritto che cosa diceva e chi l’ha ritirata.") % words  # fmt: skip
    if access.was_published(page):
        return _("«%(page)s» è stata pubblicata, o lo è una pagina sotto di lei: non si elimina. Ritirala: nessuno "
                 "la legge più, e resta scritto che cosa diceva e chi l’ha ritirata.") % words  # fmt: skip
    if any(_is_needed(each) for each in Page.objects.descendant_of(page, inclusive=True).specific()):
        return _("«%(page)s» non si elimina: si conserva quello che è stato fatto su di lei, per esempio le firme "
                 "chieste agli enti.") % words  # fmt: skip
    return ""


def _file(file: Document | Image, request: HttpRequest) -> str:
    kept = access.citing(file, Page.objects.filter(first_published_at__isnull=False))
    if not kept.exists():
        return _of_a_draft(file)
    named = ", ".join(f"«{page.title}»" for page in access.known(kept, request.user)[:5])
    words = {"file": file.title, "pages": named}
    if named:
        return _("«%(file)s» è in %(pages)s: prima toglilo da lì.") % words
    return _("«%(file)s» è in una pagina pubblicata: non si elimina.") % words


def _of_a_draft(file: Document | Image) -> str:
    if not _is_needed(file):
        return ""
    return _("«%(file)s» è il file di una pagina che non è pubblicata: prima scegline un altro lì.") % {
        "file": file.title
    }


def _of_a_space(row: Group | Collection, request: HttpRequest) -> str:
    """The folder of files and the groups of a space or a body come and go with it."""
    if not _is_needed(row) and not (isinstance(row, Group) and RoleGroup.objects.filter(group=row).exists()):
        return ""
    return _("«%(name)s» non si elimina: serve a uno spazio o a un ente.") % {"name": row}


def _is_needed(row: Model) -> bool:
    """Whether something else would not be without it."""
    try:
        Collector(using="default", origin=row).collect([row])
    except ProtectedError:
        return True
    return False


def _body(body: Organisation, request: HttpRequest) -> str:
    if not _is_needed(body) and not Membership.objects.filter(group=body.group_id).exists():
        return ""
    return _("«%(body)s» non si elimina: ci sono persone, ruoli, servizi o presenze a suo nome.") % {"body": body}
