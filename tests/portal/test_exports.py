"""What leaves the admin as a table."""

from typing import Any

import pytest
from wagtail.models import Page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+39", "-2+3"])
def test_no_name_leaves_as_a_formula(name: str, as_: Any, person: Any) -> None:
    page, client = Page.objects.get(slug="r-02").specific, as_("administrator")
    page.title = name
    page.save_revision(user=person("coordinator"), log_action=True)
    writer = person("coordinator")
    writer.first_name, writer.last_name = name, ""
    writer.save()
    sheet = b"".join(client.get("/admin/reports/site-history/?export=csv").streaming_content).decode()
    assert f"'{name}" in sheet
    cells = [cell.strip('"') for line in sheet.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@")] == []
