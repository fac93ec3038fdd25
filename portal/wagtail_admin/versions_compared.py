"""The admin's comparison of two versions, in the words of `comparison`.

Wagtail's own names pages, files and persons that its reader may not see.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.admin.views.pages.revisions import RevisionsCompareView
from wagtail.models import Page

from portal.pages import comparison

MARKS = {"aggiunto": "addition", "tolto": "deletion"}  # how a difference calls it → how Wagtail's page paints it


def protect() -> None:
    """Called once, when the portal starts."""
    setattr(RevisionsCompareView, "_get_comparison", _compared)  # noqa: B010 - the view has no setting for it


def _compared(view: Any, old: Page, new: Page) -> list[dict[str, Any]]:
    return as_rows(old, new, view.request)


def as_rows(old: Page, new: Page, request: HttpRequest) -> list[dict[str, Any]]:
    """The differences as Wagtail's page takes them."""
    found = comparison.differences(old, new, request, apart=())
    return [
        {"field_label": f"{each.part} ({each.act.value})", "is_field": True, "htmldiff": _marked(each)}
        for each in found
    ]


def _marked(each: comparison.Difference) -> SafeString:
    if each.is_form_only:
        return format_html("{}", _("Le parole restano le stesse: cambia un collegamento, o come si vedono."))
    return format_html_join(" ", '<span class="{}">{}</span>', ((MARKS.get(p.act, ""), p.text) for p in each.pieces))
