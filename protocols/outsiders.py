"""One edition to an outsider: which one a rule shows now, and how it is drawn without its surroundings."""

from typing import Any

from wagtail.models import Page

from portal.spaces import outsiders

from . import editions
from .models.rules import RulePage
from .reading import readings


def _current(page: Page) -> str:
    rule = page.specific
    return rule.version if isinstance(rule, RulePage) else ""


def _drawn(page: Page, version: str, request: Any) -> outsiders.Drawn | None:
    """The edition as it was kept; nothing where the page has none of this number for such a reader."""
    if not isinstance(page, RulePage):
        return None
    found = next((each for each in editions.history(page, request.user) if each.version == version), None)
    if found is None:
        return None
    reading = readings(page, request.user, found)[0]
    is_past = found.state[0] != "ok"  # type: ignore[attr-defined]
    return "protocols/edition.html", {
        "page": page, "edition": found, "reading": reading, "sections": reading.contents, "is_past": is_past,
    }  # fmt: skip


outsiders.current_edition.append(_current)
outsiders.draws_edition.append(_drawn)
