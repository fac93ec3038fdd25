"""The list of all pages of a kind that one may see."""

from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from wagtail.models import Page

from portal import access, paging, prepared
from portal.models.pages import PortalPage
from portal.requests import FramedRequest

from . import kinds


def _of_kind(piece: slice, rule: Q) -> QuerySet[Any, Any]:
    rows = Page.objects.filter(rule, content_type__id=prepared.given("kind"))
    return rows.order_by("slug").values_list("pk")[piece]


def kind_list(request: FramedRequest, model: type[PortalPage], section: str) -> HttpResponse:
    """All the pages of one kind that the person may see, by code."""
    request.section = section
    kind = ContentType.objects.get_for_model(model).pk

    def keys(piece: slice) -> list[int]:
        form = None if piece.start else ("of a kind", piece.stop)
        return [pk for (pk,) in access.by_pages_seen(form, partial(_of_kind, piece), request.user, kind=kind)]

    part = paging.part(request, keys)
    found = kinds.listed(model, part.rows, "review_date")
    pages = [found[pk] for pk in part.rows if pk in found]
    homes = access.spaces_of(pages, request.user)
    rows = [(page, homes.get(page.pk)) for page in pages]
    context = {"model": model, "rows": rows, "title": model.kind_plural, "part": part}
    return render(request, "portal/kind_list.html", context)
