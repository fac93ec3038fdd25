"""Two editions compared: a summary, then part by part and word by word; nothing that the pages would not show."""

import time
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.models import ServicePage
from portal import demo
from protocols.comparison import Comparison, compare
from protocols.durations import change_of_terms
from protocols.models import Edition, ProcedurePage, ProtocolPage
from protocols.reading import Reading

pytestmark = pytest.mark.django_db
today = timezone.localdate
ADDRESS = "/p/PR-77/edizioni/1.0/confronta/2.0/"
SECRET = "zibaldone"


def section(heading: str, text: str = "", rows: tuple[tuple[str, str], ...] = (), key: str = "") -> dict[str, Any]:
    html = "".join(f"<p>{each}</p>" for each in text.split("\n") if each)
    value = {"heading": heading, "text": html, "rows": [{"term": term, "text": words} for term, words in rows]}
    return {"type": "section", "value": value} | ({"id": key} if key else {})


def table(*rows: tuple[str, str]) -> dict[str, Any]:
    columns = [{"type": "text", "heading": heading} for heading in ("Quando", "Chi")]
    return {"type": "table", "value": {"caption": "Turni", "columns": columns, "rows": [{"values": r} for r in rows]}}


def edition(body: list[dict[str, Any]] | None = None, **said: Any) -> Reading:
    """An edition that was never written down, before somebody who may know everything."""
    sections = [
        [each["value"]["heading"], each["value"]["heading"], ""] for each in body or [] if each["type"] == "section"
    ]
    return Reading(Edition(title="Regola", sections=sections, content={"body": body or [], **said}), {})


def said(found: Comparison) -> list[tuple[str, str, str]]:
    """Of what changed: the heading, what became of it, and its words with their marks."""
    marks = {"": "{}", "tolto": "[-{}]", "aggiunto": "[+{}]"}
    return [
        (
            " ".join(each.text for each in part.heading),
            part.acts,
            " / ".join(
                f"{line.label}: " * bool(line.label)
                + " ".join(marks[each.act].format(each.text) for each in line.words)
                for line in part.lines
            ),
        )
        for part in found.changed
    ]


# --- What is found ---------------------------------------------------------------------------------------


def test_a_row_that_changes_is_shown_alone_with_its_words_marked() -> None:
    old = [section("Tempi", rows=(("Avviso", "Entro 72 ore dal ricovero."), ("Piano", "Prima dell’uscita.")))]
    new = [section("Tempi", rows=(("Avviso", "Entro 48 ore dal ricovero."), ("Piano", "Prima dell’uscita.")))]
    found = compare(edition(old), edition(new))
    assert said(found) == [("Tempi", "cambia", "Avviso: Entro [-72] [+48] ore dal ricovero.")]
    assert found.summary == "1 sezione cambiata, 1 termine accorciato"


def test_sections_added_taken_away_and_moved_are_told_apart() -> None:
    old = [
        section("Uno", "Il primo."),
        section("Due", "Il secondo."),
        section("Tre", "Il terzo."),
        section("Via", "Addio."),
    ]
    new = [
        section("Tre", "Il terzo."),
        section("Uno", "Il primo."),
        section("Due", "Il secondo."),
        section("Nuova", "Ecco."),
    ]
    found = compare(edition(old), edition(new))
    assert said(found) == [
        ("Tre", "cambia l’ordine", ""), ("Nuova", "si aggiunge", "[+Ecco.]"), ("Via", "si toglie", "[-Addio.]"),
    ]  # fmt: skip
    assert found.summary == "1 sezione aggiunta, 1 sezione tolta, 1 sezione spostata"


def test_a_section_under_another_heading_is_known_by_its_key_or_by_its_words() -> None:
    text = "Il reparto avvisa il Comune prima della dimissione e concorda il piano."
    for key in ("k1", ""):
        old, new = [section("Avviso", text, key=key)], [section("Come si avvisa", text, key=key)]
        assert said(compare(edition(old), edition(new))) == [("Avviso Come si avvisa", "cambia", "")]


def test_tables_are_compared_row_by_row() -> None:
    old = [section("Turni"), table(("lunedì", "Agliana"), ("martedì", "Montale"), ("venerdì", "Quarrata"))]
    new = [section("Turni"), table(("lunedì", "Agliana"), ("martedì", "Pistoia"), ("sabato", "Marliana"))]
    [(_heading, _act, lines)] = said(compare(edition(old), edition(new)))
    assert lines == ("martedì: [-Chi: Montale] [+Chi: Pistoia] / venerdì: [-Chi: Quarrata] / sabato: [+Chi: Marliana]")


def test_steps_are_aligned_by_their_names() -> None:
    def step(title: str, **more: str) -> dict[str, Any]:
        return {"type": "step", "value": {"title": title, "text": "Si telefona.", "who": "Chi accoglie", **more}}

    old = edition(steps=[step("Avvisa", within="entro 5 giorni"), step("Scrivi")])
    new = edition(
        steps=[step("Avvisa", within="entro 3 giorni"), step("Ascolta", text="Si parla a lungo."), step("Scrivi")]
    )
    found = compare(old, new)
    assert [(part, act) for part, act, _lines in said(found)] == [("Avvisa", "cambia"), ("Ascolta", "si aggiunge")]
    assert said(found)[0][2] == "Quando: [-entro 5 giorni] [+entro 3 giorni]"
    assert found.summary == "1 passo cambiato, 1 passo aggiunto, 1 termine accorciato"


def test_the_same_words_that_lead_elsewhere_say_so() -> None:
    def linked(to: str) -> list[dict[str, Any]]:
        value = {"heading": "Dove", "text": f'<p>Leggi <a href="{to}">qui</a> prima.</p>', "rows": []}
        return [{"type": "section", "value": value}]

    found = compare(edition(linked("https://example.org/a")), edition(linked("https://example.org/b")))
    assert [line.is_form_only for part in found.changed for line in part.lines] == [True]


def test_the_whole_text_keeps_every_word() -> None:
    long = "".join(f"parola{number} " for number in range(60))
    old, new = (
        [section("Uno", f"{long}prima"), section("Due", "Uguale.")],
        [section("Uno", f"{long}dopo"), section("Due", "Uguale.")],
    )
    whole = compare(edition(old), edition(new), whole=True)
    words = " ".join(piece.text for part in whole.parts for line in part.lines for piece in line.words)
    assert words.count("parola") == 60 and "Uguale." in words and "…" not in words
    assert "…" in str(compare(edition(old), edition(new)).parts)


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("Entro 72 ore", "Entro 48 ore", ["shorter"]),
    ("Entro 5 giorni lavorativi", "Entro 72 ore", ["shorter"]),
    ("Entro 2 giorni", "Entro 3 giorni lavorativi", ["longer"]),
    ("Entro 15 giorni", "Entro 1 mese", ["longer"]),
    ("Entro 3 giorni", "Entro 3 giorni lavorativi", []),
    ("Entro 3 giorni lavorativi", "Entro 4 giorni", []),
    ("Nel modulo 3", "Nel modulo 4", []),
])  # fmt: skip
def test_only_a_term_that_is_surely_another_is_called_shorter_or_longer(
    old: str, new: str, expected: list[str]
) -> None:
    assert change_of_terms(old, new) == expected


def test_three_hundred_sections_are_compared_in_less_than_a_second() -> None:
    text = "\n".join(
        "Il servizio avvisa il Comune entro due giorni e scrive il piano con la famiglia." for _ in range(6)
    )
    old = [section(f"Sezione {place}", text, key=f"k{place}") for place in range(300)]
    new = [section(f"Sezione {place}", text.replace("due", "tre"), key=f"k{place}") for place in range(299, -1, -1)]
    before, after = edition(old), edition(new)
    assert len(before.parts) == len(after.parts) == 300
    start = time.process_time()
    found = compare(before, after)
    assert time.process_time() - start < 1
    assert found.summary == "300 sezioni cambiate, 299 sezioni spostate"


# --- Its page --------------------------------------------------------------------------------------------


@pytest.fixture
def rule(person: Any) -> ProtocolPage:
    """PR-77, whose 1.0 points at a card of SP-MINORI that its 2.0 leaves out."""
    hidden = ServicePage(title=f"Scheda {SECRET}", change_note="Nuova.")
    demo.space("SP-MINORI").root_page.add_child(instance=hidden)
    contacts = [{"purpose": f"Per i minori {SECRET}", "person": None, "service": hidden.pk, "note": ""}]
    page = ProtocolPage(title="Regola di prova", code="PR-77", valid_from=today() - timedelta(days=10))
    page.body = [section("Tempi", "Entro 72 ore dal ricovero."), {"type": "contacts", "value": contacts}]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=person("coordinator"))
    return published(page, "2.0", -1, "Entro 48 ore dal ricovero.")


def published(page: ProtocolPage, version: str, since: int, text: str) -> ProtocolPage:
    page = ProtocolPage.objects.get(pk=page.pk)
    page.body, page.version, page.valid_from = [section("Tempi", text)], version, today() + timedelta(days=since)
    page.change_note = f"La {version}."
    page.save_revision().publish()
    return page


def main(response: Any) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser").main


def test_words_are_marked_for_eyes_ears_and_paper(rule: Any, as_: Any) -> None:
    shown = main(as_("worker").get(ADDRESS))
    assert shown.select_one("[data-summary]").get_text() == "1 sezione cambiata, 1 termine accorciato."
    assert [each.get_text() for each in shown.select(".compared del")] == ["72"]
    assert [each.get_text() for each in shown.select(".compared ins")] == ["48"]
    assert [each.get_text() for each in shown.select(".compared .said")] == ["tolto:", "aggiunto:"]


def test_the_comparison_shows_a_reader_nothing_that_the_pages_would_not(rule: Any, as_: Any) -> None:
    for whole in ("", "?testo=intero"):
        assert SECRET not in str(main(as_("worker").get(ADDRESS + whole))).lower()
        enabled = main(as_("worker_minors").get(ADDRESS + whole))
        assert f"Scheda {SECRET}" in enabled.get_text()
    published(rule, "2.1", 0, "Entro 48 ore dal ricovero.")
    same = main(as_("worker").get("/p/PR-77/edizioni/2.0/confronta/2.1/"))
    assert same.select_one("[data-summary]").get_text() == "Le due edizioni dicono le stesse cose."


def test_who_may_not_read_one_of_the_two_does_not_read_the_difference(rule: Any, as_: Any) -> None:
    ProtocolPage.objects.get(pk=rule.pk).move(demo.space("SP-MINORI").root_page, pos="last-child")
    assert as_("worker").get(ADDRESS).status_code == 404
    assert as_("worker_minors").get(ADDRESS).status_code == 200
    assert as_("worker_minors").get("/p/PR-77/edizioni/1.0/confronta/9.0/").status_code == 404


def test_two_editions_are_chosen_on_their_list_whichever_comes_first(rule: Any, as_: Any) -> None:
    worker = as_("worker")
    form = main(worker.get("/p/PR-77/")).select_one("form[action$='/confronta/']")
    assert {each["name"] for each in form.select("select")} == {"da", "a"}
    for query in ("?da=1.0&a=2.0", "?da=2.0&a=1.0"):
        assert worker.get(form["action"] + query).headers["Location"] == ADDRESS
    assert worker.get("/p/PR-77/edizioni/2.0/confronta/1.0/").headers["Location"] == ADDRESS
    answer = worker.get(form["action"] + "?da=1.0&a=1.0", follow=True)
    assert "scegline due diverse" in answer.content.decode()
    assert worker.get(form["action"] + "?da=1.0&a=9.9").status_code == 302


def test_an_old_edition_leads_to_what_changed_since(rule: Any, as_: Any) -> None:
    assert main(as_("worker").get("/p/PR-77/edizioni/1.0/")).select_one(f".edition-band a[href='{ADDRESS}']")
    assert main(as_("worker").get("/p/PR-77/edizioni/2.0/")).select_one(f".edition-band a[href='{ADDRESS}']")


def cited(code: str, sections: int, cards: int, by: Any) -> str:
    """A rule of so many sections that points at so many cards; the address of its comparison."""
    named = [ServicePage(title=f"{code} {n}", slug=f"{code.lower()}-{n}", change_note="Nuova.") for n in range(cards)]
    for card in named:
        demo.space("SP-RETE").root_page.add_child(instance=card)
    contacts = [{"purpose": card.title, "person": None, "service": card.pk, "note": ""} for card in named]
    page = ProtocolPage(title="Lunga", code=code, valid_from=today() - timedelta(days=10))
    page.body = [
        *(section(f"Sezione {n}", "Una riga.") for n in range(sections)),
        {"type": "contacts", "value": contacts},
    ]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-10, by=by)
    published(page, "2.0", -1, "Una riga sola.")
    return f"/p/{code}/edizioni/1.0/confronta/2.0/"


def test_the_comparison_of_much_asks_no_more_than_that_of_little(as_: Any, person: Any) -> None:
    def asked(address: str) -> int:
        worker = as_("worker")
        worker.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert worker.get(address).status_code == 200
        return len(queries)

    few = asked(cited("PR-77", 1, 1, person("coordinator")))
    assert asked(cited("PR-78", 100, 5, person("coordinator"))) == few
    assert few <= 60


def test_a_procedure_shows_what_changes_in_its_steps(person: Any, as_: Any) -> None:
    def step(within: str) -> Any:
        return ("step", {"title": "Avvisa", "text": "Telefona.", "who": "Chi accoglie", "within": within})

    page = ProcedurePage(title="Con passi", code="OP-77", valid_from=today() - timedelta(days=9))
    page.steps = [step("entro 5 giorni dal colloquio")]
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=person("coordinator"))
    page = ProcedurePage.objects.get(pk=page.pk)
    page.steps, page.version, page.valid_from = [step("entro 3 giorni dal colloquio")], "2.0", today()
    page.change_note = "Prima."
    page.save_revision().publish()
    shown = main(as_("worker").get("/p/OP-77/edizioni/1.0/confronta/2.0/"))
    assert shown.select_one("[data-summary]").get_text() == "1 passo cambiato, 1 termine accorciato."
    assert shown.select_one("#passo-1").get_text(" ", strip=True).startswith("Avvisa")
