"""Giving somebody access to a space: what it opens is said first, and written down after."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desk import Window

SPACE = "/spazi/terzo-settore/"


def test_a_colleague_is_let_in_with_a_reason_after_seeing_what_it_opens(open_as: Callable[..., Window]) -> None:
    manager, newcomer = open_as("coordinator"), open_as("newcomer")
    assert newcomer.go(SPACE).status == 404

    page = manager.page
    manager.go(SPACE)
    page.get_by_role("link", name="Condivisione").click()
    page.get_by_label("Persona o ente").fill("Tommaso Lenzi")
    page.get_by_label("Ruolo", exact=True).select_option(label="lettore")
    page.locator("#id_reason").fill("Affianca chi segue la telefonia")
    page.get_by_role("button", name="Continua").click()
    ask = page.get_by_role("status").filter(has_text="Darai accesso a")
    expect(ask).to_contain_text("1 persona: Tommaso Lenzi")
    expect(page.locator("#id_reason")).to_have_value("Affianca chi segue la telefonia")
    assert newcomer.go(SPACE).status == 404, "prima della conferma non entra nessuno"

    page.get_by_role("button", name="Sì, dai accesso").click()
    expect(page.locator("#annuncio")).to_contain_text("Tommaso Lenzi")
    expect(page.get_by_role("row", name="Tommaso Lenzi")).to_contain_text("Affianca chi segue la telefonia")
    log = page.locator("section", has=page.locator("#h-registro")).get_by_role("listitem").first
    expect(log).to_contain_text("Chiara Bonacchi ha dato a Tommaso Lenzi il ruolo di lettore")
    expect(log).to_contain_text("Affianca chi segue la telefonia")

    assert newcomer.go(SPACE).status == 200
    assert "Puoi leggere, cercare e scaricare." in newcomer.text
    assert newcomer.go("/p/PR-11/").status == 200
    assert newcomer.go(f"{SPACE}condivisione/").status == 403, "un lettore non decide chi entra"


def test_a_name_that_nobody_has_is_refused_beside_its_field(open_as: Callable[..., Window]) -> None:
    manager = open_as("coordinator")
    page = manager.page
    manager.go(f"{SPACE}condivisione/")
    page.get_by_label("Persona o ente").fill("Zebedeo Quaglia")
    page.locator("#id_reason").fill("Prova")
    page.get_by_role("button", name="Continua").click()
    field = page.get_by_label("Persona o ente")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("Non trovo nessuna persona e nessun ente con questo nome.")
    page.get_by_role("alert").get_by_role("link").click()
    expect(field).to_be_focused()
    expect(field).to_have_value("Zebedeo Quaglia")


def test_a_page_is_shared_with_another_space_and_taken_back(open_as: Callable[..., Window]) -> None:
    manager, reader = open_as("coordinator"), open_as("trainee")
    assert reader.go("/p/OP-11/").status == 404

    page = manager.page
    manager.go(f"{SPACE}condivisione/")
    form = page.locator("form[action*='/condivisione/pagine/#']")
    form.get_by_label("Pagina").select_option(label="OP-11 Inviare una persona alla telefonia sociale")
    form.get_by_label("Con quale spazio").select_option(label="Modulistica e comunicazione")
    form.get_by_label("Perché").fill("Chi riceve il modulo cerca anche i passi")
    form.get_by_role("button", name="Condividi la pagina").click()
    expect(page.locator("#annuncio")).to_contain_text("condivisa con «Modulistica e comunicazione»")
    assert reader.go("/p/OP-11/").status == 200
    reader.go("/spazi/modulistica/")
    assert "Condivise con questo spazio" in reader.text

    page.get_by_role("button", name="Togli la condivisione di Inviare una persona").click()
    expect(page.locator("#annuncio")).to_contain_text("non è più condivisa")
    assert reader.go("/p/OP-11/").status == 404


def test_a_manager_sees_the_space_as_a_member_does(open_as: Callable[..., Window]) -> None:
    manager = open_as("coordinator", 390)
    page = manager.page
    manager.go(f"{SPACE}condivisione/")
    page.get_by_label("Persona", exact=True).select_option(label="Rosanna Cioni, Il Filo Rosso ODV")
    page.get_by_role("button", name="Mostra lo spazio").click()
    expect(page.get_by_role("status").filter(has_text="Così vede lo spazio")).to_contain_text("Rosanna Cioni")
    assert "Scrivi in questo spazio" not in manager.text
    page.get_by_role("link", name="Torna alla condivisione").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Condivisione")
