"""Telephone numbers and addresses in any text are links; codes, dates, amounts and numbers of laws are not."""

import random
import re
from html import unescape
from typing import Any

import pytest

from portal.words import contacts

LINK = re.compile(r'<a (?:class="together" )?href="([^"]+)">([^<]+)</a>')


def links(text: str) -> list[tuple[str, str]]:
    return [(unescape(address), unescape(words)) for address, words in LINK.findall(contacts.linked(text))]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Telefona allo 0573 000 140.", "tel:0573000140"),
        ("tel. 0573/000140, la mattina", "tel:0573000140"),
        ("0573-000140", "tel:0573000140"),
        ("0573000140", "tel:0573000140"),
        ("(0573 000 140)", "tel:0573000140"),
        ("055 123456; oppure scrivi", "tel:055123456"),
        ("Roma: 06 1234 5678", "tel:0612345678"),
        ("0573.000.140", "tel:0573000140"),
        ("cellulare 333 1234567", "tel:3331234567"),
        ("333 123 4567", "tel:3331234567"),
        ("+39 0573 000 140", "tel:+390573000140"),
        ("+393331234567", "tel:+393331234567"),
        ("numero verde 800 123 456", "tel:800123456"),
        ("la guardia medica è il 116117.", "tel:116117"),
        ("116 117", "tel:116117"),
        ("Se c’è pericolo chiama il 112, poi il referente", "tel:112"),
        ("numero antiviolenza: chiama il 1522", "tel:1522"),
        ("gli orari del Centro e il numero nazionale 1522: potrà tornare", "tel:1522"),
        ("Pericolo in corso: 112. Di notte", "tel:112"),
        ("rosso, pericolo adesso: 112 senza riagganciare", "tel:112"),
        ("non ricordi se chiamare 112 o 118", "tel:112"),
        ("scrivi a privacy@raccordo.example.", "mailto:privacy@raccordo.example"),
        ("uff.minori+pec@pec.comune.example", "mailto:uff.minori+pec@pec.comune.example"),
        (
            "vai su https://www.agid.gov.it/it/accessibilita?x=1&y=2.",
            "https://www.agid.gov.it/it/accessibilita?x=1&y=2",
        ),
        ("(www.garanteprivacy.it)", "https://www.garanteprivacy.it"),
    ],
)
def test_a_contact_is_a_link(text: str, address: str) -> None:
    assert [found for found, _words in links(text)] == [address]


@pytest.mark.parametrize(
    "text",
    [
        "legge 328/2000", "L. 8 novembre 2000, n. 328", "DPR 05/05/2017", "il 01/12/2026", "01.12.2026", "01-12-2026",
        "2026-11-25", "dalle 09.00-13.00", "08:30-12:30", "€ 61.500", "6.500 euro", "320 000 000 euro", "€ 333 123 456",
        "registro SDS-0168", "prot. 0123456/2026", "n. 0573000140", "PR-02", "OP-04 v3.0", "1:6.500", "2.214 su 3.075",
        "codice RSSMRA80A01H501U", "IBAN IT60 X054 2811 1010 0000 0123 456", "045/2026", "02/2026", "entro 48 ore",
        "112 persone", "il 112 per cento", "800 persone", "nel 1522", "anni 2025/2026", "0,5 %", "0573", "000 140",
        "Totale: 112", "persone raggiunte: 118.", "Articolo 112: il ricorso",
        "1.0", "3 4 5", "punto 0.1", "@nessuno", "a@b", "www.", "http://", "impronta 8f2b1d7b21fb5788",
    ],
)  # fmt: skip
def test_what_is_no_contact_stays_text(text: str) -> None:
    assert links(text) == []


def test_whatever_is_typed_the_words_stay_and_nothing_becomes_markup() -> None:
    chance = random.Random(7)
    signs = "0123456789 0573 000 140 +39./-,:;<>&\"'()@wwwhttps://aà’€%\n"
    for _turn in range(3000):
        text = "".join(chance.choice(signs) for _sign in range(chance.randint(1, 60)))
        shown = contacts.linked(text)
        assert unescape(LINK.sub(r"\2", shown)) == text
        assert "<" not in LINK.sub("", shown)
        for address, _words in LINK.findall(shown):
            assert address.startswith(("tel:", "mailto:", "https://", "http://"))


def test_a_number_is_found_whatever_stands_around_it() -> None:
    chance = random.Random(11)
    for _turn in range(500):
        area, body = f"0{chance.randint(11, 999)}", f"{chance.randint(10**5, 10**7 - 1)}"
        number = chance.choice([f"{area} {body}", f"{area}/{body}", f"{area}-{body}"])
        around = chance.choice(["chiama lo {}", "({})", "{}, di mattina", "Franca: {}; poi", "{}."])
        assert links(around.format(number)) == [(f"tel:{area}{body}", number)], number


@pytest.mark.parametrize("typed", ["abc", "da chiedere in sede", "<b>"])
def test_a_field_for_the_telephone_that_holds_none_gives_no_link(typed: str) -> None:
    assert LINK.findall(contacts.telephones(typed)) == []


def test_a_field_with_two_numbers_gives_two_links() -> None:
    assert [address for address, _ in LINK.findall(contacts.telephones("0573 000 140 / 333 1234567"))] == [
        "tel:0573000140", "tel:3331234567",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_numbers_in_the_text_of_a_page_can_be_tapped(as_: Any) -> None:
    from portal import demo
    from portal.models.pages import TextPage

    page = TextPage(title="Prova dei numeri", body=demo.body_of([
        {"heading": "Contatti", "text": "Chiama lo 0573 000 140 o scrivi a prova@raccordo.example (legge 328/2000).",
         "rows": [("Sportello", "0573 000 141, www.raccordo.example")]},
    ]))  # fmt: skip
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=demo.person("chiara.bonacchi"))
    shown = as_("worker").get(page.url).content.decode()
    assert 'href="tel:0573000140"' in shown
    assert 'href="mailto:prova@raccordo.example"' in shown
    assert 'href="tel:0573000141"' in shown
    assert 'href="https://www.raccordo.example"' in shown
    assert ">328/2000<" not in shown
