"""The hours of a service, changed on its card in a minute; nobody's newer words are gone over unseen."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from wagtail.models import Page

from coordination.models import ServicePage
from portal import access
from portal.models import UnfinishedWords
from portal.models.spaces import Role
from portal.pages import approval as approvals
from portal.spaces import roles

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
NOTE = "Da lunedì apre più tardi."


@pytest.fixture
def card() -> ServicePage:
    return ServicePage.objects.get(slug="consultorio")


def words(card: ServicePage, **changed: str) -> dict[str, str]:
    return {"telephone": card.telephone, "hours": "9–13", "place": card.place, "change_note": NOTE, **changed}


def address(card: ServicePage) -> str:
    return f"/rubrica/servizi/{card.pk}/orari/"


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(" ".join(answer.content.decode().split()))


def test_who_may_publish_changes_the_hours_and_they_are_read_at_once(as_: Given, card: ServicePage) -> None:
    assert address(card) in shown(as_("coordinator").get(card.url))
    assert card.hours in shown(as_("coordinator").get(address(card)))
    assert as_("coordinator").post(address(card), words(card)).status_code == 302
    assert "9–13" in shown(as_("worker").get(card.url))
    assert NOTE in shown(as_("worker").get("/novita/"))
    assert address(card) not in shown(as_("trainee").get(card.url))
    assert as_("trainee").post(address(card), words(card)).status_code in {403, 404}


def test_who_only_writes_there_sends_them_to_whoever_approves(as_: Given, person: Any, card: ServicePage) -> None:
    space: Any = access.space_of(card)
    roles.give_role(space, person("newcomer"), Role.EDITOR, by=person("coordinator"), reason="Prova")
    assert "Manda a chi approva" in shown(as_("newcomer").get(address(card)))
    assert as_("newcomer").post(address(card), words(card)).status_code == 302
    assert "9–13" not in shown(as_("worker").get(card.url))
    assert "aspetta chi approva" in shown(as_("newcomer").get(address(card)))
    state = Page.objects.get(pk=card.pk).current_workflow_task_state
    assert "9–13" in shown(as_("coordinator").get(f"/approvazioni/{state.pk}/"))


def test_what_is_wrong_stays_typed_and_what_was_begun_is_offered_again(as_: Given, card: ServicePage) -> None:
    said = shown(as_("coordinator").post(address(card), words(card, hours="Chiedi di RSSMRA80A01H501U")))
    assert "sembra di leggere" in said and NOTE in said
    assert "sembra di leggere" not in shown(as_("coordinator").get(card.url))
    assert NOTE in shown(as_("coordinator").get(address(card)))  # another day
    assert as_("coordinator").post(address(card), words(card)).status_code == 302
    assert not UnfinishedWords.objects.exists()


def test_hours_that_somebody_else_changed_meanwhile_are_not_gone_over_unseen(
    as_: Given, person: Any, card: ServicePage
) -> None:
    form = shown(as_("coordinator").get(address(card)))
    begun = form.partition('name="begun_from" value="')[2].partition('"')[0]
    card.hours = "solo martedì"
    card.save_revision(user=person("director")).publish(user=person("director"))
    refused = shown(as_("coordinator").post(address(card), words(card) | {"begun_from": begun}))
    assert "Oggi la scheda dice" in refused and "solo martedì" in refused and "9–13" in refused
    assert ServicePage.objects.get(pk=card.pk).hours == "solo martedì"
    begun = refused.partition('name="begun_from" value="')[2].partition('"')[0]
    assert as_("coordinator").post(address(card), words(card) | {"begun_from": begun}).status_code == 302
    assert ServicePage.objects.get(pk=card.pk).hours == "9–13"


def test_hours_that_came_back_are_corrected_where_they_were_typed(as_: Given, person: Any, card: ServicePage) -> None:
    roles.give_role(access.space_of(card), person("newcomer"), Role.EDITOR, by=person("coordinator"), reason="Prova")
    as_("newcomer").post(address(card), words(card))
    state = Page.objects.get(pk=card.pk).current_workflow_task_state
    approvals.ask_for_changes(state.specific, by=person("coordinator"), reason="Manca il sabato.")
    found = shown(as_("newcomer").get(address(card)))
    assert "chiede: «Manca il sabato.»" in found and "9–13" in found and NOTE in found
    assert as_("newcomer").post(address(card), words(card, hours="9–13, sabato no")).status_code == 302
    (again,) = Page.objects.get(pk=card.pk).workflow_states.filter(status="in_progress")
    assert "9–13, sabato no" in shown(as_("coordinator").get(f"/approvazioni/{again.current_task_state.pk}/"))


def test_a_draft_that_holds_more_than_the_hours_is_not_let_out_by_them(
    as_: Given, person: Any, card: ServicePage
) -> None:
    card.title, card.change_note = "Un altro nome", "Il nome."
    card.save_revision(user=person("coordinator"))
    assert "apri l’editor" in shown(as_("coordinator").get(address(card)))
    as_("coordinator").post(address(card), words(card))
    assert Page.objects.get(pk=card.pk).title != "Un altro nome"


def test_what_only_looks_like_somebodys_address_stays_for_a_reason_and_is_not_asked_again(
    as_: Given, card: ServicePage
) -> None:
    typed = words(card, place="Dal lunedì al venerdì; urgenze al 333 1234567")
    refused = shown(as_("coordinator").post(address(card), typed))
    assert "perché possono restare" in refused and "333 1234567" in refused
    reason = {"personal_data_reason": "È il cellulare del servizio."}
    assert as_("coordinator").post(address(card), typed | reason).status_code == 302
    card.refresh_from_db()
    assert "333 1234567" in card.place
    assert as_("coordinator").post(address(card), typed | {"hours": "10–12"}).status_code == 302
    refused = shown(as_("coordinator").post(address(card), typed | {"hours": "Per RSSMRA85T10A562S"} | reason))
    assert "togli quelle parole" in refused
