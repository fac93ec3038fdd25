"""The addresses that lead to a page beside its own, for who keeps it: they are kept for ever, and go on answering."""

from typing import Any

from wagtail.models import Page

from portal import access
from portal.models.old_addresses import OldAddress
from portal.models.spaces import Space

from . import addresses


def of(page: Page, user: Any) -> list[str]:
    """As people wrote them, the newest first; without those that another page has by now, and without the name of a
    space that the person does not read.
    """
    steps = range(access.SPACE_PATH, len(page.path) + 1, Page.steplen)
    rows = OldAddress.objects.filter(page__path__in=[page.path[:end] for end in steps]).select_related("page")
    found: dict[str, OldAddress] = {}
    for row in rows:
        found.setdefault(row.url_path + page.url_path.removeprefix(row.page.url_path), row)
    found.pop(page.url_path, None)
    if not found:
        return []
    codes = {path: code for path, row in found.items() if (code := _code(page, row))}
    named = _spaces_named(user)
    taken = Page.objects.live().exclude(pk=page.pk)
    gone = set(taken.filter(url_path__in=found).values_list("url_path", flat=True))
    others = set(taken.filter(slug__in=[code.lower() for code in codes.values()]).values_list("slug", flat=True))
    shown = []
    for path in found:
        if path in codes:
            shown += [] if codes[path].lower() in others else [f"/{addresses.CODE_ADDRESS}/{codes[path]}/"]
        elif path not in gone and any(path.startswith(space) for space in named):
            shown.append("/" + path.split("/", 2)[2])
    return list(dict.fromkeys(shown))


def _code(page: Page, row: OldAddress) -> str:
    """The code that the page had there; nothing where it was a word."""
    if row.page_id != page.pk or not getattr(page, "code_form", ""):
        return ""
    try:
        return addresses.normal_code(row.slug)
    except addresses.UnreadableCode:
        return ""


def _spaces_named(user: Any) -> set[str]:
    """Where the spaces that the person reads answer, and where they did."""
    spaces = access.allowed(Space.objects.all(), user)
    once = OldAddress.objects.filter(page__in=spaces.values("root_page"))
    return {*spaces.values_list("root_page__url_path", flat=True), *once.values_list("url_path", flat=True)}
