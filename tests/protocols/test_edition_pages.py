"""An old edition shows its whole record, and names what it cites only to whoever may know it."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page

from coordination.models import ServicePage
from portal import demo
from portal.models import Document, Image, User
from portal.words import dates
from protocols.models import ProcedurePage, ProtocolPage

pytestmark = pytest.mark.django_db
today = timezone.localdate
OLD = "/p/PR-77/edizioni/1.0/"
SECRET = "zibaldone"


def main(response: Any) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser").main


def text(tag: Any) -> str:
    return " ".join(tag.get_text().split())


def card(space: str, title: str) -> ServicePage:
    home = demo.space(space).root_page
    service = ServicePage(title=title, change_note="Nuova.", telephone="0573 000 999")
    return home.add_child(instance=service)


def a_file(space: str, title: str) -> Document:
    file = ContentFile(title.encode(), name="allegato.txt")
    return Document.objects.create(title=title, file=file, collection=demo.space(space).collection)


def table() -> dict[str, Any]:
    columns = [{"type": "text", "heading": heading} for heading in ("Quando", "Chi")]
    return {"caption": "Turni", "columns": columns, "rows": [{"values": ["lunedì", "lo sportello"]}]}


@pytest.fixture
def rule(person: Any) -> ProtocolPage:
    """PR-77: everything that a text can hold in its version 1.0, a single sentence in the 2.0 of yesterday."""
    image = Image.objects.create(
        title="Piantina", file=get_test_image_file(), collection=demo.space("SP-RETE").collection
    )
    hidden, opened = card("SP-MINORI", f"Scheda {SECRET}"), card("SP-RETE", "Scheda aperta")
    linked = (
        f'<p data-block-key="a">Si chiede <b>subito</b> <a linktype="page" id="{hidden.pk}">a loro</a> e '
        f'<a linktype="page" id="{opened.pk}">agli altri</a>.</p><ol><li>Prima</li><li>Poi</li></ol>'
    )
    contacts = [
        {"purpose": f"Per i minori ({SECRET})", "person": None, "service": hidden.pk, "note": ""},
        {"purpose": "Per tutti", "person": None, "service": opened.pk, "note": "Il lunedì."},
    ]
    picture = {"picture": {"image": image.pk, "alt_text": "Dove si entra", "decorative": False}, "caption": "L’atrio"}
    page = ProtocolPage(title="Con tutto", code="PR-77", summary="Una riga sola.", norm="L. 1/2026")
    page.valid_from, page.in_brief = today() - timedelta(days=10), [("line", "Si avvisa entro sera.")]
    rows = [{"term": "Avviso", "text": "Entro un crisoberillo."}]
    page.body = [
        {"type": "section", "value": {"heading": "Tempi", "text": linked, "rows": rows}},
        {"type": "table", "value": table()},
        {"type": "attachment", "value": {"file": a_file("SP-RETE", "Il modello").pk, "title": ""}},
        {"type": "attachment", "value": {"file": a_file("SP-MINORI", f"File {SECRET}").pk, "title": ""}},
        {"type": "picture", "value": picture},
        {"type": "section", "value": {"heading": "Contatti", "text": "", "rows": []}},
        {"type": "contacts", "value": contacts},
    ]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body = demo.body_of([{"heading": "Tempi", "text": "Si fa altrimenti."}])
    page.version, page.valid_from, page.change_note = "2.0", today() - timedelta(days=1), "Cambia tutto."
    page.save_revision().publish()
    return page


def test_an_old_edition_shows_its_whole_record(rule: Any, as_: Any) -> None:
    shown = main(as_("worker").get(OLD))
    assert [heading.get_text() for heading in shown.select(".prose h2")] == ["In breve", "Tempi", "Contatti"]
    assert shown.select_one("#tempi") and shown.select_one(".prose ul li").get_text() == "Si avvisa entro sera."
    assert [text(each) for each in shown.select(".prose ol li")] == ["Prima", "Poi"]
    assert text(shown.select_one("caption")) == "Turni"
    assert [(text(cell), cell["data-label"]) for cell in shown.select("td")] == [
        ("lunedì", "Quando:"), ("lo sportello", "Chi:"),
    ]  # fmt: skip
    pairs = {text(each): text(each.find_next_sibling("dd")) for each in shown.select(".prose dt")}
    assert pairs == {"Avviso": "Entro un crisoberillo.", "Per tutti": "Scheda aperta · Il lunedì."}
    assert shown.select_one(".prose p b").get_text() == "subito"
    assert "Una riga sola." in text(shown) and "L. 1/2026" in text(shown)


def test_what_it_cites_is_named_only_to_whoever_may_know_it(rule: Any, as_: Any) -> None:
    for reader, knows in (("worker", False), ("worker_minors", True)):
        shown = main(as_(reader).get(OLD))
        assert (SECRET in str(shown).lower()) is knows, reader
        assert len([each for each in shown.select(".prose p a") if each.get_text() == "a loro"]) == knows
        assert len([each for each in shown.select(".prose p a") if each.get_text() == "agli altri"]) == 1
        assert "a loro" in text(shown)  # the author's own words stay


def test_a_file_or_picture_of_then_is_named_and_opened_while_the_reader_may_open_it(rule: Any, as_: Any) -> None:
    shown = main(as_("worker").get(OLD))  # the page of today carries neither
    assert "Il modello il file di allora non si apre da qui" in text(shown)
    assert "L’immagine di allora non si apre da qui: Dove si entra. L’atrio" in text(shown)
    assert not shown.select(".attachment a, figure")
    shown = main(as_("office").get(OLD))  # writes in that space
    assert text(shown.select_one(".attachment a")) == "Il modello"
    assert shown.select_one("figure img")["alt"] == "Dove si entra" and "L’atrio" in text(shown)


def test_a_file_that_is_no_longer_what_it_was_is_named_and_not_opened(rule: Any, as_: Any) -> None:
    Document.objects.filter(title="Il modello").update(sha256="0" * 64, title="Un altro")
    shown = main(as_("office").get(OLD))
    assert "Il modello il file di allora non si apre da qui" in text(shown)
    assert not shown.select(".attachment a")


def test_the_file_that_an_edition_had_opens_from_there_once_it_is_replaced(rule: Any, as_: Any) -> None:
    file = Document.objects.get(title="Il modello")
    file.file = ContentFile(b"un altro modello", name="allegato.txt")
    file.save()
    link = main(as_("office").get(OLD)).select_one(".attachment a")
    assert link["href"] == f"/documenti/{file.pk}/versioni/1/"
    assert "Questo file è stato sostituito" in text(main(as_("office").get(link["href"])))


def test_names_are_those_of_then_and_telephones_are_left_to_the_page_of_today(rule: Any, as_: Any) -> None:
    Page.objects.filter(title="Scheda aperta").update(title="Un altro nome")
    shown = text(main(as_("worker").get(OLD)))
    assert "Scheda aperta" in shown and "Un altro nome" not in shown and "0573 000 999" not in shown


def test_an_old_edition_says_since_when_it_holds_no_more_and_leads_to_what_holds(rule: Any, as_: Any) -> None:
    band = main(as_("worker").get(OLD)).select_one(".is-past .edition-band")
    assert f"Edizione superata {dates.in_words(rule.valid_from, article='dal')}." in text(band)
    assert band.select_one("a")["href"].endswith("/p/PR-77/")
    assert not main(as_("worker").get("/p/PR-77/edizioni/2.0/")).select(".is-past")


def test_search_leads_into_the_old_edition_at_the_section_found(rule: Any, as_: Any, index: Any) -> None:
    index.refresh()
    hit = as_("worker").get("/cerca/?q=crisoberillo&format=json").json()["results"]
    addresses = [each["address"] for each in hit if each["superseded"]]
    assert addresses and addresses[0].split("#")[0].endswith(OLD)
    anchor = {address.partition("#")[2] for address in addresses} | {"tempi"}
    assert all(main(as_("worker").get(OLD)).select_one(f"#{each}") for each in anchor if each)


def test_the_steps_of_an_old_procedure_stay_steps(person: Any, as_: Any) -> None:
    hidden = card("SP-MINORI", f"Scheda {SECRET}")
    step = {"title": "Avvisa", "text": "Telefona.", "who": "Chi accoglie", "within": "Entro sera", "form": "MD-04"}
    step |= {"question": "È minore?", "yes": "Vai a PR-05.", "no": "Continua.", "services": [hidden]}
    page = ProcedurePage(title="Con passi", code="OP-77", valid_from=today() - timedelta(days=9), starts="Chiunque")
    page.steps = [("step", step)]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=person("coordinator"))
    page = ProcedurePage.objects.get(pk=page.pk)
    page.steps, page.version, page.valid_from, page.change_note = [], "2.0", today(), "Via i passi."
    page.save_revision().publish()
    shown = main(as_("worker").get("/p/OP-77/edizioni/1.0/"))
    assert text(shown.select_one("#passo-1 h3")) == "Passo 1: Avvisa"
    for words in ("Telefona.", "Chi accoglie", "Entro sera", "È minore?", "Vai a PR-05.", "Continua."):
        assert words in text(shown.select_one("#passo-1"))
    assert "Chiunque" in text(shown) and SECRET not in str(shown)
    assert f"Scheda {SECRET}" in text(main(as_("worker_minors").get("/p/OP-77/edizioni/1.0/")).select_one("#passo-1"))


def test_a_person_is_named_to_those_who_know_the_person_or_read_of_them_today(person: Any, as_: Any) -> None:
    stranger = User.objects.create(email="e@raccordo.example", first_name="Estranea", last_name="Persona")
    named = [{"purpose": "Chi chiamare", "person": stranger.pk, "service": None, "note": ""}]
    page = ProtocolPage(title="Con una persona", code="PR-78", valid_from=today() - timedelta(days=9))
    page.body = [
        {"type": "section", "value": {"heading": "Contatti", "text": "", "rows": []}},
        {"type": "contacts", "value": named},
    ]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=person("coordinator"))
    old = "/p/PR-78/edizioni/1.0/"
    assert "Estranea Persona" in text(main(as_("worker").get("/p/PR-78/")))  # the page names her to its readers
    assert "Estranea Persona" in text(main(as_("worker").get(old)))
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body, page.version, page.valid_from = (
        demo.body_of([{"heading": "Contatti", "text": "Nessuno."}]),
        "2.0",
        today(),
    )
    page.change_note = "Risponde un altro."
    page.save_revision().publish()
    assert "Estranea" not in text(main(as_("worker").get(old)))
    assert "Estranea Persona" in text(main(as_("administrator").get(old)))


def test_a_rule_without_a_code_is_named_by_its_title_where_others_are_by_their_code(person: Any, as_: Any) -> None:
    rule = ProtocolPage(title="Regola senza codice", slug="senza-codice", version="1.0", summary="-")
    rule.valid_from, rule.body = today() - timedelta(days=9), demo.body_of([{"heading": "A", "text": "Uno."}])
    demo.publish(demo.space("SP-RETE").root_page, rule, on=-9, by=person("coordinator"))
    rule = ProtocolPage.objects.get(pk=rule.pk)
    rule.version, rule.valid_from, rule.change_note = "2.0", today(), "Cambia."
    rule.body = demo.body_of([{"heading": "A", "text": "Due."}])
    rule.save_revision(user=person("coordinator")).publish(user=None)
    for where in ("edizioni/1.0/", "edizioni/1.0/confronta/2.0/"):
        answer = as_("coordinator").get(f"/p/senza-codice/{where}")
        assert answer.status_code == 200, where
        assert text(BeautifulSoup(answer.content, "html.parser").title).startswith("Regola senza codice"), where
