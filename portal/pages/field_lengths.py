"""A text that is too long is refused with a sentence and stays as typed.

Django tells the browser the length, and the browser cuts what is pasted where nobody looks.
"""

from typing import Any

from django import forms


def cut_nothing() -> None:
    """Called once, before any form or block is made."""
    said = forms.CharField.widget_attrs

    def without_length(field: forms.CharField, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in said(field, widget).items() if name != "maxlength"}

    forms.CharField.widget_attrs = without_length  # type: ignore[assignment,method-assign]
