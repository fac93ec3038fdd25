"""A form, from what it asks to the sheet that somebody fills in."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.e2e.desk import Window, axe, beyond_the_edge

FIELDS = [("Titolo di una parte", "La persona"), ("Testo breve", "Nome e città"), ("Una scelta", "Vive da solo")]
ANSWERS = ["sì", "no, perché c’è chi l’aiuta"]
TITLE = "Scheda d’autunno"


def test_a_form_described_by_hand_is_downloaded_filled_in_and_its_old_address_leads_on(
    open_as: Callable[..., Window], tmp_path: Path
) -> None:
    author, approver, reader = (open_as(who) for who in ("coordinator", "director", "worker"))
    _describe(author)
    _send(author.page)
    _approve(approver)
    reader.go("/spazi/rete/")
    reader.page.locator("main").get_by_role("link", name=TITLE).first.click()
    expect(reader.page.locator("main")).to_contain_text(
        "Vive da solo: una scelta fra «sì», «no, perché c’è chi l’aiuta»"
    )
    assert axe(reader) == [] and beyond_the_edge(reader) == []
    first = _download(reader.page, "Scarica il PDF da compilare", tmp_path)
    assert [each["/TU"] for each in (PdfReader(first).get_fields() or {}).values()] == ["Nome e città", "Vive da solo"]
    assert _download(reader.page, "Scarica l’ODT", tmp_path).read_bytes().startswith(b"PK")
    address = reader.page.get_by_role("link", name="Scarica il PDF da compilare").get_attribute("href") or ""

    _next_version(author, reader.page.url)
    _approve(approver)
    reader.go(address)
    expect(reader.page.locator("h1")).to_contain_text(TITLE)
    expect(reader.page.locator("#annuncio")).to_contain_text("è della versione 1.0, superata")
    for linking in ("/spazi/rete/", "/moduli/"):
        reader.go(linking)
        reader.page.locator("main").get_by_role("link", name=TITLE).first.click()
        expect(reader.page.locator(".status").first).to_contain_text("versione 1.1")
    second = _download(reader.page, "Scarica il PDF da compilare", tmp_path)
    assert "Nome, città e Comune" in [each["/TU"] for each in (PdfReader(second).get_fields() or {}).values()]


def _describe(author: Window) -> None:
    """Each field is chosen from the list and typed, in Wagtail's editor."""
    page = author.page
    author.go("/spazi/rete/")
    page.get_by_role("link", name="Nuovo…").click()
    page.locator("main").get_by_role("link", name=re.compile("^Modulo( |$)")).first.click()
    page.wait_for_url(re.compile(r"/admin/pages/add/"))
    author.type("#id_title", TITLE)
    for place, (kind, label) in enumerate(FIELDS):
        _add(page, place, kind)
        name = f"form_fields-{place}-value" + ("" if place == 0 else "-label")
        page.locator(f"[name={name}]").click()
        page.keyboard.type(label)
    for place, answer in enumerate(ANSWERS):
        page.locator(f"[name=form_fields-2-value-choices-{place}-value]").fill(answer)
    page.locator("[name=valid_from]").fill(f"{date.today() - timedelta(days=1):%Y-%m-%d}")
    page.locator("#id_change_note").fill("Prima stesura.")
    assert beyond_the_edge(author) == []


def _add(page: Page, place: int, kind: str) -> None:
    section = page.locator("#panel-child-contenuto-form_fields-section")
    section.get_by_role("button", name="Inserisci un blocco").last.click()
    page.get_by_role("option", name=kind, exact=True).click()
    expect(page.locator(f"[name=form_fields-{place}-type]")).to_be_attached()


def _next_version(author: Window, url: str) -> None:
    page = author.page
    page.goto(url)
    page.get_by_role("link", name="Modifica", exact=True).click()
    page.get_by_role("radio", name=re.compile("1.1, modifica minore")).check()
    page.locator("[name=valid_from]").fill(f"{date.today():%Y-%m-%d}")
    page.locator("[name=form_fields-1-value-label]").fill("Nome, città e Comune")
    page.locator("#id_change_note").fill("Anche il Comune.")
    _send(page)


def _send(page: Page) -> None:
    page.locator("#id_change_note").click()  # a calendar that opened late closes
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name=re.compile("^Chiedi (di nuovo )?l’approvazione")).first.click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))


def _approve(approver: Window) -> None:
    approver.go("/")
    approver.page.locator("#da-fare li", has_text=TITLE).get_by_role("link", name="Decidi").click()
    approver.page.get_by_role("button", name="Approva", exact=True).click()
    approver.page.wait_for_url(f"{approver.site.url}/")


def _download(page: Page, name: str, folder: Path) -> Path:
    """Made already, or, where the worker is still at it, by the page that waits for it."""
    with page.expect_download() as found:
        page.get_by_role("link", name=name).click()
    kept = folder / found.value.suggested_filename
    found.value.save_as(kept)
    page.go_back() if "/edizioni/" in page.url else None
    return kept
