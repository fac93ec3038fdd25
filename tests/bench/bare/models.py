"""One plain page type."""

from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index


class BarePage(Page):
    body = StreamField(
        [("section", blocks.StructBlock([("heading", blocks.CharBlock()), ("text", blocks.TextBlock())]))]
    )

    search_fields = [*Page.search_fields, index.SearchField("body")]
