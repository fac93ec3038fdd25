"""What saves itself while somebody types: it keeps what it can, names what it cannot, and outlives the session."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from tests.typed_pages import create, typed

pytestmark = pytest.mark.django_db
BY_ITSELF = {"accept": "application/json"}
ROWS = ("agenda", "attendance", "decisions", "actions")


def meeting(**changes: str) -> dict[str, str]:
    rows = {f"{name}-{key}_FORMS": "0" for name in ROWS for key in ("TOTAL", "INITIAL")}
    return typed(title="Tavolo", code="", starts_at="26/11/2036 09:00", minutes_long="90", place="", chair="",
                 minutes="") | rows | changes  # fmt: skip


def saves(client: Any, page: Page, data: dict[str, str]) -> dict[str, Any]:
    response = client.post(f"/admin/pages/{page.pk}/edit/", data, headers=BY_ITSELF)
    assert response.status_code == 200, response.content.decode()
    return dict(response.json())


def new_meeting(client: Any) -> Page:
    root = demo.space("SP-RETE").root_page
    response = client.post(f"/admin/pages/add/coordination/meetingpage/{root.pk}/", meeting(), headers=BY_ITSELF)
    assert response.status_code == 200, response.content.decode()
    return Page.objects.get(pk=response.json()["pk"])


def draft(page: Page) -> Any:
    return Page.objects.get(pk=page.pk).get_latest_revision_as_object()


def test_rows_begun_stop_nothing_and_are_named(as_: Any) -> None:
    client = as_("coordinator")
    page = new_meeting(client)
    rows = {
        "agenda-TOTAL_FORMS": "1", "agenda-0-title": "Un punto", "agenda-0-text": "", "agenda-0-discussion": "",
        "agenda-0-ORDER": "1", "agenda-0-id": "", "agenda-0-DELETE": "",
        "agenda-0-readers-count": "0",
        "attendance-TOTAL_FORMS": "1", "attendance-0-organisation": "", "attendance-0-present": "1",
        "attendance-0-ORDER": "1", "attendance-0-id": "", "attendance-0-DELETE": "",
        "actions-TOTAL_FORMS": "1", "actions-0-text": "Scrivere a tutti", "actions-0-person": "", "actions-0-due": "",
        "actions-0-ORDER": "1", "actions-0-id": "", "actions-0-DELETE": "",
    }  # fmt: skip
    left = saves(client, page, meeting(**rows))["field_updates"]["unsaved"]
    assert left.startswith("azione 1 (") and "presenza" not in left  # an empty row was never a row
    kept = draft(page)
    assert [item.title for item in kept.agenda.all()] == ["Un punto"]
    assert (kept.attendance.count(), kept.actions.count()) == (0, 0)


def test_a_row_finished_later_is_kept_by_the_next_save(as_: Any, person: Any) -> None:
    client = as_("coordinator")
    page = new_meeting(client)
    row = {
        "actions-TOTAL_FORMS": "1", "actions-0-text": "Scrivere a tutti", "actions-0-person": "", "actions-0-due": "",
        "actions-0-ORDER": "1", "actions-0-id": "", "actions-0-DELETE": "",
    }  # fmt: skip
    updates = saves(client, page, meeting(**row))["field_updates"]
    finished = row | updates | {"actions-0-person": str(person("coordinator").pk), "actions-0-due": "1/3/2037"}
    finished.pop("unsaved")
    assert saves(client, page, meeting(**finished))["field_updates"]["unsaved"] == ""
    assert [action.text for action in draft(page).actions.all()] == ["Scrivere a tutti"]


def test_a_field_that_cannot_be_read_keeps_what_was_saved_and_is_named(as_: Any) -> None:
    client = as_("coordinator")
    page = new_meeting(client)
    answer = saves(client, page, meeting(title="Tavolo nuovo", starts_at="domani alle 9", code="senza numero"))
    assert answer["field_updates"]["unsaved"] == "Codice; Quando"
    kept = draft(page)
    assert (kept.title, kept.code, timezone.localtime(kept.starts_at).year) == ("Tavolo nuovo", "", 2036)


def test_an_unfinished_line_of_a_text_is_kept_as_it_is(as_: Any) -> None:
    client = as_("coordinator")
    page = create(client, "SP-RETE", title="Orari")
    block = {
        "body-count": "1", "body-0-deleted": "", "body-0-order": "0", "body-0-type": "section", "body-0-id": "",
        "body-0-value-heading": "", "body-0-value-text": json.dumps(None), "body-0-value-rows-count": "1",
        "body-0-value-rows-0-deleted": "", "body-0-value-rows-0-order": "0", "body-0-value-rows-0-id": "",
        "body-0-value-rows-0-value-term": "x" * 20, "body-0-value-rows-0-value-text": "y" * 700,
    }  # fmt: skip
    saves(client, page, typed(title="Orari", **block))
    assert draft(page).body[0].value["rows"][0]["text"] == "y" * 700
    assert client.get(f"/admin/pages/{page.pk}/edit/").status_code == 200


def test_a_page_whose_end_came_is_written_again(as_: Any) -> None:
    client = as_("coordinator")
    page: Any = create(client, "SP-RETE", title="Orari", expire_at="26/11/2036 09:00")
    past = timezone.now() - timedelta(days=1)
    kept = draft(page)
    kept.expire_at = past
    kept.save_revision(clean=False)
    shown = f"{timezone.localtime(past):%d/%m/%Y %H:%M}"
    assert saves(client, page, typed(title="Orari nuovi", expire_at=shown))["success"]
    assert (draft(page).title, draft(page).expire_at) == ("Orari nuovi", None)
    response = client.post(f"/admin/pages/{page.pk}/edit/", typed(title="Orari", expire_at="1/1/2020 09:00"))
    assert response.status_code == 200  # an end typed into the past is still a mistake, said by the button


def test_what_is_missing_for_a_first_save_is_said(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    response = as_("coordinator").post(
        f"/admin/pages/add/coordination/meetingpage/{root.pk}/", meeting(title="", starts_at=""), headers=BY_ITSELF
    )
    assert response.status_code == 400
    assert response.json()["error_message"] == "Non ancora salvato: scrivi «Titolo», «Quando»"


def test_a_row_begun_is_no_reason_to_lose_it_when_the_button_is_pressed(as_: Any) -> None:
    client = as_("coordinator")
    page = new_meeting(client)
    row = {
        "actions-TOTAL_FORMS": "1", "actions-0-text": "Scrivere a tutti", "actions-0-person": "", "actions-0-due": "",
        "actions-0-ORDER": "1", "actions-0-id": "", "actions-0-DELETE": "",
    }  # fmt: skip
    response = client.post(f"/admin/pages/{page.pk}/edit/", meeting(**row))
    assert response.status_code == 200
    assert "Scrivere a tutti" in response.content.decode()


def test_a_draft_saves_nothing_that_its_author_may_not_cite(as_: Any) -> None:
    """What saves itself is forgiving, and no way round the rights."""
    root = demo.space("SP-INTEGRA").root_page
    hidden = Page.objects.get(slug="pr-04")
    sent = typed(
        title="Cita", code="", version="1.0", valid_from="", valid_until="", register_number="", norm="",
        **{"in_brief-count": "0", "related-TOTAL_FORMS": "1", "related-INITIAL_FORMS": "0",
           "related-0-target": str(hidden.pk), "related-0-ORDER": "1", "related-0-id": "", "related-0-DELETE": "",
           "review_date": "mai"},
    )  # fmt: skip
    response = as_("health_manager").post(
        f"/admin/pages/add/protocols/protocolpage/{root.pk}/", sent, headers=BY_ITSELF
    )
    assert response.status_code == 400
    assert not Page.objects.filter(title="Cita").exists()


def test_an_ended_session_is_said_to_what_saves_itself(as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title="Orari")
    data = typed(title="Altro")
    response = as_("anonymous").post(f"/admin/pages/{page.pk}/edit/", data, headers=BY_ITSELF)
    assert (response.status_code, response.json()["error_code"]) == (401, "session_ended")
    assert as_("anonymous").get("/sessione/").status_code == 401
    assert as_("trainee").get("/sessione/").status_code == 401
    assert as_("coordinator").get("/sessione/").status_code == 204
    assert as_("coordinator").post(f"/admin/pages/{page.pk}/edit/", data, headers=BY_ITSELF).status_code == 200


def test_what_saves_itself_says_at_once_why_it_is_stopped(as_: Any) -> None:
    client = as_("coordinator")
    page = new_meeting(client)
    response = client.post(
        f"/admin/pages/{page.pk}/edit/", meeting(summary="La signora RSSMRA85T10A562S."), headers=BY_ITSELF
    )
    assert response.status_code == 400
    said = response.json()["error_message"]
    assert said.startswith("Non ancora salvato:") and "codice fiscale" in said and "toglile" in said
    assert "RSSMRA" not in str(draft(page).summary)
