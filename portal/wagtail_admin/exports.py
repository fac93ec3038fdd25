"""Lists that leave the admin as CSV: a text that a spreadsheet would take for a formula goes out as text."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.encoding import force_str
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from portal import security_log

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: Any) -> Any:
    """The value as a spreadsheet may read it: behind an apostrophe where it begins like a formula."""
    if isinstance(value, int | float):
        return value
    text = force_str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def protect() -> None:
    """Wagtail asks here for every value whose kind has no function of its own."""
    SpreadsheetExportMixin.custom_value_preprocess = {
        **SpreadsheetExportMixin.custom_value_preprocess, object: {SpreadsheetExportMixin.FORMAT_CSV: harmless},
    }  # fmt: skip
    SpreadsheetExportMixin.as_spreadsheet = _noted(SpreadsheetExportMixin.as_spreadsheet)


def _noted(export: Callable[..., Any]) -> Callable[..., Any]:
    """The export, written down: who took a list away, and which."""

    @wraps(export)
    def as_spreadsheet(self: Any, queryset: Any, spreadsheet_format: str) -> Any:
        security_log.note("export", path=self.request.path, format=spreadsheet_format)
        return export(self, queryset, spreadsheet_format)

    return as_spreadsheet
