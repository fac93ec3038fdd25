"""Nothing typed is cut: a text that is too long is refused with a sentence, and stays on the screen."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from wagtail.models import Page

from portal import demo
from portal.models.pages import page_kinds
from tests.typed_pages import create, typed

pytestmark = pytest.mark.django_db
LONG = "parola " * 42 + "fine"
BY_ITSELF = {"accept": "application/json"}


def limited(html: bytes) -> list[str]:
    """The fields that the browser would cut, those of blocks too, which stand in the page as data."""
    shown = BeautifulSoup(html, "html.parser")
    found = [str(field.get("name")) for field in shown.select("[maxlength]")]
    return found + (["a block"] if re.search(rb"maxlength\W{1,8}\d", html) else [])


@pytest.mark.parametrize("kind", page_kinds(), ids=lambda kind: kind.__name__)
def test_the_browser_cuts_no_field_of_any_kind_of_page(kind: Any, as_: Any) -> None:
    page = kind._default_manager.live().first()
    assert limited(as_("administrator").get(f"/admin/pages/{page.pk}/edit/").content) == []


@pytest.mark.parametrize("address", ["/segnala/?pagina=/", "/profilo/", "/spazi/rete/condivisione/", "/p/R-04/"])
def test_the_browser_cuts_no_field_of_the_portal(address: str, as_: Any) -> None:
    answer = as_("coordinator").get(address)
    assert answer.status_code == 200
    assert limited(answer.content) == []


@pytest.mark.parametrize(("name", "most"), [("title", 255), ("summary", 240), ("change_note", 240)])
def test_a_text_that_is_too_long_is_refused_and_stays_typed(name: str, most: int, as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    sent = typed(**({"title": "Prova lunga", name: LONG}))
    answer = as_("coordinator").post(f"/admin/pages/add/portal/textpage/{root.pk}/", sent)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert f"{most} caratteri" in shown and f"{len(LONG)}" in shown
    assert LONG in shown
    assert not Page.objects.filter(title__startswith=sent["title"][:50]).exists()


def test_what_saves_itself_says_that_a_title_is_too_long_and_keeps_the_rest(as_: Any) -> None:
    client, root = as_("coordinator"), demo.space("SP-RETE").root_page
    new = client.post(f"/admin/pages/add/portal/textpage/{root.pk}/", typed(title=LONG), headers=BY_ITSELF)
    assert new.status_code == 400
    assert new.json()["error_message"].startswith("Non ancora salvato: «Titolo»: ")
    assert "255 caratteri" in new.json()["error_message"]
    page = create(client, "SP-RETE", title="Orari")
    sent = typed(title=LONG, summary="Detto meglio.")
    answer = client.post(f"/admin/pages/{page.pk}/edit/", sent, headers=BY_ITSELF)
    assert answer.json()["field_updates"]["unsaved"] == "Titolo"
    kept: Any = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert (kept.title, kept.summary) == ("Orari", "Detto meglio.")
