"""Withdrawing a page: at every door its reason is asked, kept with the act and read by those who write there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.models import Activity, PersonalDataReport
from portal.models.activity import Verb
from portal.models.pages import TextPage
from tests.portal.test_approval import address, propose, text_of

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
REASON = "Il servizio ha cambiato sede."
ASKED = "Scrivi perché la ritiri"


def one(client: Client, page: Page, reason: str, deep: bool = False) -> Any:
    fields = {"reason": reason, **({"include_descendants": "on"} if deep else {})}
    return client.post(f"/admin/pages/{page.pk}/unpublish/", fields)


def many(client: Client, page: Page, reason: str, deep: bool = False) -> Any:
    fields = {"reason": reason, **({"include_descendants": "on"} if deep else {})}
    return client.post(f"/admin/bulk/wagtailcore/page/unpublish/?id={page.pk}", fields)


def by_api(client: Client, page: Page, reason: str, deep: bool = False) -> Any:
    data = json.dumps({"reason": reason, "recursive": deep})
    return client.post(f"/admin/api/main/pages/{page.pk}/action/unpublish/", data, content_type="application/json")


DOORS = pytest.mark.parametrize("door", [one, many, by_api])


@pytest.fixture
def page() -> Page:
    return Page.objects.get(slug="md-01")


def withdrawals() -> list[tuple[int, str, str]]:
    """Page, who and why of each act of withdrawing, the oldest first."""
    acts = Activity.objects.filter(verb=Verb.WITHDRAWN).order_by("pk")
    return [(act.page_id or 0, str(act.by), act.note) for act in acts]


@DOORS
def test_a_page_is_withdrawn_with_a_reason_and_never_without(as_: Given, page: Page, door: Any) -> None:
    client, before = as_("coordinator"), withdrawals()
    for nothing in ("", "  \n "):
        response = door(client, page, nothing)
        assert response.status_code in {200, 400} and ASKED in response.content.decode()
        assert Page.objects.get(pk=page.pk).live and withdrawals() == before
    assert door(client, page, REASON).status_code in {200, 302}
    assert not Page.objects.get(pk=page.pk).live
    assert withdrawals() == [*before, (page.pk, "Chiara Bonacchi", REASON)]


@DOORS
def test_what_lies_below_is_withdrawn_for_the_same_reason(as_: Given, person: Given, page: Page, door: Any) -> None:
    below = demo.publish(page, TextPage(title="Sotto"), on=0, by=person("coordinator"))
    door(as_("coordinator"), page, REASON, deep=True)
    assert withdrawals()[-2:] == [(page.pk, "Chiara Bonacchi", REASON), (below.pk, "Chiara Bonacchi", REASON)]


@DOORS
def test_a_reason_holds_for_one_withdrawal_and_is_forgotten(as_: Given, page: Page, door: Any) -> None:
    door(as_("coordinator"), page, REASON)
    Page.objects.get(slug="md-02").specific.unpublish()
    assert withdrawals()[-1][2] == ""


@DOORS
def test_who_may_not_withdraw_does_not_with_a_reason_either(as_: Given, page: Page, door: Any) -> None:
    for who in ("worker", "trainee"):
        door(as_(who), page, REASON)
        assert Page.objects.get(pk=page.pk).live


def test_what_was_ticked_is_kept_when_the_reason_is_missing(as_: Given, person: Given, page: Page) -> None:
    demo.publish(page, TextPage(title="Sotto"), on=0, by=person("coordinator"))
    shown = BeautifulSoup(one(as_("coordinator"), page, "", deep=True).content, "html.parser")
    ticked, reason = shown.select_one("[name=include_descendants]"), shown.select_one("textarea[name=reason]")
    assert ticked is not None and ticked.has_attr("checked")
    assert reason is not None and reason["aria-invalid"] == "true"


def test_who_withdraws_what_is_withdrawn_already_is_led_to_who_did_it(as_: Given, person: Given, page: Page) -> None:
    as_("coordinator").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non vale più."})
    for answer in (
        as_("coordinator").get(f"/admin/pages/{page.pk}/unpublish/", follow=True),
        as_("coordinator").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Un altro perché."}, follow=True),
    ):
        assert answer.redirect_chain[-1][0].endswith(f"/admin/pages/{page.pk}/edit/")
        said = answer.content.decode()
        assert "Non c’è più niente da ritirare" in said and "L’ha ritirata Chiara Bonacchi" in said
    assert Activity.objects.get(page=page.pk, verb=Verb.WITHDRAWN).note == "Non vale più."
    refused = as_("coordinator").get(f"/admin/pages/{page.pk}/delete/", follow=True).content.decode()
    assert "È già ritirata: nessuno la legge più" in refused and "Ritirala:" not in refused


def test_a_person_withdraws_nothing_through_a_door_that_does_not_ask(person: Given, page: Page) -> None:
    with pytest.raises(Exception, match=ASKED):
        page.specific.unpublish(user=person("coordinator"))
    assert Page.objects.get(pk=page.pk).live


def test_the_editor_and_the_approver_read_why_it_was_withdrawn(as_: Given, person: Given, page: Page) -> None:
    edit = f"/admin/pages/{page.pk}/edit/"
    assert REASON not in as_("worker").get(edit).content.decode()
    one(as_("coordinator"), page, REASON)
    said = as_("worker").get(edit).content.decode()
    assert "L’ha ritirata Chiara Bonacchi" in said and REASON in said
    state = propose(Page.objects.get(pk=page.pk).specific, person("worker"))
    decided = text_of(as_("director").get(address(state)))
    assert "È stata ritirata" in decided and "Chiara Bonacchi" in decided and REASON in decided


def test_a_page_published_again_no_longer_says_that_it_was_withdrawn(as_: Given, person: Given, page: Page) -> None:
    one(as_("coordinator"), page, REASON)
    Page.objects.get(pk=page.pk).specific.save_revision(user=person("coordinator")).publish()
    assert REASON not in as_("worker").get(f"/admin/pages/{page.pk}/edit/").content.decode()


# --- Whoever comes by the old address --------------------------------------------------------------------


def withdrawn(as_: Given, code: str, replaced_by: str = "") -> Any:
    page = Page.objects.get(slug=code.lower())
    fields = {"reason": REASON, "replaced_by": replaced_by}
    return as_("coordinator").post(f"/admin/pages/{page.pk}/unpublish/", fields)


@pytest.mark.parametrize("typed", ["MD-02", "md 2", "/p/MD-02/", "https://raccordo.example/p/MD-02/"])
def test_who_comes_by_the_old_address_is_led_to_what_took_its_place(as_: Given, typed: str) -> None:
    assert withdrawn(as_, "MD-01", typed).status_code == 302
    answer = as_("worker").get("/p/MD-01/")
    assert answer.status_code == 410
    said = answer.content.decode()
    assert "è stata ritirata" in said
    assert 'href="/p/MD-02/"' in said
    assert REASON not in said  # it was asked for whoever works on the page


def test_who_never_read_it_finds_nothing_there(as_: Given) -> None:
    withdrawn(as_, "PR-04", "PR-02")
    missing, hidden = as_("partner").get("/p/PR-99/"), as_("partner").get("/p/PR-04/")
    assert (hidden.status_code, text_of(hidden).replace("PR-04", "PR-99")) == (404, text_of(missing))
    assert as_("anonymous").get("/p/PR-04/").status_code == 302
    assert as_("worker_minors").get("/p/PR-04/").status_code == 410


def test_while_data_of_persons_are_reported_there_only_who_reported_them_reads_that_it_is_gone(
    as_: Given, person: Given
) -> None:
    withdrawn(as_, "MD-01")
    page = Page.objects.get(slug="md-01")
    PersonalDataReport.objects.create(page=page, what="nome", by=person("worker"))
    assert as_("worker").get("/p/MD-01/").status_code == 410
    for other in ("newcomer", "coordinator", "administrator"):
        assert as_(other).get("/p/MD-01/").status_code == 404
    PersonalDataReport.objects.update(handled_at=timezone.now(), outcome="nessuno", reason="Persona inventata.")
    assert as_("newcomer").get("/p/MD-01/").status_code == 410


def test_an_address_of_more_words_than_the_tree_has_steps_leads_nowhere(as_: Given) -> None:
    assert as_("worker").get(f"/spazi/rete/{'x/' * 500}").status_code == 404


def test_a_page_that_took_its_place_is_named_to_its_readers_alone(as_: Given) -> None:
    assert withdrawn(as_, "PR-07", "PR-04").status_code == 302  # PR-07 is shared with the third sector
    assert "/p/PR-04/" in as_("worker_minors").get("/p/PR-07/").content.decode()
    said = as_("partner").get("/p/PR-07/")
    assert said.status_code == 410
    assert "PR-04" not in said.content.decode()


@pytest.mark.parametrize("typed", ["PR-99", "una parola", "MD-01", "/", "/rubrica/"])
def test_what_is_no_page_takes_no_place_and_stays_typed(as_: Given, typed: str) -> None:
    answer = withdrawn(as_, "MD-01", typed)
    assert "Non trovo questa pagina" in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode()
    assert Page.objects.get(slug="md-01").live


def test_published_again_it_answers_as_before_and_a_draft_never_did(as_: Given, person: Given) -> None:
    withdrawn(as_, "MD-01")
    Page.objects.get(slug="md-01").specific.save_revision(user=person("director")).publish(user=person("director"))
    assert as_("worker").get("/p/MD-01/").status_code == 200
    assert as_("worker").get("/spazi/rete/accogliere-con-un-mediatore/").status_code == 404


def test_what_is_withdrawn_with_others_is_said_in_the_same_word(as_: Given, page: Page) -> None:
    client = as_("coordinator")
    many(client, page, REASON)
    shown = client.get("/admin/pages/", follow=True).content.decode()
    assert "1 pagina è ritirata: non la trova più nessuno." in shown and "è stata annullata" not in shown
