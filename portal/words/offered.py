"""A field of free words that offers those in use, by the browser's own means."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms


class OfferedInput(forms.TextInput):
    template_name = "portal/widgets/offered.html"

    def __init__(self, words: Callable[[], Iterable[str]], attrs: Any = None) -> None:
        super().__init__(attrs)
        self.words = words

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-offerti"
        context["offered"] = list(self.words())
        return context
