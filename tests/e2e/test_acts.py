"""What people do and take back: an action closed on a telephone, a role taken with open eyes, a person kept whole."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desk import Window


def test_an_action_is_closed_at_one_tap_taken_back_and_closed_with_a_note(open_as: Callable[..., Window]) -> None:
    worker = open_as("worker", 390)
    page = worker.page
    worker.go("/")
    due = page.locator("#da-fare li").first
    words = due.locator(".what").inner_text()
    due.get_by_role("button").click()
    told = page.locator("#annuncio")
    expect(told).to_contain_text(f"Azione chiusa: «{words}»")
    expect(page.locator("#da-fare")).not_to_contain_text(words)
    told.get_by_role("button", name="Annulla").click()
    expect(told).to_contain_text("L’azione è di nuovo da fare")
    page.locator("#da-fare li").filter(has_text=words).get_by_role("button").click()
    told.get_by_role("link", name="Scrivi una nota").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    page.get_by_label("Nota (facoltativa)").fill("L’elenco è in cartella")
    page.get_by_role("button", name="Salva la nota").click()
    expect(told).to_contain_text("La nota è salvata.")
    worker.go("/p/R-02/")
    expect(page.get_by_role("listitem").filter(has_text=words)).to_contain_text("L’elenco è in cartella")


def test_a_role_is_taken_after_a_question_that_says_what_is_lost(open_as: Callable[..., Window]) -> None:
    page = (manager := open_as("coordinator")).page
    manager.go("/spazi/terzo-settore/condivisione/")
    page.get_by_role("button", name="Togli il ruolo a Davide Tesi").click()
    expect(page.locator(".ask")).to_contain_text("Davide Tesi non leggerà più")
    page.get_by_role("link", name="Lascia com’è").click()
    expect(page.get_by_role("row", name="Davide Tesi")).to_be_visible()
    page.get_by_role("button", name="Togli il ruolo a Davide Tesi").click()
    page.get_by_label("Perché").fill("Segue altro")
    page.get_by_role("button", name="Sì, togli il ruolo").click()
    expect(page.locator("#annuncio")).to_contain_text("Davide Tesi non ha più un ruolo nello spazio")
    log = page.locator("section", has=page.locator("#h-registro")).get_by_role("listitem").first
    expect(log).to_contain_text("Segue altro")


def test_a_person_edited_in_the_admin_keeps_body_profession_and_telephone(open_as: Callable[..., Window]) -> None:
    page = (admin := open_as("administrator")).page
    admin.go("/admin/users/")
    page.get_by_role("link", name="Sara Begliomini").click()
    profession = page.locator("[name=profession]").input_value()
    assert profession
    page.locator("[name=first_name]").fill("Sara Maria")
    page.get_by_role("button", name="Salva").click()
    page.get_by_role("link", name="Sara Maria Begliomini").click()
    expect(page.locator("[name=profession]")).to_have_value(profession)
    expect(page.locator("[name=organisation] option:checked")).to_have_text("Comune di San Marcello Piteglio")
