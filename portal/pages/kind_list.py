"""The list of all pages of a kind that one may see."""

from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse
from django.shortcuts import render
from wagtail.models import Page

from portal import access, paging
from portal.models.pages import PortalPage
from portal.requests import FramedRequest


def kind_list(request: FramedRequest, model: type[PortalPage], section: str) -> HttpResponse:
    """All the pages of one kind that the person may see, by code."""
    request.section = section
    of_kind = Page.objects.filter(content_type=ContentType.objects.get_for_model(model))
    named = access.allowed(of_kind, request.user).order_by("slug").values_list("pk", flat=True)
    part = paging.part(request, named.__getitem__)
    pages = list(model.objects.filter(pk__in=part.rows).select_related("responsible").order_by("slug"))
    homes = access.spaces_of(pages, request.user)
    rows = [(page, homes.get(page.pk)) for page in pages]
    context = {"model": model, "rows": rows, "title": model.kind_plural, "part": part}
    return render(request, "portal/kind_list.html", context)
