"""The StreamField blocks that every kind of page uses."""

from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link", "h3"]


class RowBlock(blocks.StructBlock):
    """One line of a definition list: who or what, and the words about it."""

    term = blocks.CharBlock(label=_("Chi o che cosa"))
    text = blocks.CharBlock(label=_("Testo"), max_length=600)

    class Meta:
        label = _("Riga")
        icon = "list-ul"


class SectionBlock(blocks.StructBlock):
    """A section with a heading; readers can link to it and search leads straight to it."""

    heading = blocks.CharBlock(label=_("Titolo della sezione"), max_length=120)
    text = blocks.RichTextBlock(label=_("Testo"), features=TEXT_FEATURES, required=False)
    rows = blocks.ListBlock(RowBlock(), label=_("Righe (chi fa che cosa, tempi, contatti)"), default=[], required=False)

    class Meta:
        label = _("Sezione")
        icon = "title"
        template = "portal/blocks/section.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**super().get_context(value, parent_context), "anchor": anchor(value["heading"])}


def anchor(heading: str) -> str:
    """The address of a section inside its page."""
    return slugify(heading)[:60] or "sezione"


class BodyBlock(blocks.StreamBlock):
    section = SectionBlock()

    class Meta:
        block_counts: dict[str, Any] = {}
