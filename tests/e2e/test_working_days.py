"""Days at work: a procedure on a phone, a signed act, what is to be looked at again, a question answered for all."""

import re
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from protocols.demo_forms import signed
from tests.e2e.desk import Mailbox, Window, axe, beyond_the_edge, eventually, text_of

TITLE = "Uso della saletta del tiglio"
QUESTION = "Chi apre la saletta del ginepro il sabato?"


def test_a_worker_opens_a_procedure_on_a_phone_step_by_step_and_prints_one_sheet(
    open_as: Callable[..., Window],
) -> None:
    worker = open_as("worker", 390)
    page = worker.page
    worker.go("/cerca/")
    worker.search("attivare dimissione protetta")
    page.locator("main").get_by_role("link", name=re.compile("Attivare una dimissione protetta")).first.click()
    page.wait_for_url("**/p/OP-04/**")
    worker.go("/p/OP-04/?passo=1")
    expect(page.locator("li.step")).to_have_count(1)
    step = page.locator("li.step")
    expect(step).to_contain_text("entro 48 ore dal ricovero")
    expect(step.get_by_role("link", name="MD-04 Segnalazione per").first).to_be_visible()
    assert page.locator("main a[href^='tel:']").count() > 0
    assert axe(worker) == [] and beyond_the_edge(worker) == []
    page.get_by_role("link", name="Avanti").click()
    expect(page.locator("li.step")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("Passo 2 di")

    page.get_by_role("link", name="Mostra tutti i passi").click()
    card = page.get_by_role("link", name=re.compile("tascabile")).get_attribute("href") or ""
    sheet = _drawn(worker, card)
    assert len(PdfReader(BytesIO(sheet)).pages) == 1


def _drawn(window: Window, address: str) -> bytes:
    """The PDF, which the worker draws once."""

    def ready() -> bytes | None:
        answer = window.page.request.get(f"{window.site.url}{address}")
        return answer.body() if answer.status == 200 else None

    found: bytes = eventually(ready, 30, "il foglio è disegnato")
    return found


def test_the_office_types_the_register_and_readers_see_who_signed_the_act_and_its_fingerprint(
    open_as: Callable[..., Window], tmp_path: Path
) -> None:
    office, approver, reader = (open_as(who) for who in ("office", "director", "worker"))
    act = tmp_path / "delibera-del-ginepro.pdf.p7m"
    act.write_bytes(signed(b"%PDF-1.7 la delibera del ginepro"))
    page = office.page
    office.go("/spazi/rete/")
    page.get_by_role("link", name="Nuovo…").click()
    page.locator("main").get_by_role("link", name=re.compile("^Protocollo( |$)")).first.click()
    page.wait_for_url(re.compile(r"/admin/pages/add/"))
    office.type("#id_title", TITLE)
    page.locator("#id_summary").fill("Chi apre la saletta, e quando.")
    page.locator("#panel-child-contenuto-body-section .DraftEditor-root [contenteditable=true]").first.click()
    page.keyboard.type("La saletta si apre il sabato.")
    page.locator("[name=register_number]").fill("SDS-0777/2026")
    page.locator("[name=register_date]").fill("3/3/2026")
    page.locator("[name=register_office]").fill("Ufficio protocollo")
    _upload(page, act)
    page.locator("#id_change_note").fill("Si aggiungono il registro e la delibera firmata.")
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name=re.compile("^Chiedi l’approvazione")).first.click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))
    approver.go("/")
    approver.page.locator("#da-fare li", has_text=TITLE).get_by_role("link", name="Decidi").click()
    approver.page.get_by_role("button", name="Approva", exact=True).click()
    approver.page.wait_for_url(f"{approver.site.url}/")

    reader.go("/spazi/rete/")
    reader.page.locator("main").get_by_role("link", name=TITLE).first.click()
    reader.page.wait_for_url("**/p/**")
    facts = reader.page.locator("div.status")
    expect(facts).to_contain_text("P7M")
    eventually(lambda: reader.page.reload() and facts.get_by_text("Firma di prova").count(), 20, "chi ha firmato")
    expect(facts).to_contain_text("il contenuto è quello firmato")
    reader.page.get_by_text("Impronta SHA-256").click()
    expect(facts).to_contain_text(sha256(act.read_bytes()).hexdigest())
    expect(reader.page.locator("main")).to_contain_text("registro SDS-0777/2026 del 3 marzo 2026, Ufficio protocollo")
    assert axe(reader) == []


def _upload(page: Page, file: Path) -> None:
    page.locator("#panel-child-contenuto-registro_e_atto-section, form").locator(
        "#id_act_file-chooser [data-chooser-action-choose]"
    ).first.click()
    modal = page.locator(".modal.in").last
    modal.get_by_role("tab", name="Carica").click()
    modal.locator("input[type=file]").last.set_input_files(file)
    modal.locator("input[name$=title]").last.fill("Delibera del ginepro")
    modal.locator("form[action*=create] button[type=submit]").last.click()
    modal.wait_for(state="hidden")


def test_the_coordinator_lists_what_is_near_its_day_and_answers_for_one(open_as: Callable[..., Window]) -> None:
    coordinator = open_as("coordinator")
    page = coordinator.page
    coordinator.go("/revisioni/")
    expect(page.locator("main")).to_contain_text("dei prossimi due mesi")
    row = page.locator("main li").filter(has_text="PR-04")
    expect(row).to_contain_text("ne risponde")
    row.get_by_role("link").first.click()
    page.wait_for_url("**/p/PR-04/**")
    page.get_by_role("button", name="Confermo senza modifiche").click()
    expect(page.locator("#annuncio")).to_contain_text("la prossima revisione è entro")
    coordinator.go("/revisioni/")
    expect(page.locator("main li").filter(has_text="PR-04")).to_have_count(0)


def test_a_question_of_a_worker_becomes_an_answer_for_all_which_she_finds(
    open_as: Callable[..., Window], mailbox: Mailbox
) -> None:
    worker, coordinator = open_as("worker", 390), open_as("coordinator")
    before = len(mailbox.to("worker"))
    worker.go("/spazi/rete/")
    worker.page.get_by_role("link", name="Fai una domanda").click()
    worker.page.get_by_label("La tua domanda").fill(QUESTION)
    worker.page.get_by_role("button", name="Invia").click()
    expect(worker.page.locator("#annuncio")).to_contain_text("La domanda è partita")

    mailbox.wait_for("coordinator", QUESTION)
    coordinator.go("/")
    page = coordinator.page
    page.locator("#da-fare li", has_text="Una domanda").get_by_role("link", name="Leggi").first.click()
    page.get_by_role("link", name="Fanne un quesito per tutti").click()
    expect(page.get_by_label("La domanda", exact=True)).to_have_value(QUESTION)
    page.get_by_label("In quale spazio").select_option(label="Rete dei servizi sociali")
    page.get_by_label("La risposta in una frase").fill("La apre il custode, chiamato entro giovedì.")
    page.get_by_label("La risposta", exact=True).fill("Elena Fedi chiama il custode.")
    page.get_by_label(re.compile("^Ho riletto")).check()
    page.get_by_role("button", name="Pubblica il quesito").click()
    expect(page.locator("main")).to_contain_text("Qui c’è il nome di chi ha chiesto")
    page.get_by_label("La risposta", exact=True).fill("Si chiama il custode.")
    assert axe(coordinator) == []
    page.get_by_role("button", name="Pubblica il quesito").click()
    expect(page.locator("#annuncio")).to_contain_text("riceve una mail con il collegamento")

    told = text_of(mailbox.wait_for("worker", "La risposta intera, per tutti", after=before))
    worker.go("/cerca/")
    eventually(lambda: _finds(worker), 20, "il quesito si trova")
    worker.page.locator("main").get_by_role("link", name=re.compile("saletta del ginepro")).first.click()
    expect(worker.page.locator("h1")).to_have_text(QUESTION)
    assert worker.page.url.split("?")[0] in told and "Fedi" not in worker.text
    assert beyond_the_edge(worker) == []


def _finds(window: Window) -> bool:
    window.search("saletta ginepro sabato")
    return window.page.locator("main").get_by_role("link", name=re.compile("saletta del ginepro")).count() > 0
