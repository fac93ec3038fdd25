"""A body adopts with its own way of doing it, and somebody reads and signs: typed and clicked, on a phone."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from playwright.sync_api import Page, expect

from tests.e2e.desk import Window, axe, beyond_the_edge, eventually


def test_a_delegate_adopts_with_an_adaptation_and_colleagues_read_it_beside_the_section(
    open_as: Callable[..., Window],
) -> None:
    page = (worker := open_as("worker", 390)).page
    worker.go("/p/PR-01/")
    page.get_by_role("link", name="Cambia che cosa fa l’ente: Comune di Quarrata").click()
    page.get_by_label("recepito con adattamento").check()
    page.get_by_role("button", name="Registra").click()
    problems = page.locator(".problems")
    expect(problems).to_contain_text("Scrivi tipo e numero dell’atto")
    page.get_by_label("Atto", exact=True).fill("Delibera di Giunta 151")
    page.get_by_label("Data dell’atto").fill("3.3.2026")
    page.get_by_label("Tempi").check()
    page.get_by_label("Come si fa qui").fill("A Quarrata lo sportello risponde anche il sabato mattina.")
    page.get_by_label("Perché").fill("Il mercato è di sabato.")
    page.get_by_role("button", name="Registra").click()
    expect(page.locator("#annuncio")).to_contain_text("chi legge il protocollo lo vede da adesso")
    expect(page.locator("#annuncio")).to_be_in_viewport()  # although the form posts to its place below
    worker.go("/p/PR-01/")
    expect(page.locator("section", has=page.locator("#tempi")).locator(".local")).to_contain_text("il sabato mattina")
    expect(page.locator(".band")).to_contain_text("Delibera di Giunta 151 del 3 marzo 2026")
    coordinator = open_as("coordinator")
    coordinator.go("/p/PR-01/")
    coordinator.page.locator(".band summary").click()
    expect(coordinator.page.locator(".band li", has_text="Quarrata")).to_contain_text("il sabato mattina")
    coordinator.page.get_by_label("Ente").select_option(label="Comune di Quarrata")
    coordinator.page.get_by_label("Giorno").fill("2/3/2026")
    coordinator.page.get_by_role("button", name="Che cosa valeva").click()
    expect(coordinator.page.locator(".band .status").first).to_contain_text("Comune di Quarrata, 2 marzo 2026")
    expect(coordinator.page.locator(".local")).to_have_count(0)


def test_a_page_is_asked_for_and_signed_with_one_button(open_as: Callable[..., Window]) -> None:
    page = (coordinator := open_as("coordinator")).page
    coordinator.go("/p/PR-08/")
    page.get_by_role("link", name="Letture e firme di questa pagina").click()
    page.get_by_label("Rete dei servizi sociali").check()
    page.get_by_label("Tutela minori e famiglie").check()
    page.get_by_label("Entro il").fill("31/12/2099")
    page.get_by_label("È obbligatoria").check()
    page.get_by_role("button", name="Chiedi").click()
    expect(page.locator("#annuncio")).to_contain_text(re.compile(r"Chiesto a 1\d persone\."))
    quarrata = page.get_by_role("row", name="Comune di Quarrata")
    expect(quarrata).to_contain_text("Elena Fedi")
    missing = _missing(page)
    reader = (worker := open_as("worker", 390)).page
    worker.go("/")
    due = reader.locator("#da-fare li", has_text="PR-08")
    due.get_by_role("link").first.click()
    reader.get_by_role("button", name="Ho letto e compreso").click()
    expect(reader.locator("#annuncio")).to_contain_text("Hai firmato: versione 1.0.")
    worker.go("/")
    expect(reader.locator("#da-fare")).not_to_contain_text("PR-08")
    page.reload()
    expect(quarrata).to_contain_text("versione 1.0")
    assert _missing(page) == missing - 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Scarica CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines(), delimiter=";"))
    named = [row for row in rows if row["Persona"]]
    assert len([row for row in named if not row["Firmato il"]]) == missing - 1 == _sum(rows, "Mancano")
    assert len(named) == _sum(rows, "Chiesto a") == missing
    (signed,) = (row for row in named if row["Firmato il"])
    assert (signed["Ente"], signed["Persona"]) == ("Comune di Quarrata", "Elena Fedi")


def _sum(rows: list[dict[str, str]], name: str) -> int:
    return sum(int(row[name]) for row in rows if row[name])


def _missing(page: Page) -> int:
    """How many have not signed yet, body by body."""
    cells = page.locator("td[data-label='Mancano:'] .is-soon").all_inner_texts()
    return sum(map(int, cells))


def test_a_partner_reads_signs_and_keeps_what_is_shared_with_her(open_as: Callable[..., Window]) -> None:
    page = (coordinator := open_as("coordinator")).page
    coordinator.go("/p/PR-07/")
    page.get_by_role("link", name="Letture e firme di questa pagina").click()
    page.get_by_label("Terzo settore e partecipazione").check()
    page.get_by_label("Entro il").fill("31/12/2099")
    page.get_by_label("È obbligatoria").check()
    page.get_by_role("button", name="Chiedi").click()
    expect(page.locator("#annuncio")).to_contain_text("Chiesto a")

    reader = (partner := open_as("partner")).page
    partner.go("/")
    expect(reader.get_by_role("navigation").first).to_contain_text("Protocolli")
    reader.locator("#da-fare li", has_text="PR-07").get_by_role("link").first.click()
    reader.get_by_role("button", name="Ho letto e compreso").click()
    expect(reader.locator("#annuncio")).to_contain_text("Hai firmato: versione 1.3.")
    address = reader.get_by_role("link", name="PDF della versione 1.3").get_attribute("href") or ""
    copy = eventually(lambda: _drawn(partner, address), 30, "la copia in PDF")
    words = " ".join(sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(copy))
    assert "Copia di consultazione" in words and "versione 1.3" in words and "In vigore dal" in words
    assert partner.go("/p/PR-04/").status == 404


def _drawn(window: Window, address: str) -> bytes:
    answer = window.page.request.get(window.site.url + address)
    return answer.body() if answer.status == 200 else b""


def test_a_session_that_ends_while_a_delegate_writes_costs_nothing(open_as: Callable[..., Window]) -> None:
    page = (worker := open_as("worker", 390)).page
    worker.go("/p/PR-11/")
    page.get_by_role("link", name="Cambia che cosa fa").click()
    page.get_by_label("non applicabile").check()
    page.get_by_label("Perché").fill("Qui non ci sono stanze libere.\nSi rivede a gennaio.")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Registra").click()
    expect(page.locator("#annuncio")).to_contain_text("ritrovi quello che hai scritto")
    page.get_by_label("E-mail").fill("elena.fedi@raccordo.example")
    page.get_by_label("Password").fill("raccordo-demo")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Quello che hai scritto è qui")
    expect(page.locator("main .notice")).to_contain_text("Qui non ci sono stanze libere.")
    assert axe(worker) == [] and beyond_the_edge(worker) == []
    page.get_by_role("button", name="Manda adesso").click()
    expect(page.locator("#annuncio")).to_contain_text("chi legge il protocollo lo vede da adesso")
    worker.go("/p/PR-11/")
    expect(page.locator(".band")).to_contain_text("Qui non ci sono stanze libere.")
