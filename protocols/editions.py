"""From a publication to an edition: what was read, kept for ever."""

import hashlib
import json
from typing import Any

from django.utils import timezone

from .models import Edition
from .models.rules import RulePage


def keep(page: RulePage, *, by: Any = None) -> Edition:
    """Keep the page as it is now; publishing the same version again keeps the first edition."""
    sections = [[section.anchor, section.heading, section.text] for section in page.sections()]
    edition, _new = Edition.objects.get_or_create(
        page_id=page.pk,
        version=page.version,
        defaults={
            "title": page.title,
            "change_note": page.change_note,
            "valid_from": page.valid_from,
            "sections": sections,
            "sha256": fingerprint(page.title, sections),
            "published_by": by,
            "published_at": page.last_published_at or timezone.now(),
        },
    )
    return edition


def fingerprint(title: str, sections: list[list[str]]) -> str:
    """SHA-256 of what the reader reads, as hexadecimal digits."""
    return hashlib.sha256(json.dumps([title, sections], ensure_ascii=False).encode()).hexdigest()


def on_published(sender: Any, page: Any, by: Any = None, **kwargs: Any) -> None:
    """Signal of the ground: a page was published."""
    if isinstance(page, RulePage):
        keep(page, by=by)
