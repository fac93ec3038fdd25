"""What a page carries in its text and in its list «Allegati»: tables, pictures, files."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.models import Page
from wagtail_factories import ImageFactory

from portal.models import Document, Image, Space
from portal.models.pages import TextPage, page_kinds
from portal.pages.blocks import PictureBlock
from tests.shown import body

pytestmark = pytest.mark.django_db

TABLE = {
    "caption": "Turni dello sportello",
    "columns": [{"type": "text", "heading": "Quando"}, {"type": "text", "heading": "Chi"}],
    "rows": [{"values": ["lunedì", "la betulla"]}, {"values": ["martedì", "vedi PR-02"]}],
}


def space(code: str) -> Space:
    return Space.objects.select_related("collection", "root_page").get(code=code)


def keep(name: str, where: str = "SP-RETE", size: int = 10) -> Document:
    return Document.objects.create(
        title=name.partition(".")[0], file=ContentFile(b"x" * size, name=name), collection=space(where).collection
    )


def picture(where: str = "SP-RETE") -> Image:
    return ImageFactory(title="Quercia", collection=space(where).collection)


def publish(body: list[Any], attachments: list[Any] | None = None) -> TextPage:
    page = TextPage(title="Con figure", slug="con-figure", change_note="Nuova.", attachments=attachments or [])
    page.body.extend(body)
    Page.objects.get(pk=space("SP-RETE").root_page_id).add_child(instance=page)
    page.save_revision().publish()
    return TextPage.objects.get(pk=page.pk)


def section(heading: str, text: str = "") -> tuple[str, Any]:
    return "section", {"heading": heading, "text": text, "rows": []}


def read(as_: Callable[[str], Client], page: Page, name: str = "worker") -> str:
    response = as_(name).get(page.url)
    assert response.status_code == 200
    return body(response)


def test_a_page_lists_its_attachments_in_order_with_format_and_size(as_: Callable[[str], Client]) -> None:
    second, first = keep("seconda.pdf", size=240_000), keep("prima.docx", size=1_200)
    page = publish([], [("attachment", {"file": first, "title": "La prima"}), ("attachment", {"file": second})])
    html = read(as_, page)
    assert "DOCX, 1,2 kB" in html and "PDF, 240 kB" in html
    assert html.index("La prima") < html.index("seconda")
    assert first.url in html and second.url in html


def test_the_reader_is_told_that_the_text_of_an_attachment_was_not_read(as_: Callable[[str], Client]) -> None:
    file = keep("chiusa.pdf")
    Document.objects.filter(pk=file.pk).update(reading_state="illeggibile", reading_problem="È protetto da password.")
    html = read(as_, publish([], [("attachment", {"file": file})]))
    assert "testo non leggibile: È protetto da password, aggiornato" in html


@pytest.mark.parametrize("kind", page_kinds(), ids=lambda kind: kind.__name__)
def test_every_kind_of_page_draws_its_attachments(kind: Any, as_: Callable[[str], Client]) -> None:
    page = kind.objects.live().first()
    home = Space.objects.get(root_page__path=page.path[: len(space("SP-RETE").root_page.path)])
    file = keep("lista.pdf", home.code)
    page.attachments = [("attachment", {"file": file, "title": "Elenco dei lecci"})]
    page.save()
    html = read(as_, page, "administrator")
    assert "Allegati" in html and "Elenco dei lecci" in html and file.url in html


def test_a_file_of_another_space_is_not_named_by_the_page_that_attaches_it(as_: Callable[[str], Client]) -> None:
    own, foreign = keep("nostro.pdf"), keep("loro.pdf", "SP-MINORI")
    chosen = [("attachment", {"file": own}), ("attachment", {"file": foreign})]
    html = read(as_, publish([section("Carte"), *chosen], chosen))
    assert html.count("nostro") >= 2 and "loro" not in html.replace("loro.", "")
    assert foreign.url not in html


def test_cells_of_a_table_are_on_the_page_and_in_the_section_that_search_finds(as_: Callable[[str], Client]) -> None:
    page = publish([section("Quando siamo aperti", "<p>Ogni mattina.</p>"), ("table", TABLE), section("Altro")])
    html = read(as_, page)
    assert '<th role="columnheader" scope="col">Quando</th>' in html
    assert "<caption>Turni dello sportello</caption>" in html
    assert '<td role="cell" data-label="Chi:">la betulla</td>' in html
    assert '<a class="together" href="/p/PR-02/">PR-02</a>' in html
    first, last = page.sections()
    assert "Ogni mattina." in first.text and "Quando: lunedì; Chi: la betulla" in first.text
    assert (last.heading, last.text) == ("Altro", "")


def test_text_after_a_table_belongs_to_the_section_before_it(as_: Callable[[str], Client]) -> None:
    page = publish([section("Orari"), ("table", TABLE), ("text", "<p>Salvo il <b>frassino</b>.</p>")])
    assert "Salvo il <b>frassino</b>." in read(as_, page)
    assert [each.heading for each in page.sections()] == ["Orari"]
    assert page.sections()[0].text.endswith("Salvo il frassino.")


def test_what_stands_before_the_first_section_is_found_at_the_top_of_the_page(as_: Callable[[str], Client]) -> None:
    page = publish([("table", TABLE), section("Dopo")])
    top, after = page.sections()
    assert f'id="{top.anchor}"' in read(as_, page)
    assert "la betulla" in top.text and after.heading == "Dopo"


def test_a_picture_is_shown_with_its_words_and_only_where_it_may_be_opened(as_: Callable[[str], Client]) -> None:
    own, foreign = picture(), picture("SP-MINORI")
    shown = {"picture": {"image": own.pk, "alt_text": "Una quercia", "decorative": False}, "caption": "Nel cortile"}
    hidden = {"picture": {"image": foreign.pk, "alt_text": "Nascosta", "decorative": False}, "caption": ""}
    block = PictureBlock()
    page = publish([section("Alberi"), ("picture", block.to_python(shown)), ("picture", block.to_python(hidden))])
    html = read(as_, page)
    assert 'alt="Una quercia"' in html and "Nel cortile" in html
    assert html.count("<img") == 1
    assert "Una quercia" in page.sections()[0].text


def test_a_picture_without_words_is_refused_unless_it_is_decorative() -> None:
    block, image = PictureBlock(), picture()
    bare = {"picture": {"image": image.pk, "alt_text": "", "decorative": False}, "caption": ""}
    with pytest.raises(ValidationError):
        block.clean(block.to_python(bare))
    decorative = {"picture": {**bare["picture"], "decorative": True}, "caption": ""}
    assert block.clean(block.to_python(decorative))["picture"].pk == image.pk
