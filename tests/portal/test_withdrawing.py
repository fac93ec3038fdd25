"""Withdrawing a page: at every door its reason is asked, kept with the act and read by those who write there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from portal.models import Activity, PersonalDataReport
from portal.models.activity import Verb
from portal.models.pages import TextPage
from portal.spaces import shares
from protocols.models import ProcedurePage
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


def procedure(small: Any, code: str, **where: Any) -> ProcedurePage:
    made = ProcedurePage(title=f"Come si fa {code}", code=code)
    made.steps = [("step", {"title": "Si fa", "text": "Si fa.", "who": "Chi accoglie", "services": []})]
    return small.publish(made, **where)


@pytest.fixture(scope="module", autouse=True)
def _pages(small: Any) -> None:
    """Two that most read, one that few read, one that is shared with the guests too."""
    for code in ("OP-91", "OP-92", "OP-94"):
        procedure(small, code)
    procedure(small, "OP-93", below=small.narrow.root_page)
    shares.share_page(Page.objects.get(slug="op-94"), small.guests, by=None)


@pytest.fixture
def page() -> Page:
    return Page.objects.get(slug="op-91")


def withdrawals() -> list[tuple[int, str, str]]:
    """Page, who and why of each act of withdrawing, the oldest first."""
    acts = Activity.objects.filter(verb=Verb.WITHDRAWN).order_by("pk")
    return [(act.page_id or 0, str(act.by), act.note) for act in acts]


@DOORS
def test_a_page_is_withdrawn_with_a_reason_and_never_without(as_: Given, page: Page, door: Any) -> None:
    client, before = as_("manager"), withdrawals()
    for nothing in ("", "  \n "):
        response = door(client, page, nothing)
        assert response.status_code in {200, 400} and ASKED in response.content.decode()
        assert Page.objects.get(pk=page.pk).live and withdrawals() == before
    assert door(client, page, REASON).status_code in {200, 302}
    assert not Page.objects.get(pk=page.pk).live
    assert withdrawals() == [*before, (page.pk, "Manager Prova", REASON)]


@DOORS
def test_what_lies_below_is_withdrawn_for_the_same_reason(as_: Given, small: Any, page: Page, door: Any) -> None:
    below = small.publish(TextPage(title="Sotto"), below=page)
    door(as_("manager"), page, REASON, deep=True)
    assert withdrawals()[-2:] == [(page.pk, "Manager Prova", REASON), (below.pk, "Manager Prova", REASON)]


@DOORS
def test_a_reason_holds_for_one_withdrawal_and_is_forgotten(as_: Given, page: Page, door: Any) -> None:
    door(as_("manager"), page, REASON)
    Page.objects.get(slug="op-92").specific.unpublish()
    assert withdrawals()[-1][2] == ""


@DOORS
def test_who_may_not_withdraw_does_not_with_a_reason_either(as_: Given, page: Page, door: Any) -> None:
    for who in ("editor", "reader"):
        door(as_(who), page, REASON)
        assert Page.objects.get(pk=page.pk).live


def test_what_was_ticked_is_kept_when_the_reason_is_missing(as_: Given, small: Any, page: Page) -> None:
    small.publish(TextPage(title="Sotto"), below=page)
    shown = BeautifulSoup(one(as_("manager"), page, "", deep=True).content, "html.parser")
    ticked, reason = shown.select_one("[name=include_descendants]"), shown.select_one("textarea[name=reason]")
    assert ticked is not None and ticked.has_attr("checked")
    assert reason is not None and reason["aria-invalid"] == "true"


def test_who_withdraws_what_is_withdrawn_already_is_led_to_who_did_it(as_: Given, person: Given, page: Page) -> None:
    as_("manager").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Non vale più."})
    for answer in (
        as_("manager").get(f"/admin/pages/{page.pk}/unpublish/", follow=True),
        as_("manager").post(f"/admin/pages/{page.pk}/unpublish/", {"reason": "Un altro perché."}, follow=True),
    ):
        assert answer.redirect_chain[-1][0].endswith(f"/admin/pages/{page.pk}/edit/")
        said = answer.content.decode()
        assert "Non c’è più niente da ritirare" in said and "L’ha ritirata Manager Prova" in said
    assert Activity.objects.get(page=page.pk, verb=Verb.WITHDRAWN).note == "Non vale più."
    refused = as_("manager").get(f"/admin/pages/{page.pk}/delete/", follow=True).content.decode()
    assert "È già ritirata: nessuno la legge più" in refused and "Ritirala:" not in refused


def test_a_person_withdraws_nothing_through_a_door_that_does_not_ask(person: Given, page: Page) -> None:
    with pytest.raises(Exception, match=ASKED):
        page.specific.unpublish(user=person("manager"))
    assert Page.objects.get(pk=page.pk).live


def test_the_editor_and_the_approver_read_why_it_was_withdrawn(as_: Given, person: Given, page: Page) -> None:
    edit = f"/admin/pages/{page.pk}/edit/"
    assert REASON not in as_("editor").get(edit).content.decode()
    one(as_("manager"), page, REASON)
    said = as_("editor").get(edit).content.decode()
    assert "L’ha ritirata Manager Prova" in said and REASON in said
    state = propose(Page.objects.get(pk=page.pk).specific, person("editor"))
    decided = text_of(as_("approver").get(address(state)))
    assert "È stata ritirata" in decided and "Manager Prova" in decided and REASON in decided


def test_a_page_published_again_no_longer_says_that_it_was_withdrawn(as_: Given, person: Given, page: Page) -> None:
    one(as_("manager"), page, REASON)
    Page.objects.get(pk=page.pk).specific.save_revision(user=person("manager")).publish()
    assert REASON not in as_("editor").get(f"/admin/pages/{page.pk}/edit/").content.decode()


# --- Whoever comes by the old address --------------------------------------------------------------------


def withdrawn(as_: Given, code: str, replaced_by: str = "") -> Any:
    page = Page.objects.get(slug=code.lower())
    fields = {"reason": REASON, "replaced_by": replaced_by}
    return as_("manager").post(f"/admin/pages/{page.pk}/unpublish/", fields)


@pytest.mark.parametrize("typed", ["OP-92", "op 92", "/p/OP-92/", "https://raccordo.example/p/OP-92/"])
def test_who_comes_by_the_old_address_is_led_to_what_took_its_place(as_: Given, typed: str) -> None:
    assert withdrawn(as_, "OP-91", typed).status_code == 302
    answer = as_("editor").get("/p/OP-91/")
    assert answer.status_code == 410
    said = answer.content.decode()
    assert "è stata ritirata" in said
    assert 'href="/p/OP-92/"' in said
    assert REASON not in said  # it was asked for whoever works on the page


def test_who_never_read_it_finds_nothing_there(as_: Given) -> None:
    withdrawn(as_, "OP-93", "OP-92")
    missing, hidden = as_("guest").get("/p/OP-99/"), as_("guest").get("/p/OP-93/")
    assert (hidden.status_code, text_of(hidden).replace("OP-93", "OP-99")) == (404, text_of(missing))
    assert as_("anonymous").get("/p/OP-93/").status_code == 302
    assert as_("insider").get("/p/OP-93/").status_code == 410


def test_while_data_of_persons_are_reported_there_only_who_reported_them_reads_that_it_is_gone(
    as_: Given, person: Given
) -> None:
    withdrawn(as_, "OP-91")
    page = Page.objects.get(slug="op-91")
    PersonalDataReport.objects.create(page=page, what="nome", by=person("editor"))
    assert as_("editor").get("/p/OP-91/").status_code == 410
    for other in ("reader", "manager", "technician"):
        assert as_(other).get("/p/OP-91/").status_code == 404
    PersonalDataReport.objects.update(handled_at=timezone.now(), outcome="nessuno", reason="Persona inventata.")
    assert as_("reader").get("/p/OP-91/").status_code == 410


def test_an_address_of_more_words_than_the_tree_has_steps_leads_nowhere(as_: Given) -> None:
    assert as_("editor").get(f"/spazi/largo/{'x/' * 500}").status_code == 404


def test_a_page_that_took_its_place_is_named_to_its_readers_alone(as_: Given) -> None:
    assert withdrawn(as_, "OP-94", "OP-93").status_code == 302  # OP-94 is shared with the guests
    assert "/p/OP-93/" in as_("insider").get("/p/OP-94/").content.decode()
    said = as_("guest").get("/p/OP-94/")
    assert said.status_code == 410
    assert "OP-93" not in said.content.decode()


@pytest.mark.parametrize("typed", ["OP-99", "una parola", "OP-91", "/", "/rubrica/"])
def test_what_is_no_page_takes_no_place_and_stays_typed(as_: Given, typed: str) -> None:
    answer = withdrawn(as_, "OP-91", typed)
    assert "Non trovo questa pagina" in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode()
    assert Page.objects.get(slug="op-91").live


def test_published_again_it_answers_as_before_and_a_draft_never_did(as_: Given, person: Given, small: Any) -> None:
    draft = small.wide.root_page.add_child(instance=TextPage(title="Bozza", slug="bozza", live=False))
    withdrawn(as_, "OP-91")
    Page.objects.get(slug="op-91").specific.save_revision(user=person("approver")).publish(user=person("approver"))
    assert as_("editor").get("/p/OP-91/").status_code == 200
    for old in ("/spazi/largo/bozza/", f"/pagine/{draft.pk}-bozza/"):
        assert as_("editor").get(old).status_code == 404


def test_what_is_withdrawn_with_others_is_said_in_the_same_word(as_: Given, page: Page) -> None:
    client = as_("manager")
    many(client, page, REASON)
    shown = client.get("/admin/pages/", follow=True).content.decode()
    assert "1 pagina è ritirata: non la trova più nessuno." in shown and "è stata annullata" not in shown
