"""«Come si scrive»: the guide for editors, inside their admin."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.models.pages import page_kinds


def writing_guide(request: HttpRequest) -> HttpResponse:
    """One page: what the kinds are for, and how a text goes from the first word to its readers."""
    kinds = [kind for kind in page_kinds() if kind.page_description]
    return render(request, "portal/writing_guide.html", {"page_title": _("Come si scrive in Raccordo"), "kinds": kinds})
