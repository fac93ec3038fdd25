"""Who reads a page, for the templates of the editors' admin."""

from typing import Any

from django import template
from wagtail.models import Page

from portal.pages import audience, earlier_addresses, moving

register = template.Library()


@register.simple_tag(takes_context=True)
def who_reads(context: dict[str, Any], page: Page | None) -> str:
    """The readers of a page; of one not yet saved, those of the place where it is being written."""
    request = context["request"]
    if page is None or not page.pk:
        above = request.resolver_match.kwargs.get("parent_page_id") if request.resolver_match else None
        page = Page.objects.filter(pk=above).first()
    return audience.in_words(page, request.user) if page else ""


@register.simple_tag(takes_context=True)
def answers_too(context: dict[str, Any], page: Page | None) -> list[str]:
    """Where a page answers beside its own address."""
    return earlier_addresses.of(page, context["request"].user) if page is not None and page.pk else []


@register.simple_tag(takes_context=True)
def what_a_move_changes(context: dict[str, Any], page: Page, destination: Page) -> audience.Move:
    return audience.move(page, destination, context["request"].user)


@register.simple_tag(takes_context=True)
def what_follows_a_move(context: dict[str, Any], page: Page, destination: Page) -> list[str]:
    return moving.consequences(page, destination, context["request"].user)
