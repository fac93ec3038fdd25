"""Minutes that gained a decision: given back on a phone with a reason, corrected, approved, read."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desk import Mailbox, Window

DECISION = "Il venerdì risponde il referente col taccuino turchese."
NOTE = "Si aggiunge la decisione sul venerdì."
REASON = "Scrivi anche l’orario del venerdì."


def test_minutes_go_back_with_a_reason_and_are_approved_from_a_phone(
    open_as: Callable[..., Window], mailbox: Mailbox
) -> None:
    author, reader = open_as("coordinator"), open_as("worker")
    approver = open_as("health_manager", 390)
    edit = _propose(author)
    _give_back(approver, mailbox)
    _correct(author, edit)
    _approve(approver)
    reader.go("/p/R-05/")
    assert f"{DECISION} Dalle 9 alle 13." in reader.text
    mailbox.wait_for("coordinator", "Andrea Salvestrini ha approvato la tua pagina")


def _propose(author: Window) -> str:
    """Add a decision to the minutes of R-05, as a row of its own, and ask for approval."""
    page = author.page
    author.go("/spazi/integrazione/")
    page.get_by_role("link", name="Scrivi in questo spazio").click()
    page.get_by_role("link", name=re.compile("Tavolo dimissioni protette")).first.click()
    edit = page.url
    page.get_by_role("button", name=re.compile("Aggiungi Decisione")).click()
    page.locator("textarea[name^=decisions-][name$=-text]").last.fill(DECISION)
    page.get_by_role("textbox", name="Che cosa cambia").fill(NOTE)
    _send(author)
    author.go("/")
    assert "In attesa di approvazione: R-05" in author.text and "può approvarla" in author.text
    return edit


def _send(author: Window) -> None:
    author.page.get_by_role("button", name="Altre azioni").last.click()
    author.page.get_by_role("button", name=re.compile("^Chiedi (di nuovo )?l’approvazione")).click()
    author.page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))


def _open(approver: Window) -> None:
    approver.go("/")
    row = approver.page.locator("#da-fare li", has_text="R-05")
    expect(row).to_contain_text("lo chiede Chiara Bonacchi")
    row.get_by_role("link", name="Decidi").click()
    expect(approver.page.locator("main")).to_contain_text(NOTE)


def _give_back(approver: Window, mailbox: Mailbox) -> None:
    """The way to the buttons is on the first screen; an empty reason is refused, and what was typed stays."""
    _open(approver)
    page = approver.page
    changes = page.locator(".differences")
    expect(changes).to_contain_text("Decisione (si aggiunge)")
    expect(changes).to_contain_text(DECISION)
    to_decide = page.get_by_role("link", name="Approva o chiedi modifiche")
    expect(to_decide).to_be_in_viewport()
    to_decide.click()
    back = page.get_by_role("button", name="Chiedi modifiche")
    expect(back).to_be_in_viewport()
    back.click()
    expect(page.locator("main")).to_contain_text("Scrivi che cosa va cambiato")
    page.get_by_label("Che cosa scrivi a chi l’ha proposta").fill(REASON)
    page.get_by_role("button", name="Chiedi modifiche").click()
    page.wait_for_url(f"{approver.site.url}/")
    mailbox.wait_for("coordinator", REASON)


def _correct(author: Window, edit: str) -> None:
    """From the duty to the page, and back to the approver."""
    author.go("/")
    row = author.page.locator("#da-fare li", has_text="Ti è tornata: R-05")
    expect(row).to_contain_text(REASON)
    row.get_by_role("link", name="Correggi").click()
    author.page.wait_for_url(edit)
    expect(author.page.locator("body")).to_contain_text(f"Ti è tornata: «{REASON}»")
    author.page.locator("textarea[name^=decisions-][name$=-text]").last.fill(f"{DECISION} Dalle 9 alle 13.")
    _send(author)
    author.go("/")
    assert "Ti è tornata" not in author.text


def _approve(approver: Window) -> None:
    _open(approver)
    approver.page.get_by_role("button", name="Approva", exact=True).click()
    approver.page.wait_for_url(f"{approver.site.url}/")
    expect(approver.page.locator("#annuncio")).to_contain_text("Hai approvato «R-05")
