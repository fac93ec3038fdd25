"""Which addresses may stand in a text: not the editor's own, not a file of somebody's computer."""

from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from django.conf import settings

SCHEMES = {"http", "https", "mailto", "tel"}
ADMIN = "/admin/"
HERE = {"localhost", "127.0.0.1", "::1"}


def is_kept(href: str) -> bool:
    """Whether readers can open it: pages and addresses of the net, mail, telephones, pages of the portal."""
    if "\\" in href:  # browsers read «/\host» as «//host»
        return False
    try:
        parts = urlsplit(href.strip())
        host = parts.hostname or ""
    except ValueError:  # not an address: «http://[»
        return False
    if parts.scheme in {"mailto", "tel"}:
        return bool(parts.path)
    if parts.scheme in SCHEMES:
        return bool(host) and not (host in _own_hosts() and _is_admin(parts.path))
    return not parts.scheme and not host and parts.path.startswith("/") and not _is_admin(parts.path)


def without_strange_links(html: str) -> str:
    """Rich text whose links all lead somewhere for whoever reads it; of the others the words stay."""
    if "href=" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    strange = [link for link in soup.find_all("a", href=True) if not is_kept(str(link["href"]))]
    for link in strange:
        link.unwrap()
    return str(soup) if strange else html


def in_every_text(data: Any) -> Any:
    """The same stored blocks, with clean links in each of their texts."""
    if isinstance(data, str):
        return without_strange_links(data) if "<a " in data else data
    if isinstance(data, list):
        return [in_every_text(each) for each in data]
    if isinstance(data, dict):
        return {key: in_every_text(each) for key, each in data.items()}
    return data


def _is_admin(path: str) -> bool:
    return f"{path}/".startswith(ADMIN)


def _own_hosts() -> set[str]:
    return HERE | {urlsplit(settings.BASE_URL).hostname or "", *settings.ALLOWED_HOSTS}
