"""Codes in one form, of any prefix; old codes and addresses lead to where the page is now, and tell nobody else."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import Page

from coordination.models import AgendaItem, MeetingPage
from portal import access, demo
from portal.models.pages import TextPage, page_kinds
from portal.pages import addresses, code_citations
from portal.pages.explaining import glossary
from portal.spaces import opening
from protocols.models import ProtocolPage
from tests.addresses import in_tree
from tests.typed_pages import typed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("pr 14", "PR-14"), ("PR/14", "PR-14"), ("PR14", "PR-14"), (" pr – 4 ", "PR-04"), ("ÒP-82", "OP-82"),
        ("PR-02 BIS", "PR-02-BIS"), ("m-3", "M3"), ("M 12", "M12"), ("r.7", "R-07"), ("DT-5", "DT-5"), ("q01", "Q01"),
    ],
)  # fmt: skip
def test_a_code_has_one_form(typed: str, code: str) -> None:
    assert addresses.normal_code(typed) == code
    assert addresses.normal_code(code) == code


def test_a_new_kind_brings_its_codes_with_it(monkeypatch: pytest.MonkeyPatch, as_: Any) -> None:
    """A questionnaire, and a decision whose numbers begin anew each year: nothing else names them."""
    known = {**addresses.code_forms(), "Q": "Q-{:02}", "D": "D-{year}-{:03}"}
    assert addresses.normal_code("q1") == "Q1"
    with pytest.raises(addresses.UnreadableCode):
        addresses.normal_code("D-2026-14")
    monkeypatch.setattr(addresses, "code_forms", lambda: known)
    monkeypatch.setattr(glossary, "held", None)  # kept until its rows change; kinds do not change while a portal runs
    assert addresses.normal_code("q1") == "Q-01"
    assert addresses.normal_code("d 2026/14") == addresses.normal_code("D-2026-014") == "D-2026-014"
    for typed_so in ("D-14", "PR-2026-14"):  # no year is guessed, and none is left out
        with pytest.raises(addresses.UnreadableCode):
            addresses.normal_code(typed_so)
    year = timezone.localdate().year
    assert addresses.next_code(known["D"]) == f"D-{year}-001"
    text_page("Delibera", code=f"d {year} 1")
    assert addresses.next_code(known["D"]) == f"D-{year}-002"
    page = text_page("Che la cita", body=[("section", {"heading": "Uno", "text": f"<p>Vedi D-{year}-001.</p>"})])
    assert f'href="/p/D-{year}-001/"' in as_("worker").get(page.url).content.decode()
    assert as_("worker").get(f"/p/D-{year}-001/").status_code == 200


@pytest.mark.parametrize("typed", ["PR-14!", "protocollo", "14", "PR", "PR-14-15", "ABCDE-1", "PR-12345"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(addresses.UnreadableCode):
        addresses.normal_code(typed)


def text_page(title: str, **changes: Any) -> Any:
    root = demo.space("SP-RETE").root_page
    return demo.publish(root, TextPage(title=title, **changes), on=0, by=None)


@pytest.mark.parametrize(
    "written", ["/p/pr-02/", "/p/PR02/", "/p/PR 02/", "/p/pr 2/", "/p/pr/02/", "/p/PR.02/", "/p/PR–02/"]
)
def test_a_code_leads_to_its_page_however_written(written: str, as_: Any) -> None:
    response = as_("worker").get(f"{written}?da=mail")
    assert (response.status_code, response.headers["Location"]) == (301, "/p/PR-02/?da=mail")
    hidden, missing = as_("partner").get(written), as_("partner").get("/p/PR 9999/")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert "PR-02" not in hidden.content.decode().replace(written.strip("/"), "")
    assert "/accesso/login/" in as_("anonymous").get(written).headers["Location"]


@pytest.mark.parametrize("written", ["/p/", "/p//", "/p/a b c/", "/p/PR 02/altro/", "/p/%00/", "/p/🎉/", "/spazi/%00/"])
def test_what_is_no_code_is_missing(written: str, as_: Any) -> None:
    assert as_("worker").get(written).status_code == 404


def test_the_one_form_of_a_code_answers_at_once(as_: Any) -> None:
    assert as_("worker").get("/p/PR-02/").status_code == 200


def test_a_code_of_any_prefix_is_linked_in_texts_for_who_may_go_there(as_: Any) -> None:
    text_page("Decreto", code="DT-7")
    page = text_page("Che cita", body=[("section", {"heading": "Uno", "text": "<p>Vedi DT-7, PR-05 e PR-77.</p>"})])
    shown = as_("worker").get(page.url).content.decode()
    assert 'href="/p/DT-7/"' in shown
    assert 'href="/p/PR-05/"' in shown
    assert "PR-77" in shown and 'href="/p/PR-77/"' not in shown
    assert as_("worker").get("/p/DT-7/").status_code == 200


def test_a_taken_code_is_refused_with_the_next_free_one(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page_id
    sent = typed(
        title="Prova", code="pr 2", version="1.0", valid_from="", valid_until="", register_number="", norm="",
        **{"in_brief-count": "0", "related-TOTAL_FORMS": "0", "related-INITIAL_FORMS": "0"},
    )  # fmt: skip
    shown = as_("coordinator").post(f"/admin/pages/add/protocols/protocolpage/{root}/", sent).content.decode()
    free = addresses.next_code(ProtocolPage.code_form)
    assert f"Il codice PR-02 è già usato: il prossimo libero è {free}." in shown
    assert "pr 2" in shown


def test_a_form_for_a_new_page_begins_with_the_next_free_code_and_its_parts(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page_id
    protocol = as_("coordinator").get(f"/admin/pages/add/protocols/protocolpage/{root}/").content.decode()
    assert f'value="{addresses.next_code(ProtocolPage.code_form)}"' in protocol
    assert all(heading in protocol for heading in ("Finalit", "Flusso informativo", "Dati e riservatezza", "Contatti"))
    meeting = as_("coordinator").get(f"/admin/pages/add/coordination/meetingpage/{root}/").content.decode()
    assert f'value="{addresses.next_code(MeetingPage.code_form)}"' in meeting
    assert 'name="agenda-0-title"' in meeting


# --- Old addresses ---------------------------------------------------------------------------------------


def renamed(page: Any, slug: str) -> Any:
    page.slug = slug
    page.save_revision().publish()
    return Page.objects.get(pk=page.pk).specific


def test_a_page_has_one_address_that_tells_nothing_of_where_it_lies(as_: Any) -> None:
    page = text_page("Orari")
    assert page.url == Page.objects.get(pk=page.pk).url == f"/pagine/{page.pk}-orari/"
    assert Page.objects.get(slug="pr-02").url == "/p/PR-02/"
    client, partner = as_("worker"), as_("partner")
    assert client.get(page.url).status_code == client.post(page.url).status_code == 200
    for written in (f"/pagine/{page.pk}/", f"/pagine/{page.pk}-altro/", f"/pagine/0{page.pk}-orari/", in_tree(page)):
        answer = client.get(f"{written}?da=mail&q=il%20pino")
        assert (answer.status_code, answer["Location"]) == (301, f"{page.url}?da=mail&q=il+pino")
        assert partner.get(written).status_code == 404
    coded = Page.objects.get(slug="pr-02")
    for written in (f"/pagine/{coded.pk}-pr-02/", f"/pagine/{coded.pk}/", in_tree(coded)):
        assert client.get(written)["Location"] == "/p/PR-02/"


@pytest.mark.parametrize("word", ["", "orari", "12orari", "-orari", "9" * 30, "12-a/b", "²-orari", "{space}", "{home}"])
def test_what_is_no_number_of_a_page_in_a_space_is_missing(word: str, as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    numbers = {"space": f"{root.pk}-rete", "home": f"{root.get_parent().pk}-home"}
    assert as_("worker").get(f"/pagine/{word.format(**numbers)}/").status_code == 404


def test_an_address_stays_when_the_page_is_moved_and_leads_on_when_it_gets_a_code(as_: Any) -> None:
    page = text_page("Orari")
    page.move(Page.objects.get(pk=demo.space("SP-INTEGRA").root_page_id), "last-child")
    moved = Page.objects.get(pk=page.pk).specific
    assert moved.url == page.url and as_("worker").get(page.url).status_code == 200
    moved.code = "DT-7"
    moved.save_revision().publish()
    assert as_("worker").get(page.url)["Location"] == "/p/DT-7/"
    moved.code = ""
    moved.slug = "orari"
    moved.save_revision().publish()
    assert as_("worker").get("/p/DT-7/")["Location"] == page.url


def test_a_changed_address_leads_on_whoever_may_see_the_page(as_: Any) -> None:
    before = text_page("Orari")
    page = renamed(Page.objects.get(slug="orari").specific, "orari-estate")
    for old in (before.url, in_tree(before)):
        leads_on(old, page, as_)
    page.unpublish()
    for old in (before.url, in_tree(before)):
        assert as_("worker").get(old).status_code == 410
        assert as_("partner").get(old).status_code == 404


def leads_on(old: str, page: Page, as_: Any) -> None:
    response = as_("worker").get(f"{old}?da=mail")
    assert (response.status_code, response.headers["Location"]) == (301, f"{page.url}?da=mail")
    hidden, missing = as_("partner").get(old), as_("partner").get("/spazi/rete/mai-stata/")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert "orari-estate" not in hidden.content.decode()
    assert as_("anonymous").get(old).headers["Location"] == as_("anonymous").get("/x/").headers["Location"].replace(
        "%2Fx%2F", old.replace("/", "%2F")
    )


def test_a_place_that_another_page_took_leads_there_and_a_number_never_does(as_: Any) -> None:
    first = text_page("Orari")
    page = renamed(Page.objects.get(slug="orari").specific, "orari-estate")
    second = text_page("Orari")
    assert as_("worker").get(in_tree(second))["Location"] == second.url
    assert as_("worker").get(first.url)["Location"] == page.url


def test_a_changed_code_keeps_answering_and_its_citations_stay_links(as_: Any) -> None:
    page = text_page("Decreto", code="DT-7")
    citing = text_page("Che cita", body=[("section", {"heading": "Uno", "text": "<p>Vedi DT-7.</p>"})])
    page.code = "DT-8"
    page.save_revision().publish()
    response = as_("worker").get("/p/DT-7/")
    assert (response.status_code, response.headers["Location"]) == (301, "/p/DT-8/")
    assert as_("partner").get("/p/DT-7/").status_code == 404
    assert 'href="/p/DT-7/"' in as_("worker").get(citing.url).content.decode()


def test_moved_pages_and_those_below_a_renamed_space_keep_answering(as_: Any, person: Any) -> None:
    page = text_page("Orari")
    old = in_tree(page)
    page.move(Page.objects.get(pk=demo.space("SP-COORD").root_page_id), "last-child")
    moved = Page.objects.get(pk=page.pk).specific
    assert as_("coordinator").get(old).headers["Location"] == moved.url
    assert as_("coordinator").get(page.url).status_code == 200
    assert as_("worker").get(old).status_code == as_("worker").get(page.url).status_code == 404  # and learns nothing
    space = opening.open_space("SP-PROVA", "Prova", slug="prova", by=person("coordinator"))
    below = demo.publish(space.root_page, TextPage(title="Sotto"), on=0, by=None)
    old = in_tree(below)
    renamed(space.root_page.specific, "prova-due")
    assert as_("administrator").get(old).headers["Location"] == f"/pagine/{below.pk}-sotto/"
    assert as_("worker").get(old).status_code == 404
    assert as_("administrator").get("/spazi/prova/").headers["Location"] == "/spazi/prova-due/"


# --- Where writing begins --------------------------------------------------------------------------------


def test_on_every_kind_of_page_who_may_edit_finds_the_way_and_who_reads_may_propose(as_: Any, person: Any) -> None:
    read = [access.allowed(model.objects.all(), person("trainee")).order_by("path").first() for model in page_kinds()]
    assert None not in read
    for address in ["/spazi/rete/", *(page.url for page in read if page)]:
        shown = as_("coordinator").get(address).content.decode()
        assert ">Modifica</a>" in shown, address
        start = shown.index("/admin/pages/", shown.index("edit-here"))
        editor = shown[start : shown.index('"', start)]
        assert as_("coordinator").get(editor).status_code == 200, address
        reading = as_("trainee").get(address).content.decode()
        assert ">Modifica</a>" not in reading, address
        assert ("Proponi una correzione" in reading) is (address != "/spazi/rete/"), address


def test_a_space_says_in_a_line_each_what_may_be_written(as_: Any) -> None:
    assert "/spazi/formazione/nuovo/" in as_("coordinator").get("/spazi/formazione/").content.decode()
    shown = as_("coordinator").get("/spazi/formazione/nuovo/").content.decode()
    assert "Un modulo da scaricare: " in shown
    assert "Un modulo formativo: le sue lezioni" in shown
    assert "Lezione in M1" in shown
    assert as_("trainee").get("/spazi/formazione/nuovo/").status_code == 403
    assert as_("partner").get("/spazi/formazione/nuovo/").status_code == 404
    for address in {part.split('"')[0] for part in shown.split('href="') if part.startswith("/admin/pages/add/")}:
        assert as_("coordinator").get(address).status_code == 200, address


def test_the_first_draft_of_a_rule_is_read_before_it_has_any_edition(as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    page = root.add_child(instance=ProtocolPage(title="Prova", code="PR-90", change_note="Prima.", live=False))
    page.save_revision()
    assert "Prova" in as_("coordinator").get(f"/admin/pages/{page.pk}/view_draft/").content.decode()


# --- The admin's search ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["PR-02", "pr-02", "MD-01", "OP-04"])
def test_the_search_of_the_admin_and_of_its_choosers_knows_codes(words: str, as_: Any) -> None:
    page = Page.objects.get(slug=words.lower())
    assert page.title in as_("coordinator").get(f"/admin/pages/search/?q={words}").content.decode()
    assert page.title in as_("coordinator").get(f"/admin/choose-page/search/?q={words}").content.decode()


def test_the_search_of_the_admin_knows_summaries_and_texts_of_ones_own_pages_alone(as_: Any) -> None:
    page = text_page(
        "Orari", summary="Quando suona lo zufolo",
        body=[("section", {"heading": "Uno", "text": "<p>Con il clavicembalo.</p>"})],
    )  # fmt: skip
    for word in ("zufolo", "clavicembalo"):
        assert page.title in as_("coordinator").get(f"/admin/pages/search/?q={word}").content.decode()
        assert f"/admin/pages/{page.pk}/edit/" not in as_("worker_minors").get(
            f"/admin/pages/search/?q={word}"
        ).content.decode()  # fmt: skip


# --- A code that changes ---------------------------------------------------------------------------------


def told(client: Any, page: Any) -> int:
    """In how many pages the editor says, under the code, that it is cited."""
    shown = BeautifulSoup(client.get(f"/admin/pages/{page.pk}/edit/").content, "html.parser")
    said = shown.find(string=re.compile(f"La pagina risponde a /p/{page.code}/."))
    assert said is not None
    found = re.search(r"È citata in (\d+) pagin[ae]: se lo cambi, chi scrive o apre (\S+) arriva ancora qui.", said)
    return int(found[1]) if found else 0


def test_the_editor_says_in_how_many_pages_a_code_is_cited_of_those_that_one_may_see(as_: Any, person: Any) -> None:
    page = Page.objects.get(slug="pr-02").specific
    page.responsible = person("worker")  # she answers for it, and reads no coordination
    page.change_note = "Altra responsabile."
    page.save_revision().publish()
    before, hers = told(as_("coordinator"), page), told(as_("worker"), page)
    section = ("section", {"heading": "Uno", "text": "<p>Vedi PR-02, e pr-02 di nuovo.</p>"})
    text_page("Che cita", body=[section])
    text_page("Che ne cita altri", summary="PR-022, XPR-02 e PR-02-BIS")
    assert (told(as_("coordinator"), page), told(as_("worker"), page)) == (before + 1, hers + 1)
    demo.publish(demo.space("SP-COORD").root_page, TextPage(title="Chiusa", body=[section]), on=0, by=None)
    assert (told(as_("coordinator"), page), told(as_("worker"), page)) == (before + 2, hers + 1)


def test_who_cites_is_asked_once_a_form_however_often_the_sentence_is_looked_at(
    as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, count = [], code_citations.count
    monkeypatch.setattr(code_citations, "count", lambda *words: (asked.append(words), count(*words))[1])
    assert told(as_("coordinator"), Page.objects.get(slug="pr-02").specific) > 0
    assert len(asked) == 1


def test_pages_that_cite_in_their_rows_are_counted(as_: Any) -> None:
    page = Page.objects.get(slug="pr-02").specific
    before = told(as_("coordinator"), page)
    meeting: Any = meeting_that_cites()
    assert told(as_("coordinator"), page) == before + 1
    assert "PR-02" in as_("coordinator").get(meeting.url).content.decode()


def meeting_that_cites() -> Any:
    """A meeting that names the code in a point of its agenda and nowhere else."""
    meeting = MeetingPage(title="Tavolo", starts_at=timezone.now())
    meeting.agenda.add(AgendaItem(title="Si rilegge il PR-02"))
    return demo.publish(demo.space("SP-RETE").root_page, meeting, on=0, by=None)
