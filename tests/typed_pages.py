"""What a browser sends when somebody types into the editors' forms."""

from typing import Any

from wagtail.models import Page

from portal import demo


def typed(**changes: str) -> dict[str, str]:
    """What the browser sends of a new page of text when only the title was typed."""
    return {
        "title": "Prova", "slug": "", "summary": "", "change_note": "", "responsible": "", "review_date": "",
        "body-count": "0", "attachments-count": "0", "go_live_at": "", "expire_at": "",
    } | changes  # fmt: skip


def create(client: Any, space: str, **changes: str) -> Page:
    root = demo.space(space).root_page
    before = set(root.get_children().values_list("pk", flat=True))
    response = client.post(f"/admin/pages/add/portal/textpage/{root.pk}/", typed(**changes))
    assert response.status_code == 302, response.content.decode()
    return root.get_children().exclude(pk__in=before).get().specific
