"""Fields that the ground adds: blocks that stay out of migrations, a moment that needs its hour."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.formats import get_format
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField

from .pages import links
from .words.days import in_numbers


class BlocksField(StreamField):
    """Wagtail's StreamField; migrations know that it is there, not what may stand in it.

    Whatever way a text came, it is stored without links that readers cannot open.
    """

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _args, kwargs = super().deconstruct()
        return name, path, [[]], {key: value for key, value in kwargs.items() if key != "block_lookup"}

    def get_prep_value(self, value: Any) -> Any:
        stored = super().get_prep_value(value)
        return links.in_every_text(stored) if isinstance(value, StreamValue) else stored


class _Moments:
    """The ways to write a day with its hour, in the language of whoever types."""

    def __iter__(self) -> Iterator[str]:
        return (each for each in get_format("DATETIME_INPUT_FORMATS") if "%H" in each)


class MomentField(forms.DateTimeField):
    """A day and an hour; Django would take midnight where the hour is missing."""

    input_formats: Any = _Moments()

    def to_python(self, value: Any) -> Any:
        return super().to_python(in_numbers(value))
