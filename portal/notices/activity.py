"""Writing down what was done, in the transaction of the act."""

from typing import Any

from wagtail.models import Page

from portal.models.activity import Activity, Verb
from portal.models.people import User
from portal.models.spaces import Space


def record(
    verb: Verb,
    *,
    by: User | None,
    page: Page | None = None,
    space: Space | None = None,
    sentence: str = "",
    note: str = "",
    **more: Any,
) -> Activity:
    """Append one act; call it inside the transaction that does the act."""
    by = by if by is not None and by.pk else None
    return Activity.objects.create(
        verb=verb, by=by, by_name=str(by or ""), page=page, space=space, sentence=sentence, note=note, **more
    )
