"""The list of all pages of a kind that one may see."""

from django.http import HttpResponse
from django.shortcuts import render

from portal import access
from portal.models.pages import PortalPage
from portal.requests import FramedRequest


def kind_list(request: FramedRequest, model: type[PortalPage], section: str) -> HttpResponse:
    """All the pages of one kind that the person may see, by code."""
    request.section = section
    pages = list(access.allowed(model.objects.select_related("responsible"), request.user).order_by("slug"))
    homes = access.spaces_of(pages, request.user)
    rows = [(page, homes.get(page.pk)) for page in pages]
    return render(request, "portal/kind_list.html", {"model": model, "rows": rows, "title": model.kind_plural})
