"""Django's `url`, of whose addresses each is made once: a page has seventy, and they do not change while it runs."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode, url
from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()
PLAIN = {int, str, SafeString}  # what two of which are one key say the same address


@lru_cache(maxsize=4096)
def _kept(_prefix: str, name: str, args: tuple[Any, ...]) -> str:
    return reverse(name, args=args)


class KeptURLNode(URLNode):
    def render(self, context: Context) -> str:
        name, args = self.view_name.resolve(context), tuple(arg.resolve(context) for arg in self.args)
        if self.kwargs or self.asvar or not all(type(each) in PLAIN for each in (name, *args)) or ":" in name:
            return super().render(context)
        address = _kept(get_script_prefix(), name, args)
        return conditional_escape(address) if context.autoescape else address


@register.tag("url")
def kept_url(parser: Parser, token: Token) -> KeptURLNode:
    node = url(parser, token)
    return KeptURLNode(node.view_name, node.args, node.kwargs, node.asvar)
