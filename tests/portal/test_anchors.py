"""Sections answer under a name of their own, whatever their author types; one bad page stops nobody else's."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some
from wagtail.models import Page

from coordination.models import MeetingPage
from coordination.models.meetings import AgendaItem
from portal import demo
from portal.models.pages import TextPage
from portal.pages import anchors
from protocols.models import FormPage, ProtocolPage
from protocols.procedures import using
from search import documents
from search.models import SearchDocument

pytestmark = pytest.mark.django_db
LONG = "Chi interviene quando il ricovero dura più di trenta giorni e la famiglia non può"
ODD = ["😀😀", "Социальная служба", "m" * 300, "<script>", "///", "q", "Contenuto", "H indice", "Def 1", "  ", "-"]


def text_page(*headings: str, title: str = "Prova") -> TextPage:
    sections = [{"heading": heading, "text": f"Parole numero {place}."} for place, heading in enumerate(headings)]
    return TextPage(title=title, body=demo.body_of(sections))


def published(page: Any, space: str = "SP-RETE") -> Any:
    return demo.publish(demo.space(space).root_page, page, on=-1, by=demo.person("chiara.bonacchi"))


def ids(response: Any) -> list[str]:
    assert response.status_code == 200
    return re.findall(r'<[^>]*\sid="([^"]*)"', response.content.decode())


def twice(found: list[str]) -> list[str]:
    return [each for each, count in Counter(found).items() if count > 1]


def test_two_sections_of_one_heading_are_published_and_search_leads_to_each(as_: Any, index: Any) -> None:
    page = published(text_page("Contatti", "Tempi", "Contatti"))
    assert [section.anchor for section in page.sections()] == ["contatti", "tempi", "contatti-2"]
    shown = ids(as_("worker").get(page.url))
    assert {"contatti", "contatti-2"} <= set(shown)
    addresses = SearchDocument.objects.filter(group=f"page:{page.pk}").exclude(heading="").values_list("url", flat=True)
    assert sorted(addresses) == [f"{page.url}#{name}" for name in ("contatti", "contatti-2", "tempi")]


def test_two_headings_that_agree_in_their_first_letters_are_told_apart() -> None:
    page = published(text_page(f"{LONG} da sola", f"{LONG} in due"))
    first, second = (section.anchor for section in page.sections())
    assert second == f"{first}-2"


def test_a_namesake_put_before_a_section_takes_nothing_from_it(as_: Any) -> None:
    page = published(text_page("Contatti", "Tempi"))
    own = page.body[0].id
    page.body.insert(0, ("section", {"heading": "Contatti", "text": "", "rows": []}))
    page.save_revision().publish()
    page = TextPage.objects.get(pk=page.pk)
    assert [(section.anchor, block.id == own) for section, block in zip(page.sections(), page.body, strict=True)] == [
        ("contatti-2", False),
        ("contatti", True),
        ("tempi", False),
    ]
    shown = as_("worker").get(page.url).content.decode()
    assert shown.index('id="contatti-2"') < shown.index('id="contatti"')


def test_a_section_keeps_its_address_when_its_heading_is_corrected() -> None:
    page = published(text_page("Contati"))
    page.body[0].value["heading"] = "Contatti"
    page.save_revision().publish()
    assert [section.anchor for section in TextPage.objects.get(pk=page.pk).sections()] == ["contati"]


def test_pages_from_before_anchors_were_kept_keep_them_too() -> None:
    page = published(text_page("Contatti"))
    TextPage.objects.filter(pk=page.pk).update(anchors={})
    page = TextPage.objects.get(pk=page.pk)
    page.body.insert(0, ("section", {"heading": "Contatti", "text": "", "rows": []}))
    page.save_revision().publish()
    assert [section.anchor for section in TextPage.objects.get(pk=page.pk).sections()] == ["contatti-2", "contatti"]


def test_two_points_of_an_agenda_with_one_title_are_published(as_: Any) -> None:
    meeting = MeetingPage(title="Riunione doppia", code="R-70", starts_at=demo.moment(3))
    meeting.agenda = [AgendaItem(title="Varie", text="Prima."), AgendaItem(title="Varie", text="Seconda.")]
    published(meeting)
    shown = ids(as_("worker").get("/p/R-70/"))
    assert {"punto-varie", "punto-varie-2"} <= set(shown)
    assert twice(shown) == []


def test_headings_of_every_script_length_and_sign_hold(as_: Any) -> None:
    page = published(text_page(*ODD, *ODD))
    names = [section.anchor for section in page.sections()]
    assert len(set(names)) == len(ODD) * 2
    assert all(re.fullmatch(r"[\w-]+", name) for name in names)
    shown = ids(as_("worker").get(page.url))
    assert twice(shown) == []
    assert set(names) <= set(shown)


@effort(deadline=None)
@given(some.lists(some.text(max_size=80), max_size=20), some.data())
def test_anchors_are_unique_and_lasting_whatever_is_typed(headings: list[str], data: Any) -> None:
    parts = [(str(place), anchors.of(heading)) for place, heading in enumerate(headings)]
    before = anchors.settled(parts)
    assert len(set(before.values())) == len(parts)
    place = data.draw(some.integers(0, len(parts)))
    after = anchors.settled([*parts[:place], ("new", "sezione"), *parts[place:]], before)
    assert len(set(after.values())) == len(parts) + 1
    assert {key: after[key] for key in before} == before


def test_no_page_draws_an_id_twice(as_: Any) -> None:
    client = as_("administrator")
    pages = list(Page.objects.live().filter(depth__gte=3).specific())
    assert len(pages) > 50
    assert {page.url: double for page in pages if (double := twice(ids(client.get(page.url))))} == {}


def test_what_templates_draw_beside_sections_is_known_to_anchors() -> None:
    folder = Path(settings.BASE_DIR) / "templates"
    beside = ["base.html", "portal/text_page.html", "coordination/meeting_page.html", "training/lesson_page.html"]
    beside += [str(path.relative_to(folder)) for path in (folder / "protocols").glob("*.html")]
    drawn = {name for each in beside for name in re.findall(r'\sid="([^"{]+)"', (folder / each).read_text())}
    assert len(drawn) > 8
    assert {name for name in drawn if not anchors.DRAWN.fullmatch(name)} == set()


# --- Versions, codes, days -------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "kept"), [("2", "2.0"), ("2,1", "2.1"), ("v1.10", "1.10"), (" 3.0 ", "3.0")])
def test_a_version_has_one_way_of_being_written(typed: str, kept: str) -> None:
    page = published(ProtocolPage(title="Regola", code="PR-71", version=typed))
    assert ProtocolPage.objects.get(pk=page.pk).version == kept


@pytest.mark.parametrize("typed", ["1/2026", "due", "", "1.0.0", "?"])
def test_what_is_no_number_of_a_version_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError, match="La versione è un numero, per esempio 2.0 o 2.1"):
        published(ProtocolPage(title="Regola", code="PR-71", version=typed))


def test_a_form_without_a_code_is_used_by_no_procedure(as_: Any, person: Any) -> None:
    form = published(FormPage(title="Modulo senza codice", document=FormPage.objects.get(code="MD-04").document))
    shown = as_("worker").get(form.url).content.decode()
    assert "Procedure che lo usano" not in shown
    assert "Procedure che lo usano" in as_("worker").get("/p/MD-04/").content.decode()
    found = using(FormPage.objects.get(code="MD-04"), person("worker"))
    assert ([page.code for page in found.pages], found.more, found.is_cut) == (["OP-04"], 0, False)


def test_the_first_half_hour_of_a_year_belongs_to_it(as_: Any) -> None:
    page = published(text_page("Tempi", title="Auguri"))
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 00:30 in Rome
    TextPage.objects.filter(pk=page.pk).update(last_published_at=moment)
    page = TextPage.objects.get(pk=page.pk)
    assert page.relevant_date() == date(2027, 1, 1)
    assert {document.year for document in documents.of_page(page)} == {2027}
    file = FormPage.objects.get(code="MD-04").document
    file.created_at = moment
    FormPage.objects.all().update(document=None)
    assert {document.year for document in documents.of_file(file)} == {2027}


# --- One bad page ----------------------------------------------------------------------------------------


def test_rebuilding_the_index_skips_a_bad_page_and_names_it(index: Any, capsys: Any) -> None:
    bad, good = published(text_page("Tempi", title="Pagina guasta")), published(text_page("Tempi", title="Sana"))
    broken = [{"type": "section", "value": "non una sezione", "id": "x"}]
    TextPage.objects.filter(pk=bad.pk).update(body=TextPage._meta.get_field("body").stream_block.to_python(broken))
    call_command("rebuild_search")
    said = capsys.readouterr()
    assert "Indice pronto" in said.out
    assert f"page:{bad.pk}" in said.err
    assert f"page:{good.pk}" not in said.err
    assert SearchDocument.objects.filter(group=f"page:{good.pk}", pending=False).exists()
