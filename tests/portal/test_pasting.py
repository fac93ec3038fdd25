"""What is pasted from Word becomes sections, lists, tables and links; what is left behind is named."""

import re
from pathlib import Path
from typing import Any

import pytest

from portal.pages.blocks import BodyBlock
from portal.pages.pasting import answer
from portal.pages.pasting.reading import Pasted, read
from portal.words import contacts

SAMPLES = Path(__file__).parent / "pasted"


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.html").read_text()


def pasted(name: str) -> Pasted:
    return read(sample(name))


def stored(name: str) -> list[tuple[str, Any]]:
    """The blocks that the editor gets, as the form would store them."""
    return [(block["type"], block["value"]) for part in pasted(name).parts for block in answer._of_part(part)]


def send(client: Any, html: str, where: str = "pagina") -> Any:
    return client.post("/admin/incolla/", {"html": html, "dove": where})


def test_headings_of_word_become_sections_and_its_lists_and_tables_stay() -> None:
    blocks = stored("word")
    assert [kind for kind, _value in blocks] == ["section", "section", "section", "table", "text"]
    headings = [value["heading"] for kind, value in blocks if kind == "section"]
    assert headings == ["1. Finalità", "1.1 Riferimenti", "2. Chi fa che cosa"]
    assert blocks[2][1]["text"] == (
        "<ul><li>lo sportello avvisa;<ul><li>entro un’ora;</li></ul></li><li>il reparto <b>risponde</b>.</li></ul>"
        "<ol><li>primo passo</li><li>secondo passo</li></ol>"
    )
    table = blocks[3][1]
    assert [column["heading"] for column in table["columns"]] == ["Chi", "Entro", "Modulo"]
    assert [row["values"] for row in table["rows"]] == [
        ["Reparto", "24 ore", "MD-04"], ["Sportello, il giorno dopo", "", "MD-05 (https://rete.example/md)"]
    ]  # fmt: skip
    assert "<h3>In casi rari</h3>" in blocks[4][1]


def test_bold_italics_and_links_that_readers_can_open_are_kept() -> None:
    text = "".join(str(value) for _kind, value in stored("word"))
    assert "<b>non resta solo</b>" in text
    assert "<i>tutti</i>" in text
    for kept in ("https://www.normattiva.it/atto?id=328&amp;x=1", "mailto:sportello@rete.example", "tel:0573000100"):
        assert f'<a href="{kept}">' in text
    assert re.search(r"file:|#_ftn|#_Toc|mso|<o:p|style=|class=", text) is None
    assert "la bozza qui" in text


def test_links_in_the_cells_of_a_table_are_spelled_out_and_lead_on_again(settings: Any) -> None:
    found = read(
        "<table><tr><td>Modulo</td><td><a href='https://rete.example/md-04.pdf'>la scheda</a>, in PDF</td></tr>"
        "<tr><td><a href='mailto:a@rete.example'>a@rete.example</a></td>"
        "<td><a href='/p/PR-02/'>il protocollo</a></td></tr>"
        "<tr><td><a href='file:///C:/bozza.docx'>la bozza</a></td><td><a href='#_Toc1'>sopra</a></td></tr></table>"
    )
    rows = found.parts[0].content[0].rows
    assert rows == [
        ["Modulo", "la scheda (https://rete.example/md-04.pdf), in PDF"],
        ["a@rete.example", f"il protocollo ({settings.BASE_URL}/p/PR-02/)"],
        ["la bozza", "sopra"],
    ]
    assert 'href="https://rete.example/md-04.pdf"' in contacts.linked(rows[0][1])
    assert "1 collegamento che chi legge non può aprire" in answer.sentence(found)


def test_what_is_left_behind_is_said_with_its_number() -> None:
    said = answer.sentence(pasted("word"))
    assert said.startswith("Ho fatto 3 sezioni e 1 tabella. Non ho portato: 1 immagine, 1 nota a piè di pagina, ")
    for left in ("1 commento", "1 pezzo cancellato", "1 collegamento che chi legge non può aprire", "l’indice"):
        assert left in said
    assert "il titolo del documento, «Protocollo per le dimissioni protette»" in said
    text = str(stored("word"))
    for gone in ("Testo della nota", "[1]", "nascosto", "cancellato", "[CB1]"):
        assert gone not in text


def test_libreoffice_and_other_editors_are_read_too() -> None:
    kinds = [kind for kind, _value in stored("libreoffice")]
    assert kinds == ["text", "section", "table", "text"]
    assert "<li>pomeriggio<ol><li>martedì</li><li>giovedì</li></ol></li>" in str(stored("libreoffice"))
    table = stored("libreoffice")[2][1]
    assert [row["values"] for row in table["rows"]] == [["Lunedì", "9–13"], ["", "15–17"]]
    first, second = stored("docs")
    assert (first[1]["heading"], second[1]["heading"]) == ("Che cosa portare", "Dove")
    assert first[1]["text"].startswith("<p><b>Documento</b> e <i>tessera</i></p><ul><li>codice fiscale &lt;copia&gt;")
    assert "javascript" not in str(second)
    assert "localhost" not in str(second)


def test_a_heading_too_long_for_its_field_goes_on_in_the_text() -> None:
    words = " ".join(["parola"] * 40)
    (part,) = read(f"<h1>{words}</h1><p>Poi.</p>").parts
    (block,) = answer._of_part(part)
    assert len(block["value"]["heading"]) <= 120
    assert block["value"]["text"] == f"<p><b>{words}</b></p><p>Poi.</p>"
    BodyBlock().clean(BodyBlock().to_python([block]))


@pytest.mark.parametrize(
    "odd", ["<table></table>", "<ul><li>" * 3000 + "x", "<table><tr><td>" * 500 + "x", "<b>" * 5000 + "x",
            "<table><td colspan=9999>x", "<a href='http://['>x</a>", "", "<p>\u0000</p>"],
)  # fmt: skip
def test_odd_html_breaks_nothing(odd: str, as_: Any) -> None:
    assert send(as_("office"), odd).status_code == 200


def test_the_editor_gets_blocks_and_where_the_cursor_stands_the_text_before_the_first_heading(as_: Any) -> None:
    whole = send(as_("office"), sample("libreoffice")).json()
    assert [block["type"] for block in whole["blocks"]] == ["text", "section", "table", "text"]
    assert whole["lead"] == ""
    here = send(as_("office"), sample("libreoffice"), "testo").json()
    assert here["lead"] == "<p>Premessa dell’ufficio.</p>"
    assert [block["type"] for block in here["blocks"]] == ["section", "table", "text"]
    assert "1 nota a piè di pagina" in here["sentence"]


def test_fields_of_plain_text_get_lines_and_addresses(as_: Any) -> None:
    found = send(as_("office"), sample("word"), "righe").json()
    lines = found["lines"].splitlines()
    for line in ("1. Finalità", "- lo sportello avvisa;", "- Reparto · 24 ore · MD-04"):
        assert line in lines
    assert "Normattiva (https://www.normattiva.it/atto?id=328&x=1)" in found["lines"]
    assert "<" not in found["lines"]
    assert "Qui il testo è semplice" in found["sentence"]


def test_too_much_at_once_is_refused_with_a_sentence(as_: Any) -> None:
    refused = send(as_("office"), "<p>x</p>" * 130_000)
    assert refused.status_code == 413
    assert "una parte alla volta" in refused.json()["sentence"]


def test_only_editors_may_ask(as_: Any) -> None:
    assert send(as_("office"), "<p>x</p>").status_code == 200
    assert send(as_("trainee"), "<p>x</p>").status_code in {302, 403, 404}
    assert send(as_("anonymous"), "<p>x</p>").status_code == 302
    assert as_("office").get("/admin/incolla/").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("html", ["<p>a</p>" * 20_000, f"<p>{'a' * 1_000_001}</p>"])
def test_what_would_hold_the_site_is_refused_with_a_sentence(html: str, as_: Any) -> None:
    answered = send(as_("coordinator"), html)
    assert answered.status_code == 413 and "troppo lungo" in answered.json()["sentence"]
    assert send(as_("coordinator"), "<p>a</p>" * 2_000).status_code == 200
