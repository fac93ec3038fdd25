"""Wagtail's admin, asked in ways that its own pages never ask: no hidden title, no broken page, no stolen address."""

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.models import Page, PageViewRestriction

from portal import access, demo
from portal.models import Document, Membership, PageShare
from portal.models.pages import PinnedPage, TextPage
from portal.models.spaces import Role
from portal.spaces import roles, shares
from search.models import SearchDocument

pytestmark = pytest.mark.django_db


def quiet(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def text_page(code: str, slug: str, title: str = "Prova", **changes: Any) -> Any:
    root = demo.space(code).root_page
    return demo.publish(root, TextPage(title=title, slug=slug, **changes), on=0, by=None)


def test_behind_a_prefix_the_admin_is_held_to_the_same(as_: Any, person: Any) -> None:
    hidden = text_page("SP-MINORI", "sotto-un-prefisso", "Sotto un prefisso")
    for client, answers in ((as_("worker"), 404), (as_("coordinator"), 200)):
        for prefix in ("", "/portale"):
            answer = quiet(client).get(f"/admin/pages/{hidden.pk}/usage/", SCRIPT_NAME=prefix)
            assert answer.status_code == answers, prefix
            assert ("Sotto un prefisso" in answer.content.decode()) is (answers == 200), prefix


# --- Bulk actions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["delete", "move", "publish", "unpublish"])
@pytest.mark.parametrize("asked", ["?id=all", "?id=all&childOf={minori}", "?id=all&childOf={home}", "?id=all&q=minori"])
def test_all_in_a_bulk_action_names_only_what_one_edits(action: str, asked: str, as_: Any) -> None:
    minori = demo.space("SP-MINORI").root_page
    address = f"/admin/bulk/wagtailcore/page/{action}/" + asked.format(minori=minori.pk, home=minori.get_parent().pk)
    response = quiet(as_("worker")).get(address)
    titles = Page.objects.filter(path__startswith=minori.path).values_list("title", flat=True)
    assert response.status_code in {200, 302, 404}
    assert [title for title in titles if title in response.content.decode()] == []


def test_all_in_a_bulk_action_is_the_whole_listing_of_ones_own(as_: Any) -> None:
    root = demo.space("SP-MODULI").root_page
    shown = as_("worker").get(f"/admin/bulk/wagtailcore/page/move/?id=all&childOf={root.pk}").content.decode()
    assert all(page.title in shown for page in root.get_children().filter(slug__startswith="md-"))


@pytest.mark.parametrize(
    "asked", ["?id=abc", "?id=", "?id=all&childOf=999999", "?id=all&childOf=²", "?id=²", "?id=" + "9" * 40]
)
@pytest.mark.parametrize("kind", ["wagtailcore/page", "portal/document", "portal/image"])
def test_ids_that_are_none_find_nothing(kind: str, asked: str, as_: Any) -> None:
    response = quiet(as_("worker")).get(f"/admin/bulk/{kind}/delete/{asked}")
    assert response.status_code in {200, 302, 404}


def test_a_file_moved_in_one_go_follows_its_new_space_in_search(as_: Any, person: Any) -> None:
    rete, minori = demo.space("SP-RETE"), demo.space("SP-MINORI")
    file = Document.objects.create(title="Nota", file=ContentFile(b"x", name="n.txt"), collection=rete.collection)
    rows = SearchDocument.objects.filter(group=f"file:{file.pk}")
    assert {tuple(row.audience) for row in rows} == {(f"editors:{rete.pk}",)}  # no page carries it
    address = f"/admin/bulk/portal/document/add_to_collection/?id={file.pk}"
    assert as_("coordinator").post(address, {"collection": minori.collection_id}).status_code == 302
    assert not access.can(person("worker"), "view", Document.objects.get(pk=file.pk))
    assert {tuple(row.audience) for row in rows.all()} == {(f"editors:{minori.pk}",)}


@pytest.mark.parametrize("who", ["coordinator", "administrator"])
def test_the_first_page_of_a_space_is_not_deleted(who: str, as_: Any) -> None:
    root = demo.space("SP-TERZO").root_page
    for address in (f"/admin/pages/{root.pk}/delete/", f"/admin/bulk/wagtailcore/page/delete/?id={root.pk}"):
        response = quiet(as_(who)).post(address, follow=True)
        assert response.status_code == 200
        assert "è la prima pagina di uno spazio: non si elimina" in response.content.decode().replace("&#x27;", "'")
    assert Page.objects.filter(pk=root.pk).exists()


# --- What an editor of one space learns of another -------------------------------------------------------


def test_the_title_to_come_of_a_page_is_not_told_to_who_only_reads_it(as_: Any, person: Any) -> None:
    page = text_page("SP-RETE", "avviso", title="Avviso")
    page.title = "Zufolo segreto"
    page.save_revision(user=person("coordinator"))
    asked = (
        "/admin/choose-page/search/?q=Avviso",
        f"/admin/choose-page/chosen-multiple/?id={page.pk}",
        f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}",
    )
    for address in asked:  # Elena reads SP-RETE, and edits elsewhere
        assert "Zufolo" not in quiet(as_("worker")).get(address).content.decode(), address
    assert "Zufolo" in as_("coordinator").get("/admin/choose-page/search/?q=Avviso").content.decode()


def test_a_manager_sees_through_a_member_no_more_than_alone(as_: Any, person: Any) -> None:
    """A page of another space, pinned by somebody who sees both."""
    space, hidden = demo.space("SP-INTEGRA"), Page.objects.get(slug="pr-04")
    Membership.objects.filter(space=space, user=person("health_manager")).update(role=Role.MANAGER)
    PinnedPage.objects.create(space_page_id=space.root_page_id, target=hidden)
    as_manager = as_("health_manager")
    shown = as_manager.get(f"/spazi/integrazione/condivisione/come/?persona={person('worker_minors').pk}")
    assert shown.status_code == 200
    assert hidden.title not in shown.content.decode()
    assert hidden.title in as_("worker_minors").get("/spazi/integrazione/").content.decode()


def test_nobody_restricts_a_page_beside_its_space(as_: Any) -> None:
    page = text_page("SP-RETE", "avviso")
    address = f"/admin/pages/{page.pk}/privacy/"
    quiet(as_("coordinator")).post(address, {"restriction_type": "password", "password": "x", "groups": []})
    assert not PageViewRestriction.objects.exists()
    assert as_("worker").get(page.url).status_code == 200


# --- Addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["md-04", "pr-99", "condivisione"])
def test_a_page_cannot_take_the_address_of_a_code_or_of_the_portal(slug: str, as_: Any) -> None:
    root = demo.space("SP-INTEGRA").root_page
    data = {
        "title": "Altro", "slug": slug, "summary": "Altro", "change_note": "Prova", "responsible": "",
        "review_date": "", "body-count": "0", "attachments-count": "0", "action-publish": "1",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip
    response = as_("health_manager").post(f"/admin/pages/add/portal/textpage/{root.pk}/", data)
    assert response.status_code == 302
    page = root.get_children().get(title="Altro")
    assert not page.slug.startswith(slug) or page.slug == f"{slug}-2"
    assert page.specific.url == f"/pagine/{page.pk}-{page.slug}/"
    assert as_("worker").get(page.specific.url).status_code == 200
    assert as_("coordinator").get("/spazi/integrazione/condivisione/").status_code == 200
    assert "MD-04" in as_("worker").get("/p/MD-04/").content.decode()


@pytest.mark.parametrize("where", ["SP-COORD", "SP-MODULI"])
def test_a_copy_gets_an_address_of_its_own_and_the_code_stays_where_it_was(where: str, as_: Any) -> None:
    page, target = Page.objects.get(slug="md-04"), demo.space(where).root_page
    data = {"new_title": "Copia", "new_slug": "copia-di-md-04", "new_parent_page": target.pk, "publish_copies": "on"}
    response = quiet(as_("coordinator")).post(f"/admin/pages/{page.pk}/copy/", data)
    assert response.status_code == 302
    copy = target.get_children().get(slug="copia-di-md-04").specific
    assert (copy.code, copy.url) == ("", f"/pagine/{copy.pk}-copia-di-md-04/")
    assert page.title in as_("worker").get("/p/MD-04/").content.decode()
    assert as_("worker").get("/p/MD-04/edizioni/1.0/").status_code == 200


def test_search_leads_to_the_pages_of_a_space_that_has_another_address(as_: Any, index: Any) -> None:
    root = demo.space("SP-INTEGRA").root_page.specific
    page = text_page("SP-INTEGRA", "ziba", title="Zufolamento serale")
    root.slug = "integrazione-due"
    root.save_revision().publish()
    index.refresh()
    (found,) = as_("worker").get("/cerca/?q=zufolamento&format=json").json()["results"]
    assert found["address"].endswith(f"/pagine/{page.pk}-ziba/")
    assert as_("worker").get(found["address"]).status_code == 200


# --- Moving and sharing ----------------------------------------------------------------------------------


def test_a_page_that_moves_to_another_space_leaves_behind_whom_it_was_open_to(person: Any, as_: Any) -> None:
    page = text_page("SP-RETE", "avviso")
    shares.share_page(page, demo.space("SP-TERZO"), by=person("coordinator"), reason="Serve")
    shares.grant_page(page, person("trainee"), by=person("coordinator"))
    assert access.can(person("partner"), "view", page)
    page.move(Page.objects.get(pk=demo.space("SP-COORD").root_page_id), "last-child")
    assert not access.can(person("partner"), "view", page)
    assert not access.can(person("trainee"), "view", page)
    assert not PageShare.objects.filter(page=page).exists()
    assert "è finita la condivisione di «Prova»" in roles.log(demo.space("SP-RETE"))[0].sentence


def test_a_page_that_moves_within_its_space_stays_open_to_whom_it_was(person: Any) -> None:
    space = demo.space("SP-RETE")
    page, sibling = text_page("SP-RETE", "avviso"), text_page("SP-RETE", "altro-avviso")
    shares.share_page(page, demo.space("SP-TERZO"), by=person("coordinator"))
    page.move(sibling, "left")
    assert access.space_of(Page.objects.get(pk=page.pk)) == space
    assert access.can(person("partner"), "view", page)


def test_a_share_given_again_for_another_reason_keeps_the_new_one(person: Any) -> None:
    page, other = text_page("SP-RETE", "avviso"), demo.space("SP-TERZO")
    shares.share_page(page, other, by=person("coordinator"), reason="Prima")
    share = shares.share_page(page, other, by=person("director"), reason="Seconda")
    assert (share.reason, share.given_by) == ("Seconda", person("director"))
    assert [act.note for act in roles.log(demo.space("SP-RETE"))[:2]] == ["Seconda", "Prima"]


def test_a_manager_who_gives_the_own_role_away_is_led_to_the_other_spaces(as_: Any, person: Any) -> None:
    space = demo.space("SP-TERZO")
    roles.give_role(space, person("director"), Role.MANAGER, by=person("coordinator"))
    own = space.memberships.get(user=person("coordinator"))
    response = as_("coordinator").post(f"/spazi/terzo-settore/condivisione/{own.pk}/",
                                       {"togli": "1", "conferma": "1", "reason": "Prova"})  # fmt: skip
    assert response.headers["Location"] == "/spazi/"


# --- Numbers that no row has -----------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["²", "9" * 30, "9" * 4400, "-1", "1e3", "٣"])
@pytest.mark.parametrize(
    "address",
    [
        "/cerca/?q=casa&pagina={}",
        "/p/OP-04/?passo={}",
        "/p/OP-04/?dal-ricovero={}",
        "/spazi/terzo-settore/condivisione/come/?persona={}",
        "/documenti/{}/nota.txt",
        "/rubrica/persone/{}/",
        "/admin/?id={}",
        "/admin/pages/{}/edit/",
        "/admin/choose-page/chosen-multiple/?id={}",
    ],
)
def test_odd_numbers_break_no_page(address: str, odd: str, as_: Any) -> None:
    """What no row has is a page that is missing, another address, or the page as it is without the number."""
    answer = quiet(as_("coordinator")).get(address.format(odd))
    assert answer.status_code in {302, 404} or "</h1>" in answer.content.decode()


def test_a_day_at_the_end_of_time_breaks_no_procedure(as_: Any) -> None:
    assert quiet(as_("worker")).get("/p/OP-04/?dal-ricovero=9999-12-31").status_code == 200


def test_many_words_in_the_directory_ask_one_question(as_: Any, django_assert_max_num_queries: Any) -> None:
    client = as_("worker")
    client.get("/rubrica/?nome=a")  # what is cached once per process is not counted
    with django_assert_max_num_queries(25):
        assert client.get("/rubrica/?nome=" + "+".join("a" * 40)).status_code == 200


def test_the_filters_of_a_list_of_pages_name_those_who_answer_for_or_wrote_one_and_nobody_else(as_: Any) -> None:
    root, elena = demo.space("SP-RETE").root_page, demo.person("elena.fedi")
    page = root.add_child(instance=TextPage(title="Di chi filtra", slug="di-chi-filtra", change_note="-", owner=elena))
    address = f"/admin/pages/{root.pk}/"
    named = re.findall(r'name="(owner|edited_by)" value="(\d+)"', as_("coordinator").get(address).content.decode())
    owners = set(Page.objects.exclude(owner=None).values_list("owner", flat=True))
    assert {int(pk) for field, pk in named if field == "owner"} == owners and elena.pk in owners
    assert ("edited_by", str(elena.pk)) not in named
    page.save_revision(user=elena, log_action="wagtail.edit")
    assert f'name="edited_by" value="{elena.pk}"' in as_("coordinator").get(address).content.decode()
