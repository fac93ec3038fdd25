"""An address that moved goes on answering, and who keeps the page sees it."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from wagtail.models import Page

from portal import demo
from portal.models.pages import TextPage
from portal.pages import earlier_addresses

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(" ".join(answer.content.decode().split()))


@pytest.fixture
def page() -> TextPage:
    """Published in SP-MINORI, moved to SP-RETE, then under another word."""
    made = TextPage(title="Il larice", slug="il-larice", change_note="Nuova.")
    Page.objects.get(pk=demo.space("SP-MINORI").root_page_id).add_child(instance=made)
    made.save_revision().publish()
    Page.objects.get(pk=made.pk).move(demo.space("SP-RETE").root_page, pos="last-child")
    moved = TextPage.objects.get(pk=made.pk)
    moved.slug = "il-pino"
    moved.save()
    return TextPage.objects.get(pk=made.pk)


def test_who_keeps_a_page_sees_where_else_it_answers_on_the_page_and_in_the_editor(as_: Given, page: TextPage) -> None:
    said = shown(as_("coordinator").get(page.url))
    assert "Risponde anche agli indirizzi di prima (2)" in said
    for address in ("/spazi/rete/il-larice/", "/spazi/minori/il-larice/"):
        assert f'<a href="{address}">{address}</a>' in said
        answer = as_("coordinator").get(address)
        assert (answer.status_code, answer["Location"]) == (301, page.url)
    assert as_("worker").get("/spazi/rete/il-larice/")["Location"] == page.url
    assert as_("worker").get("/spazi/minori/il-larice/").status_code == 404  # of a space that she does not read
    editor = shown(as_("coordinator").get(f"/admin/pages/{page.pk}/edit/"))
    assert "Risponde anche agli indirizzi di prima: /spazi/rete/il-larice/, /spazi/minori/il-larice/" in editor
    assert "Risponde anche" not in shown(as_("worker").get(page.url))


def test_an_editor_reads_no_name_of_a_space_that_is_closed_to_the_editor(
    as_: Given, person: Any, page: TextPage
) -> None:
    assert earlier_addresses.of(page, person("worker")) == ["/spazi/rete/il-larice/"]


def test_an_address_that_is_another_pages_by_now_is_not_shown(as_: Given, person: Any, page: TextPage) -> None:
    other = TextPage(title="Il larice di oggi", slug="il-larice", change_note="Nuova.")
    Page.objects.get(pk=demo.space("SP-RETE").root_page_id).add_child(instance=other)
    other.save_revision().publish()
    assert earlier_addresses.of(page, person("coordinator")) == ["/spazi/minori/il-larice/"]


def test_a_code_that_changed_is_shown_as_people_write_it(as_: Given, person: Any) -> None:
    rule = Page.objects.get(slug="pr-02").specific
    rule.code = "PR-92"
    rule.save()
    assert rule.url == "/p/PR-92/"
    assert "/p/PR-02/" in earlier_addresses.of(Page.objects.get(pk=rule.pk).specific, person("coordinator"))
    assert as_("coordinator").get("/p/PR-02/")["Location"] == "/p/PR-92/"
