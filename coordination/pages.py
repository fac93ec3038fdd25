"""What meetings are shown with."""

from typing import Any

from django.http import HttpRequest

from portal.accounts import looked_up
from portal.pages import anchors, reserved
from portal.pages.kinds import shows

from . import actions
from .models import MeetingPage


@shows(MeetingPage)
def meeting(page: MeetingPage, request: HttpRequest) -> dict[str, Any]:
    """The actions with what was done about them, and of its parts those that the reader reads."""
    reader = reserved.opened(page, request.user, as_seen_by=getattr(request, "as_seen_by", None))
    reserved_at = {part.key: part.anchor for part in page.reserved_parts()}
    closed, names = reserved_at.keys() - reader.keys(), page.section_anchors
    points = [(item, f"punto-{anchors.key(item)}") for item in page.agenda.all()]
    given = actions.shown(page) if "azioni" not in closed else []
    looked_up.expect(request, [page.chair, *(each.person for each in given)])
    return {
        "given": given,
        "agenda": [
            (item, reserved_at.get(key) or names[anchors.key(item)], reader.get(key, ""))
            for item, key in points
            if key not in closed
        ],  # fmt: skip
        "decisions": page.decisions.all() if "decisioni" not in closed else [],
        "minutes": page.minutes if "verbale" not in closed else "",
        "present": page.attendance.all() if "presenze" not in closed else [],
    }
