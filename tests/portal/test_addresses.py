"""Nobody types an address: whatever the title, whatever the door, the page is saved and answers."""

from typing import Any

import pytest
from wagtail.models import Page

from portal import demo
from portal.models.pages import TextPage
from portal.pages import addresses
from tests.typed_pages import create, typed

pytestmark = pytest.mark.django_db
TITLES = [
    "Che cosa cambia da gennaio: l’età, i minori, le «reti»",
    "проверка связи",
    "🎉🎉",
    "?!…",
    "PR-14",
    "Condivisione",
    "a" * 255,
    "parola " * 36 + "fin",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_page_is_made_from_its_title_alone_and_answers(title: str, as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title=title, change_note="Nuova.", **{"action-publish": "1"})
    assert page.title == title.strip()
    assert page.slug.isascii() and 0 < len(page.slug) <= addresses.LONGEST + 4
    assert as_("worker").get(page.url).status_code == 200
    assert as_("partner").get(page.url).status_code == 404


@pytest.mark.parametrize(
    ("title", "slug"), [("😀", "pagina"), ("Festa 🎉 in piazza", "festa-in-piazza"), ("⚠️ Urgente →", "urgente")]
)
def test_signs_give_no_words_in_an_address(title: str, slug: str, as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title=title)
    assert (page.title, page.slug) == (title, slug)


def test_a_second_page_of_one_title_stands_beside_the_first(as_: Any) -> None:
    slugs = [create(as_("coordinator"), "SP-RETE", title="Orari d’estate").slug for _ in range(3)]
    assert slugs == ["orari-destate", "orari-destate-2", "orari-destate-3"]
    elsewhere = create(as_("coordinator"), "SP-COORD", title="Orari d’estate").slug
    assert elsewhere == "orari-destate"


@pytest.mark.parametrize("slug", ["Orari Estate!", "orari/estate", "ORARI", "òrari", "x" * 400])
def test_no_word_typed_as_address_is_refused(slug: str, as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title="Prova", slug=slug)
    assert page.slug == addresses.settled(Page(), None, title="", slug=slug)


def test_a_published_page_keeps_its_address_when_the_field_is_emptied(as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title="Orari", change_note="Nuova.", **{"action-publish": "1"})
    sent = typed(title="Orari nuovi", change_note="Nuovi.", **{"action-publish": "1"})
    assert as_("coordinator").post(f"/admin/pages/{page.pk}/edit/", sent).status_code == 302
    page.refresh_from_db()
    assert (page.title, page.slug) == ("Orari nuovi", "orari")


def test_a_code_decides_the_address_of_a_draft_too(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    sent = typed(title="Accoglienza", code="pr/31", starts_at="", version="1.0", valid_from="", valid_until="") | {
        "in_brief-count": "0", "related-TOTAL_FORMS": "0", "related-INITIAL_FORMS": "0", "register_number": "",
        "norm": "",
    }  # fmt: skip
    response = as_("coordinator").post(f"/admin/pages/add/protocols/protocolpage/{root.pk}/", sent)
    assert response.status_code == 302
    page = root.get_children().get(title="Accoglienza").specific
    assert (page.code, page.slug, page.live) == ("PR-31", "pr-31", False)


def test_a_copy_needs_no_address_and_makes_no_alias(as_: Any) -> None:
    page, target = Page.objects.get(slug="md-04"), demo.space("SP-COORD").root_page
    shown = as_("coordinator").get(f"/admin/pages/{page.pk}/copy/").content.decode()
    assert "Alias" not in shown and 'name="new_slug"' in shown
    for expected in ("modulo-di-prova", "modulo-di-prova-2"):
        data = {"new_title": "Modulo di prova", "new_slug": "", "new_parent_page": target.pk, "alias": "on"}
        assert as_("coordinator").post(f"/admin/pages/{page.pk}/copy/", data).status_code == 302
        copy = target.get_children().get(slug=expected).specific
        assert (copy.code, copy.alias_of) == ("", None)


def test_a_copy_names_nobody_who_does_not_read_there_and_says_so(as_: Any, person: Any) -> None:
    page: Any = create(as_("coordinator"), "SP-RETE", title="Chi chiamare", responsible=str(person("worker").pk))
    data = {"new_title": "Copia", "new_slug": "", "alias": ""}
    closed, same = demo.space("SP-COORD").root_page, page.get_parent()
    said = as_("coordinator").post(f"/admin/pages/{page.pk}/copy/", data | {"new_parent_page": closed.pk}, follow=True)
    assert "Non legge in questo spazio, e non risponde della copia: Elena Fedi." in said.content.decode()
    copy = closed.get_children().get(title="Copia").specific
    assert copy.responsible is None and copy.get_latest_revision_as_object().responsible is None
    said = as_("coordinator").post(f"/admin/pages/{page.pk}/copy/", data | {"new_parent_page": same.pk}, follow=True)
    assert "Non legge" not in said.content.decode()
    assert same.get_children().get(title="Copia").specific.responsible == person("worker")


def test_who_answers_for_a_page_and_does_not_read_where_it_is_moved_is_named(as_: Any, person: Any) -> None:
    page: Any = create(as_("coordinator"), "SP-RETE", title="Chi chiamare", responsible=str(person("worker").pk))
    closed = demo.space("SP-COORD").root_page
    said = as_("coordinator").post(f"/admin/pages/{page.pk}/move/{closed.pk}/confirm/", follow=True)
    assert "Qui non legge più chi ne risponde: Elena Fedi." in said.content.decode()


def test_the_pages_below_a_copy_leave_their_codes_behind(as_: Any) -> None:
    path = Page.objects.get(slug="m1").get_parent()
    data = {
        "new_title": "Settimana di prova", "new_slug": "", "new_parent_page": path.get_parent().pk,
        "copy_subpages": "on",
    }  # fmt: skip
    assert as_("coordinator").post(f"/admin/pages/{path.pk}/copy/", data).status_code == 302
    copies = Page.objects.get(title="Settimana di prova").get_children().specific()
    assert len(copies) == path.get_children().count() > 0
    assert {copy.code for copy in copies} == {""}
    assert as_("trainee").get("/p/M1/").status_code == 200


def test_a_page_saved_by_code_needs_no_address() -> None:
    root = demo.space("SP-RETE").root_page
    pages = [root.add_child(instance=TextPage(title="Avviso", live=False)) for _ in range(2)]
    assert [page.slug for page in pages] == ["avviso", "avviso-2"]


def test_the_first_page_of_a_space_keeps_an_address(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    sent = typed(title="Rete", intro="Prova", **{"pins-TOTAL_FORMS": "0", "pins-INITIAL_FORMS": "0"})
    assert as_("coordinator").post(f"/admin/pages/{root.pk}/edit/", sent | {"action-publish": "1"}).status_code == 302
    assert as_("worker").get("/spazi/rete/").status_code == 200
