"""Links for outsiders: given and taken back by who answers for the space, opened by whoever holds one."""

from copy import copy
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Page

from portal import access, paging
from portal.files.serving import file_response
from portal.models import Document, OutsiderLink, Rendition, Space
from portal.pages import addresses, alone
from portal.pages.page_field import PageField
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.words.days import DayField

from . import outsiders

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


class OutsiderForm(forms.Form):
    """To whom, which page, until when and why; nothing is chosen beforehand."""

    prefix = "esterno"

    page = PageField(label=gettext_lazy("Pagina"))
    named = forms.CharField(
        label=gettext_lazy("Per chi"), max_length=120, validators=[no_personal_data],
        help_text=gettext_lazy("L’ufficio o il ruolo: «Istituto comprensivo di Montale, segreteria»."),
    )  # fmt: skip
    until = DayField(label=gettext_lazy("Fino al"), help_text=gettext_lazy("Al massimo per 90 giorni."))
    reason = forms.CharField(
        label=gettext_lazy("Perché"), max_length=240, validators=[no_personal_data],
        help_text=gettext_lazy("Resta scritto nel registro."),
    )  # fmt: skip
    fixed = forms.BooleanField(
        label=gettext_lazy("Solo l’edizione di oggi, anche quando cambia"), required=False,
        help_text=gettext_lazy("Senza spunta legge la pagina com’è il giorno in cui la apre."),
    )  # fmt: skip
    asked_as = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, space: Space, manager: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["asked_as"] = uuid4()
        pages = Page.objects.live().filter(path__startswith=space.root_page.path, depth__gt=access.SPACE_DEPTH)
        fields: dict[str, Any] = self.fields
        fields["page"].offer(access.allowed(pages, manager, "manage").order_by("slug"))  # by code, as they are named

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if day < today:
            raise forms.ValidationError(_("La data è già passata."))
        if day > today + outsiders.LONGEST:
            raise forms.ValidationError(_("Al massimo per 90 giorni: poi, se serve, ne dai un altro."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        page = data.get("page")
        data["version"] = outsiders.edition_now(page) if page and data.get("fixed") else ""
        if page and data.get("fixed") and not data["version"]:
            self.add_error("fixed", _("Questa pagina non ha edizioni: togli la spunta."))
        return data


# --- On the sharing page ---------------------------------------------------------------------------------


def _managed(request: HttpRequest, slug: str) -> Space:
    return access.get_or_404(Space.objects.select_related("root_page"), request.user, "manage", root_page__slug=slug)


@login_required
@require_POST
def allow(request: PersonRequest, slug: str) -> HttpResponse:
    """Whether the space has such links at all."""
    space = _managed(request, slug)
    outsiders.allow(space, "permetti" in request.POST, by=request.user)
    return redirect("give_outsider", slug)


@login_required
def give(request: PersonRequest, slug: str) -> HttpResponse:
    """The links of the space; a new one is shown once, here."""
    space = _managed(request, slug)
    is_asked = request.method == "POST" and space.opens_to_outsiders
    form = OutsiderForm(request.POST if is_asked else None, space=space, manager=request.user)
    given, address = None, ""
    if is_asked and form.is_valid():
        said = form.cleaned_data
        given, token = outsiders.give(
            said["page"], space, said["named"], until=said["until"], reason=said["reason"], by=request.user,
            asked_as=said["asked_as"], version=said["version"],
        )  # fmt: skip
        address = settings.BASE_URL + reverse("outsider", args=[token])
        form = OutsiderForm(space=space, manager=request.user)
    part = paging.part(request, outsiders.of(space).__getitem__)
    rows = [(link, addresses.name_of(link.page)) for link in part.rows]
    context = {"part": part, "space": space, "form": form, "links": rows, "given": given, "address": address}
    response = render(request, "portal/outsider_links.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    space = _managed(request, slug)
    link = get_object_or_404(OutsiderLink, space=space, pk=pk)
    outsiders.revoke(link, by=request.user)
    messages.success(request, _("Il collegamento per %(who)s non apre più niente.") % {"who": link.named})
    return redirect("give_outsider", slug)


# --- For whoever holds a link ----------------------------------------------------------------------------


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _nothing(request: HttpRequest) -> HttpResponseBase:
    """The same answer for all that opens nothing: never given, over, taken back, withdrawn."""
    many = _too_many(request, "outsider_missed")
    return _guarded(render(request, "portal/outsider_over.html", {"many": many}, status=429 if many else 404))


def _too_many(request: HttpRequest, action: str) -> bool:
    """Asked of readings too: allauth's own door counts only what is sent."""
    return ratelimit.consume(request, app="allauth.account", action=action, limit_get=True) is None


def _opened(request: HttpRequest, token: str) -> tuple[OutsiderLink, Page, access.Outsider] | None:
    return None if _too_many(request, "outsider") else outsiders.found(token)


@require_safe
def open_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page alone: no navigation, no search, no link that leads further into the portal."""
    opened = _opened(request, token)
    text = opened and _text(request, token, *opened)
    if not opened or not text:
        return _nothing(request)
    link, page, _reader = opened
    outsiders.visited(link)
    context = {"link": link, "page": page, "text": text, "responsible": getattr(page, "responsible", None)}
    return _guarded(render(request, "portal/outsider.html", context))


@require_safe
def open_file(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """A file that the page carries."""
    opened = _opened(request, token)
    file = opened and access.allowed(Document.objects.filter(pk=pk), opened[2]).first()
    if not opened or file is None or opened[0].version:
        return _nothing(request)
    outsiders.visited(opened[0], file.title)
    return _guarded(
        file_response(request, file.file, file.filename, etag=file.sha256, download="scarica" in request.GET)
    )


@require_safe
def open_picture(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """A picture that the page carries."""
    opened = _opened(request, token)
    picture = opened and access.allowed(Rendition.objects.filter(file=path), opened[2]).first()
    if not opened or picture is None or opened[0].version:
        return _nothing(request)
    return _guarded(file_response(request, picture.file, Path(path).name, etag=f"{picture.pk}-{picture.file.size}"))


def _text(request: HttpRequest, token: str, link: OutsiderLink, page: Page, reader: access.Outsider) -> SafeString:
    """The page as its own template draws it for such a reader, without what leads beyond it."""
    if link.version:
        asked: Any = copy(request)
        asked.user, asked.GET = reader, QueryDict()
        found = next((found for each in outsiders.draws_edition if (found := each(page, link.version, asked))), None)
        if found is None:
            return SafeString("")
        html = alone.with_template(*found, asked)
    else:
        html = alone.drawn(page, reader, request)
    return alone.taken_out(html, _files_of(token, link), lambda path: reverse("outsider_picture", args=[token, path]))


def _files_of(token: str, link: OutsiderLink) -> alone.Address:
    """Files by the link, but for those of an edition, which may be others by now."""

    def address(href: str) -> str | None:
        file = None if link.version else alone.file_of(href)
        query = "?scarica" if href.endswith("?scarica") else ""
        return None if file is None else reverse("outsider_file", args=[token, file]) + query

    return address
