"""The fingerprint of a text, or of a part of one."""

import hashlib
import json
from typing import Any

from bs4 import BeautifulSoup

from portal.pages.blocks import plain


def fingerprint(said: dict[str, Any]) -> str:
    """SHA-256 of what the reader reads, as hexadecimal digits: words and links, not the marks of the editor."""
    return hashlib.sha256(json.dumps(_bare(said), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key != "id"}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, str):
        return value
    links = BeautifulSoup(value, "html.parser").find_all("a") if "<a" in value else []
    return [
        " ".join(plain(value).split()),
        *(sorted(f"{key}={each}" for key, each in link.attrs.items()) for link in links),
    ]
