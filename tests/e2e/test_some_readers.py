"""What only some read: a part of a page, written in the editor; a page for a school, by a link without an account."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.desk import SIZES, Window, axe, beyond_the_edge

WORD = "zampognara"


def add(page: Page, under: Locator, kind: str) -> None:
    """A block, by its button and by its name."""
    under.locator(".c-sf-add-button").locator("visible=true").last.click()
    page.get_by_role("option", name=kind, exact=True).first.click()


def write(page: Page, under: Locator, words: str) -> None:
    under.locator(".public-DraftEditor-content").last.click()
    page.keyboard.type(words)


def publish(page: Page) -> None:
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name="Pubblica", exact=True).first.click()
    expect(page.locator(".messages")).to_contain_text(re.compile("è pubblicata|Hai pubblicato"))


def share(author: Window, title: str, space: str) -> None:
    author.go("/spazi/rete/condivisione/")
    form = author.page.locator("form[action*='/condivisione/pagine/#']")
    form.get_by_label("Pagina").select_option(label=title)
    form.get_by_label("Con quale spazio").select_option(label=space)
    form.get_by_label("Perché").fill("Lo guidano loro")
    form.get_by_role("button", name="Condividi la pagina").click()
    expect(author.page.locator("#annuncio")).to_contain_text("condivisa con")


def test_a_part_for_colleagues_is_written_in_the_editor_and_is_not_there_for_a_partner(
    open_as: Callable[..., Window],
) -> None:
    author, colleague, partner = open_as("coordinator"), open_as("worker", 390), open_as("partner", 390)
    page = author.page
    author.go("/spazi/rete/nuovo/")
    page.locator("main").get_by_role("link", name=re.compile("^Pagina( |$)")).first.click()
    expect(page.locator("#w-autosave-indicator")).to_be_attached()
    author.type("#id_title", "Giri del pulmino")
    page.locator("#id_summary").fill("Chi porta chi.")
    body = page.locator("[data-contentpath=body]").first
    add(page, body, "Testo senza titolo")
    write(page, body, "Il pulmino parte alle otto.")
    add(page, body, "Parte riservata")
    part = page.locator(".reserved-part")
    expect(part).to_contain_text("La legge solo chi indichi qui, insieme a chi scrive in questo spazio.")
    expect(part).not_to_contain_text("minimo")  # nothing is wrong before anything is written
    assert part.evaluate("part => parseInt(getComputedStyle(part).borderLeftWidth)") >= 4
    add(page, part.locator("[data-contentpath=readers]"), "Per ruolo")
    part.locator("select").select_option(label="chi ha un ruolo in questo spazio")
    add(page, part.locator("[data-contentpath=content]"), "Testo senza titolo")
    write(page, part, f"La {WORD} ha la chiave.")
    page.locator("#id_change_note").fill("Da lunedì.")
    publish(page)
    page.locator(".messages").get_by_role("link", name="Leggi la pagina").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Giri del pulmino")
    address = re.sub(r"^https?://[^/]+", "", page.url)
    share(author, "Giri del pulmino", "Terzo settore e partecipazione")

    assert colleague.go(address).status == partner.go(address).status == 200
    assert f"La {WORD} ha la chiave." in colleague.text
    assert "Riservata a chi ha un ruolo in questo spazio." in colleague.text
    assert "Il pulmino parte alle otto." in partner.text
    assert WORD not in partner.page.content() and "iservata" not in partner.page.content()
    assert axe(colleague) == axe(partner) == []

    author.go(address)
    page.get_by_role("link", name="Vedi come la legge un’altra persona").click()
    for person, reads in (("Cioni Rosanna, Il Filo Rosso ODV", False), ("Fedi Elena, Comune di Quarrata", True)):
        page.get_by_label("Persona", exact=True).select_option(label=person)
        page.get_by_role("button", name="Mostra").click()
        expect(page.locator("main")).to_contain_text("Il pulmino parte alle otto.")
        assert (WORD in author.text) is reads, person


def test_a_school_reads_one_page_by_a_link_until_it_is_taken_back(
    open_as: Callable[..., Window], new_context: Callable[..., BrowserContext]
) -> None:
    manager = open_as("coordinator", 390)
    page = manager.page
    manager.go("/spazi/rete/condivisione/")
    page.locator("main").get_by_role("link", name="Collegamenti per esterni").click()
    page.get_by_role("button", name="Permetti i collegamenti in questo spazio").click()
    page.get_by_label("Pagina", exact=True).select_option(
        label="PR-01 Accesso unitario ai servizi: PUA, Punto Insieme e sportelli comunali"
    )
    page.get_by_label("Per chi").fill("Scuola media «Leonardo»")
    page.get_by_label("Fino al").fill("domani")
    page.get_by_label("Perché").fill("La segreteria riceve le famiglie")
    page.get_by_role("button", name="Dai il collegamento").click()
    expect(page.get_by_role("alert").first).to_contain_text("Non leggo questo giorno")
    expect(page.get_by_label("Per chi")).to_have_value("Scuola media «Leonardo»")
    page.get_by_label("Fino al").fill(f"{date.today() + timedelta(days=9):%d/%m/%Y}")
    page.get_by_role("button", name="Dai il collegamento").click()
    address = page.get_by_label("Collegamento", exact=True).input_value()
    manager.go("/spazi/rete/condivisione/")
    assert "Adesso se ne apre uno." in manager.text

    school = Window(manager.site, new_context(viewport=SIZES[390]).new_page(), manager.watch)
    assert school.go(address.removeprefix(manager.site.url)).status == 200
    assert "Aperta per Scuola media «Leonardo»" in school.text and "In breve" in school.text
    assert "negli altri enti" not in school.text
    assert axe(school) == beyond_the_edge(school) == []
    ways = school.page.locator("a").evaluate_all("ways => ways.map((way) => way.getAttribute('href'))")
    assert not [way for way in ways if not re.match(r"#|tel:|mailto:|/esterni/", way)]
    assert "/accesso/login/" in school.go("/p/PR-01/").url

    page.locator("main").get_by_role("link", name="Collegamenti per esterni").click()
    page.get_by_role("button", name="Chiudi il collegamento per Scuola media").click()
    expect(page.locator("#annuncio")).to_contain_text("non apre più niente")
    assert school.go(address.removeprefix(manager.site.url)).status == 404
    school.page.context.close()
