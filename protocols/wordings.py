"""Whose words a text is made of: the wordings that its author took over, while they stand in it as they were."""

from typing import Any

from . import places
from .models import Deed, RemarkAct


def in_text(page: Any) -> list[dict[str, Any]]:
    """Heading, body and persons of each wording that the text still has; kept with the edition."""
    since = page.first_published_at and page.editions.order_by("-published_at").values_list("published_at").first()
    taken = RemarkAct.objects.filter(deed=Deed.TAKEN, remark__discussion__page=page.pk)
    taken = taken.filter(at__gt=since[0]) if since else taken
    rows = list(taken.select_related("remark__organisation", "remark__by", "by"))
    found = places.of(page) if rows else {}
    return [
        {"heading": found[act.remark.place].heading, "place": act.remark.place,
         "body": str(act.remark.organisation or ""), "by": str(act.remark.by), "taken_by": str(act.by)}
        for act in rows
        if act.remark.place in found and found[act.remark.place].sha256 == act.sha256
    ]  # fmt: skip
