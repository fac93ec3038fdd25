"""What was in force is evidence: it is withdrawn, never deleted."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from .models import Edition


@hooks.register("before_delete_page")
def keep_what_was_in_force(request: HttpRequest, page: Page) -> HttpResponse | None:
    return _refuse(request, [page])


@hooks.register("before_bulk_action")
def keep_all_that_was_in_force(request: HttpRequest, action: str, objects: list[Any], view: Any) -> HttpResponse | None:
    return _refuse(request, objects) if action == "delete" and view.model is Page else None


def _refuse(request: HttpRequest, pages: list[Any]) -> HttpResponse | None:
    for page in pages:
        below = Page.objects.filter(pk=page.pk) | Page.objects.descendant_of(page)
        found = Edition.objects.filter(page__in=below).select_related("page").first()
        if found is not None:
            sentence = _("«%(page)s» è stata in vigore: resta fra le edizioni e non si elimina. Puoi ritirarla.")
            messages.error(request, sentence % {"page": found.page.title})
            return redirect("wagtailadmin_explore", found.page.get_parent().pk)
    return None
