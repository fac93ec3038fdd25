"""Superseded editions, reachable and marked."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from wagtail.models import Page

from portal import access
from portal.models.pages import by_code
from portal.requests import FramedRequest

from . import editions
from .models.rules import RulePage


def edition(request: FramedRequest, code: str, version: str) -> HttpResponse:
    """What a page said in one of its versions, to whoever may read the page and could read it then."""
    named = by_code(code)
    if named is None:
        raise Http404
    page = access.get_or_404(Page.objects.live(), request.user, pk=named.pk).specific
    if not isinstance(page, RulePage):
        raise Http404
    found = next((each for each in editions.history(page, request.user) if each.version == version), None)
    if found is None:
        raise Http404
    request.contact = page.responsible
    request.section = page._meta.model_name
    space = access.spaces_of([page], request.user).get(page.pk)
    context = {"page": page, "edition": found, "space": space}
    return render(request, "protocols/edition.html", context)
