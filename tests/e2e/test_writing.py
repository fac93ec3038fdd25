"""Every kind of page, by hand: begun from its space, typed, sent, refused, corrected, approved, read by a reader."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.e2e.desk import Window

SAMPLES = Path(__file__).parents[1] / "portal" / "pasted"
RETE, FORMAZIONE = "/spazi/rete/", "/spazi/formazione/"


@dataclass(frozen=True)
class Kind:
    """A kind of page, as the list of new pages names it; what must be typed into it; who reads it."""

    name: str
    space: str = RETE
    typed: dict[str, str] = field(default_factory=dict)
    has_file: bool = False
    has_sections: bool = False  # from the start


KINDS = [
    Kind("Protocollo", has_sections=True),
    Kind("Procedura", typed={"steps-0-value-title": "Chiama", "steps-0-value-text": "Chiama il servizio.",
                             "steps-0-value-who": "Chi riceve"}),
    Kind("Modulo", has_file=True),
    Kind("Riunione", typed={"starts_at": "10/12/2036 15.00", "agenda-0-title": "Un punto"}),
    Kind("Servizio"),
    Kind("Quesito"),
    Kind("Notizia"),
    Kind("Pagina"),
    Kind("Percorso", FORMAZIONE),
    Kind("Modulo formativo", FORMAZIONE),
    Kind("Lezione in M1", FORMAZIONE),
]  # fmt: skip
WHY = "Perché nessuno resti ad aspettare."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_page_of_each_kind_goes_by_hand_from_the_first_click_to_its_reader(
    kind: Kind, open_as: Callable[..., Window]
) -> None:
    author, reader = open_as("coordinator"), open_as("worker")
    approver = open_as("director")
    second = f"Come si fa da quest’autunno, detto meglio: {kind.name.lower()}."
    title = f"Prova d’autunno – {kind.name.lower()}: perché, «così»"
    page = author.page
    _begin(author, kind, title)
    editor = _save(page)
    assert not _lists(reader, kind, title)

    _send(page)
    _decide(approver, title, "Chiedi modifiche", "Manca il perché: scrivilo.")
    author.go("/")
    expect(page.locator("#da-fare li", has_text=title)).to_contain_text("Manca il perché")
    author.go(editor)
    page.locator("#id_summary").fill(second)
    _send(page)
    assert not _lists(reader, kind, title)
    _decide(approver, title, "Approva")

    assert _lists(reader, kind, second)
    reader.page.locator("main").get_by_role("link", name=title).first.click()
    expect(reader.page.locator("h1")).to_contain_text(title)
    assert "undefined" not in reader.text and (not kind.has_sections or WHY in reader.text)
    expect(reader.page.get_by_role("link", name="Modifica", exact=True)).to_have_count(0)


def _begin(author: Window, kind: Kind, title: str) -> None:
    page = author.page
    author.go(kind.space)
    page.get_by_role("link", name="Nuovo…").click()
    link = page.locator("main").get_by_role("link", name=re.compile(f"^{kind.name}($| )")).first
    link.click()
    page.wait_for_url(re.compile(r"/admin/pages/add/"))
    expect(page.locator("#w-autosave-indicator")).to_be_attached()
    author.type("#id_title", title)
    page.locator("#id_summary").fill("Come si fa da quest’autunno.")
    for name, words in kind.typed.items():
        page.locator(f"[name={name}]").click()
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    if kind.has_sections:
        page.locator("#panel-child-contenuto-body-section .DraftEditor-root [contenteditable=true]").first.click()
        page.keyboard.type(WHY)
    if kind.has_file:
        page.locator("#panel-child-contenuto-document-section, [id^=panel-child]").get_by_role(
            "button", name=re.compile("documento", re.I)
        ).first.click()
        page.locator(".modal-content").get_by_role("link").filter(
            has_text=re.compile("MD-|md-|Scheda|Modulo")
        ).first.click()
        expect(page.locator(".modal-content")).to_have_count(0)
    page.locator("#id_change_note").fill("Prima stesura.")


def _save(page: Page) -> str:
    """Keep the draft by the button; returns the address of its editor."""
    page.get_by_role("button", name="Salva bozza").last.click()
    expect(page.locator(".messages")).to_contain_text(re.compile("è salvata come bozza|Hai salvato"))
    page.wait_for_url(re.compile(r"/admin/pages/\d+/edit/"))
    return re.sub(r"^https?://[^/]+", "", page.url)


def _send(page: Page) -> None:
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name=re.compile("^Chiedi (di nuovo )?l’approvazione")).first.click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))


def _decide(approver: Window, title: str, answer: str, words: str = "") -> None:
    approver.go("/")
    approver.page.locator("#da-fare li", has_text=title).get_by_role("link", name="Decidi").click()
    if words:
        approver.page.get_by_role("textbox", name="Che cosa scrivi").fill(words)
    approver.page.get_by_role("button", name=answer, exact=True).click()
    approver.page.wait_for_url(f"{approver.site.url}/")


def _lists(reader: Window, kind: Kind, words: str) -> bool:
    reader.go(kind.space)
    return words in reader.text


def test_days_typed_as_italians_type_them_stay_as_typed_and_are_kept(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator")
    page = author.page
    _begin(author, Kind("Notizia"), "Giorni scritti a mano")
    day = page.locator("#id_review_date")
    for words in ("01/12/2036", "15.01.2037", "31-12-2036", "fra un mese", "1/3/2037"):
        day.fill("")
        day.press_sequentially(words)
        day.press("Tab")
        expect(day).to_have_value(words)
    _save(page)
    expect(page.locator("#id_review_date")).to_have_value("01/03/2037")


def test_what_was_typed_outlives_the_session(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator")
    page, context = author.page, author.page.context
    _begin(author, Kind("Notizia"), "Sessione finita")
    _save(page)
    kept = context.cookies()
    context.clear_cookies()
    context.add_cookies([cookie for cookie in kept if cookie["name"] != "sessionid"])  # type: ignore[misc]
    page.locator("#id_summary").fill("Scritto dopo la fine")
    notice = page.locator("#writing-notice")
    expect(notice).to_contain_text("La sessione è finita: entra in un’altra scheda, qui non si perde nulla")
    page.get_by_role("button", name="Salva bozza").last.click()
    expect(notice).to_be_visible()
    expect(page.locator("#id_summary")).to_have_value("Scritto dopo la fine")
    other = Window(author.site, context.new_page(), author.watch)
    other.log_in("coordinator")
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#w-autosave-indicator")).to_contain_text("Salvato alle")
    expect(notice).to_have_count(0)
    _save(page)
    expect(page.locator("#id_summary")).to_have_value("Scritto dopo la fine")
    refused = ("401 ", "403 ")  # the matter of this test; a save that left before the login is answered after it
    author.watch.problems[:] = [each for each in author.watch.problems if not each.startswith(refused)]


def test_on_a_telephone_what_the_editor_says_of_saving_has_a_row_of_its_own(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator", 390)
    author.go("/p/PR-01/")
    author.page.get_by_role("link", name="Modifica", exact=True).click()
    author.type("#id_summary", "!")
    said = author.page.locator(".writing-state")
    expect(said).not_to_be_empty()
    box, state = said.bounding_box(), author.page.get_by_text("Pubblicata", exact=True).first.bounding_box()
    assert box and state
    assert box["width"] > 300 and box["height"] < 60
    assert state["x"] + state["width"] <= 390


def test_typing_without_a_pause_and_a_row_begun_are_saved_and_said(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator")
    page = author.page
    state = page.locator("#w-autosave-indicator")
    _begin(author, KINDS[3], "Scrivere senza sosta")
    _save(page)
    page.locator("#id_actions-ADD").click()
    page.locator("#id_actions-0-text").press_sequentially("Scrivere a tutti")
    expect(state).to_contain_text("tranne azione 1")
    page.locator("#id_minutes").click()
    with page.expect_response(lambda answer: "/edit/" in answer.url and answer.request.method == "POST"):
        for _ in range(150):
            page.keyboard.type("parola ", delay=15)
    expect(state).to_contain_text("Salvato alle")


def test_what_is_typed_at_once_is_saved_or_asked_about_and_no_save_overtakes_the_button(
    open_as: Callable[..., Window],
) -> None:
    author = open_as("coordinator")
    page = author.page
    asked: list[str] = []

    def ask(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", ask)
    _begin(author, Kind("Notizia"), "Scritta di corsa")
    editor = _save(page)
    summary, state = page.locator("#id_summary"), page.locator("#w-autosave-indicator")
    page.goto(f"{author.site.url}{editor}", wait_until="commit")
    author.type("#id_summary", "Subito")
    expect(state).to_contain_text("Salvato alle")  # Wagtail alone sees no difference in what is so early
    summary.press_sequentially(", e via")
    author.go("/")
    assert asked == ["beforeunload"]

    author.go(editor)
    sent: list[str] = []

    def held(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.headers.get("accept", ""))
            if "text/html" in sent[-1]:  # a slow site, while its author writes on
                page.wait_for_timeout(5_000)
        route.continue_()

    page.route("**/edit/", held)
    summary.fill("Ho premuto")
    page.get_by_role("button", name="Salva bozza").last.click(no_wait_after=True)
    form = page.locator("form[data-edit-form]")
    expect(form).to_have_attribute("aria-busy", "true")
    expect(form).to_have_js_property("inert", True)  # it takes nothing that it would lose
    summary.press_sequentially(" e scrivo ancora", delay=100)
    expect(page.locator(".messages")).to_contain_text(re.compile("è salvata come bozza|Hai salvato"))
    expect(summary).to_have_value("Ho premuto")
    summary.press("End")
    summary.press_sequentially(", e adesso scrivo", delay=20)
    expect(summary).to_have_value("Ho premuto, e adesso scrivo")
    assert [each for each in sent if "text/html" not in each] == []
    expect(page.locator("#writing-notice")).to_have_count(0)


def test_two_presses_make_one_page_and_one_title_makes_two(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator")
    page = author.page
    for number in (1, 2):
        _begin(author, Kind("Quesito"), "Due volte lo stesso?")
        page.get_by_role("button", name="Salva bozza").last.dblclick()
        page.wait_for_url(re.compile(r"/admin/pages/\d+/edit/"))
        author.go("/admin/pages/search/?q=Due+volte+lo+stesso")
        expect(page.get_by_role("link", name="Due volte lo stesso?", exact=True)).to_have_count(number)


def test_two_windows_on_one_page_lose_nothing_of_each_other(open_as: Callable[..., Window]) -> None:
    author, other = open_as("coordinator"), open_as("director")
    page, summary = author.page, "#id_summary"
    _begin(author, Kind("Notizia"), "Scritta in due")
    editor = _save(page)
    other.go(editor)
    page.locator(summary).fill("Come l’ha scritta Chiara.")
    expect(page.locator("#w-autosave-indicator")).to_contain_text("Salvato alle")
    other.page.locator(summary).fill("Come l’ha scritta Paolo.")
    expect(page.locator("#w-editing-sessions")).to_contain_text("Paolo Vannini sta scrivendo")
    notice = other.page.locator("#writing-notice")
    expect(notice).to_contain_text("Chiara Bonacchi ha salvato questa pagina alle")
    expect(notice).to_contain_text("Il tuo testo è ancora qui, e non è salvato.")
    with other.page.expect_popup() as popup:
        notice.get_by_role("link", name="Guarda quel testo").click()
    expect(popup.value.locator("body")).to_contain_text("Come l’ha scritta Chiara.")
    popup.value.close()
    expect(other.page.locator("#w-editing-sessions")).to_contain_text("Chiara Bonacchi l’ha salvata")
    other.page.get_by_role("button", name="Salva bozza").last.click()
    expect(other.page.locator(".messages")).to_contain_text("Chiara Bonacchi ha salvato questa pagina alle")
    expect(other.page.locator(summary)).to_have_value("Come l’ha scritta Paolo.")
    notice.get_by_role("button", name="Tieni il mio").click()
    expect(other.page.locator("#w-autosave-indicator")).to_contain_text("Salvato alle")
    expect(notice).to_have_count(0)
    _save(other.page)
    other.watch.problems.clear()  # the refusals were the matter of this test
    author.go(editor)
    expect(page.locator(summary)).to_have_value("Come l’ha scritta Paolo.")
    author.go(editor.replace("edit/", "history/"))
    assert page.locator("main").get_by_text("Chiara Bonacchi").count() > 0


def test_a_page_that_waits_takes_no_letter_from_its_author(open_as: Callable[..., Window]) -> None:
    author = open_as("worker")
    page = author.page
    _begin(author, Kind("Pagina", "/spazi/modulistica/"), "In attesa")
    editor = _save(page)
    _send(page)
    author.go(editor)
    expect(page.locator(".messages")).to_contain_text("Fino ad allora qui si legge e non si scrive")
    for name in ("#id_title", "#id_summary", "#id_change_note"):
        expect(page.locator(name)).to_be_visible()
        page.locator(name).focus()
        page.keyboard.type("di più")
        expect(page.locator(name)).not_to_have_value(re.compile("di più"))
    expect(page.locator("#panel-child-contenuto-body-section .c-sf-add-button").first).to_be_disabled()
    expect(page.get_by_role("button", name="Ritira la richiesta di approvazione").last).to_be_enabled()


def test_a_text_pasted_from_word_becomes_sections_lists_and_a_table_and_says_what_it_left(
    open_as: Callable[..., Window],
) -> None:
    author = open_as("coordinator")
    page = author.page
    _begin(author, Kind("Pagina"), "Incollata da Word")
    _copy(page, (SAMPLES / "word.html").read_text())
    page.get_by_text("Incolla da Word").click()
    page.get_by_role("textbox", name="Riquadro in cui incollare").click()
    page.keyboard.press("Control+V")
    notice = page.locator(".pasted-notice")
    expect(notice).to_contain_text("Ho fatto 3 sezioni e 1 tabella. Non ho portato: 1 immagine")
    headings = page.locator("input[name^=body-][name$=-value-heading]")
    expect(headings).to_have_count(3)
    assert [heading.input_value() for heading in headings.all()] == [
        "1. Finalità", "1.1 Riferimenti", "2. Chi fa che cosa",
    ]  # fmt: skip
    editor = _save(page)
    author.go(editor.replace("edit/", "view_draft/"))
    expect(page.locator("main h2", has_text="2. Chi fa che cosa")).to_be_visible()
    expect(page.locator("main li", has_text="entro un’ora")).to_have_count(2)  # inside the item above it
    expect(page.locator("main table").get_by_role("cell", name="MD-04")).to_be_visible()


def test_word_pasted_where_one_writes_goes_on_there_and_can_be_taken_back(open_as: Callable[..., Window]) -> None:
    author = open_as("coordinator")
    page = author.page
    _begin(author, Kind("Protocollo", has_sections=True), "Incollata in una sezione")
    before = page.locator("input[name^=body-][name$=-value-heading]").count()
    _copy(page, (SAMPLES / "word.html").read_text())
    page.locator("#panel-child-contenuto-body-section .DraftEditor-root [contenteditable=true]").first.click()
    page.keyboard.press("Control+V")
    notice, deleted = page.locator(".pasted-notice"), page.locator("input[name^=body-][name$=-deleted][value='1']")
    expect(notice).to_contain_text("Ho fatto 3 sezioni e 1 tabella.")
    expect(page.locator("input[name^=body-][name$=-value-heading]")).to_have_count(before + 3)
    notice.get_by_role("button", name="Annulla").click()
    expect(notice).to_contain_text("Annullato: la pagina è come prima.")
    expect(deleted).to_have_count(5)


def _copy(page: Page, html: str) -> None:
    """What Word leaves in the clipboard, put there by the browser's own copying."""
    page.evaluate(
        """html => document.addEventListener("copy", event => {
            event.preventDefault();
            event.clipboardData.setData("text/html", html);
        }, { once: true, capture: true })""",
        html,
    )
    page.locator("#id_title").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
