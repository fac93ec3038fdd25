"""An edition is read from its record alone, whatever became of its page, of the people and of the files."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page

from portal import demo
from portal.models import Document, Image, User
from protocols import record
from protocols.models import Edition, FormPage, ProcedurePage, ProtocolPage
from protocols.models.protocols import SECTIONS
from protocols.models.rules import RulePage
from protocols.record import Piece

pytestmark = pytest.mark.django_db


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def words_of(edition: Edition) -> set[str]:
    """All that one can read in the record, with the names of what it cites."""
    said = set()
    for piece in record.read(edition):
        said |= words(piece.text) | words(" ".join(cell for row in piece.cells for cell in row))
        said |= words(" ".join(edition.cited[key]["name"] for key in piece.cites))
    return said


def change_everything() -> None:
    """Texts go from the pages; people, services and files get another name."""
    ProtocolPage.objects.update(body=[], in_brief=[], norm="")
    ProcedurePage.objects.update(steps=[], when_to_use="", services=[])
    FormPage.objects.update(note="")
    Page.objects.filter(depth__gt=3).update(title="Un altro titolo")
    User.objects.update(first_name="Altra", last_name="Persona")
    Document.objects.update(title="Un altro file", sha256="0" * 64)


def test_every_word_of_a_rule_stands_in_the_record_of_its_edition() -> None:
    seen = 0
    for edition in Edition.objects.exclude(content={}):
        page = Page.objects.get(pk=edition.page_id).specific
        assert isinstance(page, RulePage)
        if edition.version == page.version:
            missing = {word for part in page.sections() for word in words(f"{part.heading} {part.text}")}
            assert missing - words_of(edition) - words(" ".join(str(n) for n in range(20))) == set(), page.code
            seen += 1
    assert seen == 36


def test_the_record_says_the_same_after_everything_around_it_has_changed() -> None:
    kept = {edition.pk: (record.read(edition), words_of(edition)) for edition in Edition.objects.all()}
    assert len(kept) >= 40 and all(pieces for pieces, _words in kept.values())
    change_everything()
    for edition in Edition.objects.all():
        with CaptureQueriesContext(connection) as queries:
            assert (record.read(edition), words_of(edition)) == kept[edition.pk], edition
        assert len(queries) == 0


def test_pieces_have_names_of_their_own_that_last() -> None:
    for edition in Edition.objects.all():
        keys = [piece.key for piece in record.read(edition)]
        assert len(keys) == len(set(keys)), edition


@pytest.fixture
def with_everything(person: Any) -> Edition:
    """PR-77, with a table, a file, a picture and a link to another page."""
    home = demo.space("SP-RETE")
    file = Document.objects.create(title="Il modello", file=ContentFile(b"x", name="m.txt"), collection=home.collection)
    image = Image.objects.create(title="La piantina", file=get_test_image_file(), collection=home.collection)
    linked = f'<p data-block-key="k1">Vedi <a linktype="page" id="{Page.objects.get(slug="pr-02").pk}">qui</a>.</p>'
    table = {"caption": "Turni", "columns": [{"type": "text", "heading": "Quando"}], "rows": [{"values": ["lunedì"]}]}
    picture = {"image": image.pk, "alt_text": "Dove si entra", "decorative": False}
    page = ProtocolPage(title="Con tutto", code="PR-77", valid_from=timezone.localdate())
    page.body = [
        {"type": "section", "value": {"heading": "Tempi", "text": linked, "rows": [{"term": "Noi", "text": "oggi"}]}},
        {"type": "table", "value": table},
        {"type": "attachment", "value": {"file": file.pk, "title": ""}},
        {"type": "picture", "value": {"picture": picture, "caption": ""}},
    ]
    demo.publish(home.root_page, page, on=0, by=person("coordinator"))
    return Edition.objects.get(page=page)


def test_tables_files_pictures_and_links_are_in_the_record(with_everything: Edition) -> None:
    change_everything()
    found = {piece.kind: piece for piece in record.read(Edition.objects.get(pk=with_everything.pk))}
    assert found["table"].cells == (("Quando",), ("lunedì",)) and found["table"].text == "Turni"
    assert found["row"].cells == (("Noi", "oggi"),)
    assert found["paragraph"].key.endswith(".k1") and found["picture"].text == "Dove si entra"
    names = {kind: with_everything.cited[found[kind].cites[0]]["name"] for kind in ("paragraph", "file", "picture")}
    assert (names["file"], names["picture"]) == ("Il modello", "La piantina")
    assert names["paragraph"] != "Un altro titolo"


def test_links_looks_and_numbers_of_a_text_are_in_the_record(with_everything: Edition) -> None:
    with_everything.content["body"][0]["value"]["text"] = (
        '<p>Un <b>passo <i>dopo</i></b> l’altro, <a href="https://example.org/">fuori</a>.</p>'
        "<ol><li>Il primo<ul><li>e sotto</li></ul></li><li>Il secondo</li></ol>"
    )
    paragraph, *items = [piece for piece in record.read(with_everything) if piece.kind in ("paragraph", "item")]
    assert [(run.text, "".join(sorted(run.marks)), run.to) for run in paragraph.runs] == [
        ("Un ", "", ""), ("passo ", "b", ""), ("dopo", "bi", ""), (" l’altro, ", "", ""),
        ("fuori", "", "https://example.org/"), (".", "", ""),
    ]  # fmt: skip
    assert [(item.number, item.text) for item in items] == [(1, "Il primo"), (0, "e sotto"), (2, "Il secondo")]


def test_each_field_that_an_edition_keeps_has_its_name_and_place() -> None:
    kinds = [model for model in RulePage.__subclasses__() if not model._meta.abstract]
    assert len(kinds) == 3
    assert {name for kind in kinds for name in kind.says} - {"title"} == set(record.FIELDS)


def test_the_parts_of_a_record_hold_all_its_pieces_under_the_anchors_of_the_page() -> None:
    for edition in Edition.objects.all():
        gathered = [piece for part in record.parts(edition) for piece in part.pieces]
        assert gathered == [piece for piece in record.read(edition) if piece.kind != "heading"], edition
        anchors = [part.anchor for part in record.parts(edition) if part.field in ("body", "steps", "form_fields")]
        assert anchors == [anchor for anchor, _heading, _text in edition.parts], edition


def test_steps_rows_and_contacts_keep_their_form() -> None:
    kinds: dict[str, list[Piece]] = {}
    for edition in Edition.objects.all():
        for piece in record.read(edition):
            kinds.setdefault(piece.kind, []).append(piece)
    assert {"heading", "paragraph", "row", "step", "line", "contact", "service", "field"} <= set(kinds)
    assert all(piece.cites for piece in kinds["contact"] + kinds["service"])


def test_what_a_text_points_at_keeps_its_name_code_and_fingerprint() -> None:
    form = FormPage.objects.get(code="MD-04")
    edition = Edition.objects.get(page=form, version=form.version)
    file = form.document
    assert edition.cited[f"file:{file.pk}"] == {"name": file.title, "sha256": file.sha256, "where": ["document"]}
    protocol = ProtocolPage.objects.get(code="PR-02")
    cited = Edition.objects.get(page=protocol, version=protocol.version).cited
    for row in protocol.related.select_related("target"):
        assert cited[f"page:{row.target_id}"]["code"] == row.target.specific.code
        assert "related.item.target" in cited[f"page:{row.target_id}"]["where"]


def test_superseded_protocols_of_the_demo_have_all_eight_sections(as_: Any) -> None:
    older = [each for each in Edition.objects.filter(published_by=None) if "body" in each.content]
    assert len(older) == 5
    for edition in older:
        headings = [piece.text for piece in record.read(edition) if piece.kind == "heading"]
        assert headings == [str(each) for each in SECTIONS], edition
    change_everything()
    shown = BeautifulSoup(as_("worker").get("/p/PR-02/edizioni/1.0/").content, "html.parser").select("main .prose h2")
    assert ["In breve", *map(str, SECTIONS)] == [each.get_text() for each in shown]
