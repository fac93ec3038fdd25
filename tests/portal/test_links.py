"""No text is stored with a link that its readers cannot open."""

import json
from typing import Any

import pytest
from wagtail.models import Page

from portal.models.pages import TextPage

GOOD = ["https://www.normattiva.it/", "mailto:sportello@rete.example", "tel:0573000100", "/p/PR-02/"]
STRANGE = [
    "http://localhost/admin/pages/add/portal/textpage/5/#_ftn1",
    "http://testserver/admin/pages/5/edit/",
    "/admin/pages/5/edit/",
    "file:///C:/Users/ufficio/bozza.docx",
    "#_ftn1",
    "bozza.docx",
    "http://[",
    "/\\altrove.example/p/PR-02/",
    "\\\\server\\ufficio\\bozza.docx",
]


def typed(addresses: list[str]) -> dict[str, str]:
    """A body of one section as the editor posts it: a paragraph with one link for each address."""
    words = [f"parola{place}" for place in range(len(addresses))]
    text, spans, entities = "", [], {}
    for place, (word, address) in enumerate(zip(words, addresses, strict=True)):
        spans.append({"offset": len(text), "length": len(word), "key": place})
        entities[str(place)] = {"type": "LINK", "mutability": "MUTABLE", "data": {"url": address}}
        text += f"{word} "
    block = {
        "key": "aaaaa", "type": "unstyled", "depth": 0, "text": text, "inlineStyleRanges": [], "entityRanges": spans
    }  # fmt: skip
    return {
        "body-count": "1", "body-0-deleted": "", "body-0-order": "0", "body-0-type": "section", "body-0-id": "",
        "body-0-value-heading": "Dove", "body-0-value-rows-count": "0",
        "body-0-value-text": json.dumps({"entityMap": entities, "blocks": [block]}),
    }  # fmt: skip


def posted(person: Any, body: dict[str, str]) -> str:
    """The stored text of a new page, published by its author."""
    root = Page.objects.get(slug="integrazione")
    data = {
        "title": "Prova dei collegamenti", "slug": "prova-dei-collegamenti", "summary": "", "change_note": "Prova",
        "responsible": "", "review_date": "", "action-publish": "1", "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0", "attachments-count": "0", **body,
    }  # fmt: skip
    answer = person.post(f"/admin/pages/add/portal/textpage/{root.pk}/", data)
    assert answer.status_code == 302
    return str(TextPage.objects.get(slug="prova-dei-collegamenti").body.raw_data[0]["value"]["text"])


def test_links_that_readers_can_open_are_kept_as_they_are(as_: Any) -> None:
    stored = posted(as_("health_manager"), typed(GOOD))
    assert [address in stored for address in GOOD] == [True] * len(GOOD)


def test_of_links_to_the_editor_or_to_a_computer_only_the_words_are_saved(as_: Any) -> None:
    stored = posted(as_("health_manager"), typed([*STRANGE, GOOD[0]]))
    assert stored.count("<a ") == 1
    assert GOOD[0] in stored
    assert all(f"parola{place}" in stored for place in range(len(STRANGE)))


@pytest.mark.parametrize("address", STRANGE)
def test_a_text_that_comes_by_another_way_than_the_form_is_cleaned_too(address: str, db: None) -> None:
    root = Page.objects.get(slug="integrazione")
    text = f'<p>Vedi <a href="{address}">qui</a>.</p>'
    section = {"type": "section", "value": {"heading": "Dove", "text": text, "rows": []}}
    page = TextPage(title="Prova", slug="prova-per-altra-via", change_note="Prova", body=json.dumps([section]))
    root.add_child(instance=page)
    page.save_revision().publish()
    kept = [page.latest_revision.content["body"], json.dumps(TextPage.objects.get(pk=page.pk).body.get_prep_value())]
    assert ["<a " in each for each in kept] == [False, False]
    assert ["qui" in each for each in kept] == [True, True]
