"""A rule changes: written by one person, reviewed by another, signed by its bodies, found by everybody it is for."""

import re
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.desk import Mailbox, Window, eventually

OLD, NEW = "Entro 72 ore dall’uscita.", "Entro 60 ore dall’uscita, con il taccuino arancione."
WORDS = "taccuino arancione"
NOTE = "La visita a casa si fa entro 60 ore, non più 72."


def test_a_change_is_read_only_after_another_person_approves_it_and_the_bodies_sign(
    open_as: Callable[..., Window], mailbox: Mailbox, record_property: Callable[[str, Any], None]
) -> None:
    author, approver, reader, partner = (open_as(who) for who in ("coordinator", "director", "worker", "partner"))
    _let_two_bodies_be_enough(author)
    # A digest, which an earlier test may have sent, names the page too.
    before = len(mailbox.to("director"))
    _propose(author)

    for window in (reader, approver):
        assert not _finds(window)
        window.go("/p/PR-02/")
        expect(window.page.locator(".status").first).to_contain_text("versione 3.0")
        assert OLD in window.text and NEW not in window.text
    reader.go("/")
    assert NOTE not in reader.text

    assert "PR-02" in mailbox.wait_for("director", "PR-02 Dimissioni protette", before)["Subject"]
    _approve(approver)
    assert not _finds(reader)
    _sign(approver)
    took = _sign_last(open_as("health_manager", 390), reader)
    record_property("seconds_from_signature_to_search", round(took, 2))
    print(f"dalla firma alla ricerca: {took:.2f} secondi")  # noqa: T201
    assert took < 10

    _reads_the_new_edition(reader)
    assert not _finds(partner)
    assert partner.go("/p/PR-02/").status == 404
    assert partner.go("/p/PR-02/edizioni/3.0/").status == 404


def _propose(author: Window) -> None:
    """Write version 3.1 in the editors' area and ask for its approval."""
    page = author.page
    author.go("/spazi/integrazione/")
    page.get_by_role("link", name="Scrivi in questo spazio").click()
    page.get_by_role("link", name="Dimissioni protette ospedale–territorio").first.click()
    page.get_by_role("radio", name="3.1, modifica minore").check()
    page.get_by_role("textbox", name="In vigore dal").fill(f"{date.today():%Y-%m-%d}")
    rows = page.locator("[name^=body-][name$=-text]")
    expect(rows.first).to_be_attached()
    values = rows.evaluate_all("nodes => nodes.map((node) => node.value)")
    rows.nth(values.index(OLD)).fill(NEW)
    note = page.get_by_role("textbox", name="Che cosa cambia")
    expect(note).to_be_empty()
    note.fill(NOTE)
    _choose(page, re.compile("^Chiedi l’approvazione"))
    expect(page.locator(".messages")).to_contain_text("Hai chiesto l’approvazione")


def _choose(page: Page, action: re.Pattern[str]) -> None:
    """One of the actions under the editors' page."""
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name=action).click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))


def _let_two_bodies_be_enough(author: Window) -> None:
    author.go("/firme/regole/integrazione/")
    author.page.get_by_role("spinbutton").first.fill("2")
    author.page.get_by_role("button", name="Salva").click()
    expect(author.page.get_by_role("spinbutton").first).to_have_value("2")


def _approve(approver: Window) -> None:
    """From the desk: the text is reviewed, and not yet in force."""
    approver.go("/")
    row = approver.page.locator("#da-fare li", has_text="PR-02").filter(has_text="Chiara Bonacchi")
    row.get_by_role("link", name="Decidi").click()
    expect(approver.page.locator("main")).to_contain_text(NOTE)
    approver.page.get_by_role("button", name="Approva", exact=True).click()
    approver.page.wait_for_url(f"{approver.site.url}/")
    left = approver.page.locator("#da-fare li", has_text="PR-02").filter(has_text="Chiara Bonacchi")
    expect(left.get_by_role("link", name="Decidi")).to_have_count(0)


def _sign(delegate: Window) -> None:
    """In the name of one's body, with the difference before one's eyes."""
    delegate.go("/")
    row = delegate.page.locator("#da-fare li", has_text="PR-02").filter(has_text="a nome di")
    row.get_by_role("link", name="Leggi e decidi").first.click()
    expect(delegate.page.locator("main")).to_contain_text(NOTE)
    expect(delegate.page.locator("main")).to_contain_text("taccuino arancione")
    delegate.page.get_by_role("button", name="Firma", exact=True).click()
    expect(delegate.page.get_by_role("button", name="Firma", exact=True)).to_have_count(0)


def _sign_last(delegate: Window, reader: Window) -> float:
    """Returns the seconds until the reader's search finds the new words."""
    _sign(delegate)
    began = time.monotonic()
    eventually(lambda: _finds(reader), 20, "la ricerca trova il testo firmato")
    return time.monotonic() - began


def _finds(window: Window) -> bool:
    """Whether this person's search finds the new words in PR-02."""
    answer = window.page.request.get(f"{window.site.url}/cerca/", params={"q": WORDS})
    return (
        "taccuino"
        in re.sub(r'<form class="searchbox".*?</form>', "", answer.text(), flags=re.S)
        .replace(f"«{WORDS}»", "")
        .partition("<main")[2]
        and "/p/PR-02/" in answer.text()
    )


def _reads_the_new_edition(reader: Window) -> None:
    page = reader.page
    reader.go("/")
    news = page.locator("main li", has_text="PR-02 Dimissioni protette").filter(has_text=NOTE)
    news.get_by_role("link").first.click()
    page.wait_for_url("**/p/PR-02/")
    expect(page.locator(".status").first).to_contain_text("versione 3.1")
    assert NEW in reader.text and OLD not in reader.text

    editions = page.locator("section", has=page.locator("#edizioni"))
    expect(editions).to_contain_text(NOTE)
    editions.get_by_role("link", name="3.0", exact=True).click()
    page.wait_for_url("**/p/PR-02/edizioni/3.0/")
    expect(page.get_by_role("note", name="Che edizione è")).to_contain_text("Edizione superata")
    assert OLD in reader.text and NEW not in reader.text
    page.get_by_role("link", name="Vai alla versione 3.1, in vigore").click()
    page.wait_for_url("**/p/PR-02/")
