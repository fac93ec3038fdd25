"""Superseded editions, reachable and marked."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from wagtail.models import Page

from portal import access
from portal.models.pages import by_code
from portal.requests import FramedRequest

from . import editions
from .models import Edition
from .models.rules import RulePage
from .reading import readings


def edition(request: FramedRequest, code: str, version: str) -> HttpResponse:
    """What a page said in one of its versions, to whoever may read the page and could read it then."""
    page, known = _history(request, code)
    found = _of_version(known, version)
    reading = readings(page, request.user, found)[0]
    context = {
        "page": page,
        "edition": found,
        "reading": reading,
        "sections": reading.contents,
        "is_past": found.state[0] != "ok",  # type: ignore[attr-defined]
        "space": access.spaces_of([page], request.user).get(page.pk),
    }
    return render(request, "protocols/edition.html", context)


def _history(request: FramedRequest, code: str) -> tuple[RulePage, list[Edition]]:
    """The rule behind a code, for whoever may read it, and the editions of it that this person may read."""
    named = by_code(code)
    if named is None:
        raise Http404
    page = access.get_or_404(Page.objects.live(), request.user, pk=named.pk).specific
    if not isinstance(page, RulePage):
        raise Http404
    request.contact = page.responsible
    request.section = page._meta.model_name
    return page, editions.history(page, request.user)


def _of_version(known: list[Edition], version: str) -> Edition:
    found = next((each for each in known if each.version == version), None)
    if found is None:
        raise Http404
    return found
