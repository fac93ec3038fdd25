"""A page by itself, out of the portal: as its own template draws it, without what leads elsewhere or acts."""

from collections.abc import Callable
from copy import copy
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page

BEYOND = (
    "nav, form, aside, .actions, .other-views, .only-phone, [aria-labelledby=edizioni]"  # what leads elsewhere, or acts
)
OUT = {"http", "https", "mailto", "tel"}
Address = Callable[[str], str | None]


def drawn(page: Page, reader: Any, request: HttpRequest) -> str:
    """The page for such a reader, without header and footer."""
    asked: Any = copy(request)
    asked.user, asked.GET = reader, QueryDict()
    return with_template(page.get_template(asked), page.get_context(asked), asked)


def with_template(template: str, context: dict[str, Any], request: HttpRequest) -> str:
    html: str = get_template(template).render({**context, "surroundings": "portal/as_read.html"}, request)
    return html


def taken_out(html: str, link: Address, picture: Address) -> SafeString:
    """The text with the addresses that hold out there.

    Of a link to an address that has none the words stay, of a button nothing. Links out of the portal stay, a
    picture without an address goes.
    """
    soup = BeautifulSoup(html, "html.parser")
    for beyond in soup.select(BEYOND):
        beyond.decompose()
    for beside in soup.select(".reading, .with-side"):  # laid out beside what is gone
        del beside["class"]
    for anchor in soup.find_all("a"):
        href = str(anchor.get("href", ""))
        if href.startswith("#") or leads_out(href):
            continue
        if (address := link(href)) is None:
            _without_way(anchor)
        else:
            anchor["href"] = address
    for shown in soup.find_all("img"):
        if (address := picture(str(shown.get("src", "")).removeprefix(settings.MEDIA_URL))) is None:
            shown.decompose()
        else:
            shown["src"] = address
    return mark_safe(str(soup))


def _without_way(anchor: Tag) -> None:
    """Words stay; a button, which says what one gets by pressing it, goes with the line that was there for it."""
    line = anchor.parent
    if "btn" not in anchor.get_attribute_list("class"):
        anchor.unwrap()
        return
    anchor.decompose()
    if line is not None and line.name in {"p", "li"} and not line.get_text(strip=True):
        line.decompose()


def file_of(href: str) -> int | None:
    """The number of the file to which an address of the portal leads."""
    parts = urlsplit(href).path.split("/")
    return int(parts[2]) if href.startswith("/documenti/") and len(parts) > 2 and parts[2].isdecimal() else None


def leads_out(href: str) -> bool:
    parts = urlsplit(href)
    return parts.scheme in OUT and parts.hostname != urlsplit(settings.BASE_URL).hostname
