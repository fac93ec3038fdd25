"""A StreamField whose blocks stay out of migrations: a new block changes no column."""

from typing import Any

from wagtail.blocks import StreamValue
from wagtail.fields import StreamField

from . import links


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
