"""Codes that an author types into a procedure: brought into their one form, and known to the author."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.text import slugify
from wagtail.models import Page

from portal import access
from portal.pages import addresses


def read(typed: str) -> list[str]:
    """«PR-13, pr 08; PR-777» → PR-13, PR-08, PR-777; what is no code stays as it was typed."""
    joined = re.sub(r"\b([A-Za-z]{1,4})[ ./_](?=\d)", r"\1-", typed)
    found = []
    for word in re.split(r"[\s,;]+", joined):
        try:
            found.append(addresses.normal_code(word) if word else "")
        except addresses.UnreadableCode:
            found.append(word)
    return [word for word in dict.fromkeys(found) if word]


def unknown(codes: Iterable[str], user: Any) -> list[str]:
    """Of these, the ones under which the person may see no page: missing and hidden answer alike."""
    asked = dict.fromkeys(codes)
    pages = access.known(Page.objects.filter(slug__in=[slugify(code) for code in asked]), user)
    seen = set(pages.values_list("slug", flat=True))
    return [code for code in asked if slugify(code) not in seen]
