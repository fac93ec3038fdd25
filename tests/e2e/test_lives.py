"""Three whole lives, walked by hand: of a person, from the invitation to the day she leaves, of a page, of a space."""

import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.desk import SIZES, Mailbox, Site, Window, eventually, text_of

NEW_PASSWORD = "una-frase-lunga-9"
ADDRESS = "marta.provini@raccordo.example"
TODAY = f"{date.today():%d/%m/%Y}"
NEWS = "Lo sportello di Valdibrana riapre il lunedì"


def announced(page: Page, words: str) -> None:
    expect(page.locator("#annuncio")).to_contain_text(words)


def save(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()


def test_the_life_of_a_person(
    open_as: Callable[..., Window], mailbox: Mailbox, site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    keeper = open_as("coordinator")
    keeper.go("/rete/persone/")
    desk = keeper.page
    desk.get_by_role("link", name="Invita una persona").click()
    desk.get_by_label("E-mail di lavoro").fill(ADDRESS)
    desk.get_by_label("Nome", exact=True).fill("Marta")
    desk.get_by_label("Cognome").fill("Provini")
    desk.get_by_label("Ente").select_option(label="Comune di Quarrata")
    desk.get_by_label("Rete dei servizi sociali").select_option(label="approvatore")
    save(desk, "Manda l’invito")
    announced(desk, f"Invito mandato a {ADDRESS}")

    phone = she_enters(mailbox, site, new_context)
    she_writes_a_news(phone)

    keeper.go("/rete/persone/")
    desk.get_by_label("Nome, e-mail o ente").fill("Provini")
    save(desk, "Trova")
    desk.get_by_role("link", name=re.compile("Provini")).click()
    card = desk.url
    she_is_away_and_moves(desk)
    assert desk.url == card

    desk.get_by_role("link", name="Lascia la rete: passa le consegne").click()
    expect(desk.locator("main")).to_contain_text(NEWS)
    save(desk, "Passa le consegne e chiudi l’account")
    expect(desk.locator("main")).to_contain_text("niente resta senza qualcuno")
    desk.get_by_label("A chi passa tutto").select_option(label="Fedi Elena, Comune di Quarrata")
    save(desk, "Passa le consegne e chiudi l’account")
    announced(desk, "l’account di Marta Provini è chiuso")
    she_is_out(phone)

    reader = open_as("worker", 390)
    reader.go("/")
    reader.search("sportello Valdibrana")
    reader.page.get_by_role("link", name=NEWS).first.click()
    care = reader.page.locator("section", has=reader.page.get_by_role("heading", name="Chi ne risponde"))
    expect(care).to_contain_text("Elena Fedi")
    expect(reader.page.locator("main")).to_contain_text("Pubblicata da Marta Provini")


def she_enters(mailbox: Mailbox, site: Site, new_context: Callable[..., BrowserContext]) -> Page:
    def arrived() -> Any:
        return next((mail for mail in mailbox.mails if mail["To"] == ADDRESS), None)

    address = re.search(r"http://\S+/invito/\S+/", text_of(eventually(arrived, 30, "la mail dell’invito")))
    assert address
    page = new_context(viewport=SIZES[390], base_url=site.url).new_page()
    page.goto(address[0])
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("La stessa password, un’altra volta").fill(NEW_PASSWORD)
    save(page, "Entra in Raccordo")
    expect(page.get_by_role("heading", name="Le prime tre cose")).to_be_visible()
    return page


def she_writes_a_news(page: Page) -> None:
    page.goto("/spazi/rete/")
    page.get_by_role("link", name="Scrivi una notizia").click()
    page.get_by_label("Titolo").fill(NEWS)
    page.get_by_label("In una frase").fill("Dalle 9 alle 12, senza appuntamento.")
    page.get_by_label("Testo").fill("Da lunedì lo sportello è di nuovo aperto.")
    save(page, "Pubblica")
    expect(page.get_by_role("heading", level=1)).to_have_text(NEWS)


def she_is_away_and_moves(desk: Page) -> None:
    desk.get_by_role("link", name="Scrivi un’assenza").click()
    desk.get_by_label("Dal").fill(TODAY)
    desk.get_by_label("Fino al").fill("31/12/2050")
    desk.get_by_label("Chi fa quello che le tocca").select_option(label="Fedi Elena, Comune di Quarrata")
    save(desk, "Scrivi l’assenza")
    expect(desk.locator("main")).to_contain_text("quello che le tocca lo fa Elena Fedi")
    save(desk, "È tornata: finisci l’assenza")
    announced(desk, "Assenza finita")

    desk.get_by_role("link", name="Cambia ente o sede").click()
    desk.get_by_label("L’ente: con lui gli spazi che legge").check()
    desk.get_by_label("Ente", exact=True).select_option(label="Comune di Montale")
    desk.get_by_label("Dal").fill(TODAY)
    save(desk, "Salva")
    places = desk.locator("section", has=desk.get_by_role("heading", name="Ente, sede, assenze"))
    expect(places).to_contain_text("Comune di Montale")


def she_is_out(page: Page) -> None:
    """At the next click, and for good: with a word of why."""
    page.goto("/spazi/rete/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Entra")
    page.get_by_label("E-mail").fill(ADDRESS)
    page.get_by_label("Password").fill(NEW_PASSWORD)
    save(page, "Entra")
    expect(page.get_by_role("heading", level=1)).to_have_text("Il tuo accesso a Raccordo è chiuso")


TITLE = "Chiusura dello sportello di Candeglia"
CORRECTED = "Chiude giovedì, non mercoledì."


def test_the_life_of_a_page(open_as: Callable[..., Window]) -> None:
    owner, reader, colleague = open_as("coordinator"), open_as("worker", 390), open_as("director")
    owner.go("/spazi/rete/notizia/")
    page = owner.page
    page.get_by_label("Titolo").fill(TITLE)
    page.get_by_label("In una frase").fill("Chiude mercoledì.")
    page.get_by_label("Testo").fill("Per lavori lo sportello resta chiuso un giorno.")
    save(page, "Pubblica")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    address = re.sub(r"^https?://[^/]+", "", page.url)

    a_correction_is_proposed_and_made(reader, owner, address)
    data_are_reported_and_were_none(reader, owner, colleague, address)
    it_is_withdrawn_and_comes_back(owner, reader, address)


def a_correction_is_proposed_and_made(reader: Window, owner: Window, address: str) -> None:
    reader.go(address)
    reader.page.get_by_role("link", name="Proponi una correzione").click()
    reader.page.locator("main").get_by_role("textbox").first.fill("Chiude giovedì: lo dice il cartello.")
    save(reader.page, "Invia")
    announced(reader.page, "la proposta è partita")
    page = owner.page
    duty_of(owner, TITLE).click()
    expect(page.locator("main")).to_contain_text("lo dice il cartello")
    proposal = page.url
    page.get_by_role("link", name="Modifica la pagina").click()
    page.locator("#id_summary").fill(CORRECTED)
    page.locator("#id_change_note").fill("Il giorno giusto.")
    publish(page)
    page.goto(proposal)
    page.get_by_label("La tua risposta").fill("Grazie, corretto.")
    save(page, "Rispondi e chiudi")
    page.wait_for_url(re.compile(r"/$"))
    reader.go(address)
    expect(reader.page.locator("main")).to_contain_text(CORRECTED)


def duty_of(who: Window, words: str) -> Locator:
    """On the home page, as soon as the worker has asked for it."""
    found = who.page.locator("#da-fare li", has_text=words).get_by_role("link").first

    def asked() -> bool:
        who.go("/")
        return found.count() > 0

    eventually(asked, 30, words)
    return found


def publish(page: Page) -> None:
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name="Pubblica", exact=True).first.click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?$"))


def data_are_reported_and_were_none(reader: Window, owner: Window, colleague: Window, address: str) -> None:
    """Out of everybody's sight but for who reported and who answers, until it is decided."""
    reader.page.get_by_role("link", name="Segnala dati personali").click()
    reader.page.get_by_label("il nome di una persona seguita dai servizi").check()
    reader.page.get_by_label("nel testo della pagina").check()
    save(reader.page, "Segnala e nascondi")
    expect(reader.page.locator("main")).to_contain_text("Nascosta agli altri")
    assert colleague.go(address).status == 404
    page = owner.page
    duty_of(owner, "Forse ci sono dati").click()
    page.get_by_label("non sono dati di una persona seguita dai servizi").check()
    page.get_by_label("In una frase").fill("È il nome di una strada.")
    save(page, "Chiudi la segnalazione")
    expect(page.locator("main")).to_contain_text("Si vede di nuovo")
    assert colleague.go(address).status == 200


def it_is_withdrawn_and_comes_back(owner: Window, reader: Window, address: str) -> None:
    page = owner.page
    owner.go(address)
    page.get_by_role("link", name="Modifica", exact=True).click()
    editor = page.url
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("link", name=re.compile("Ritira")).first.click()
    page.get_by_label("Perché la ritiri").fill("I lavori sono finiti.")
    page.locator("form").get_by_role("button", name=re.compile("ritira", re.I)).last.click()
    page.wait_for_url(re.compile(r"/admin/(pages/\d+/)?"))
    reader.go(address)
    expect(reader.page.locator("main")).to_contain_text("ritirata")
    page.goto(editor)
    page.locator("#id_change_note").fill("I lavori sono ricominciati.")
    publish(page)
    reader.go(address)
    expect(reader.page.locator("main")).to_contain_text(CORRECTED)


def test_the_life_of_a_space(open_as: Callable[..., Window], tmp_path: Path) -> None:
    keeper, member = open_as("coordinator"), open_as("worker", 390)
    page = keeper.page
    keeper.go("/rete/spazi/")
    page.get_by_role("link", name="Apri uno spazio").click()
    page.get_by_label("Nome", exact=True).fill("Emergenza gelo")
    page.get_by_label("A che cosa serve").fill("Chi chiamare nelle notti più fredde.")
    page.get_by_label("Solo chi ha un ruolo nello spazio").check()
    page.get_by_label("Chi ne risponde").select_option(label="Bonacchi Chiara, Società della Salute Pistoiese")
    save(page, "Apri lo spazio")
    announced(page, "Lo spazio «Emergenza gelo» è aperto")
    assert member.go("/spazi/emergenza-gelo/").status == 404

    page.get_by_label("Persona o ente").fill("Comune di Quarrata")
    page.get_by_label("Ruolo", exact=True).select_option(label="lettore")
    page.locator("#id_reason").fill("Il dormitorio è a Quarrata")
    save(page, "Continua")
    save(page, "Sì, dai accesso")
    log = page.locator("section", has=page.locator("#h-registro"))
    expect(log).to_contain_text("il ruolo di lettore: Il dormitorio è a Quarrata")
    keeper.go("/spazi/emergenza-gelo/notizia/")
    page.get_by_label("Titolo").fill("Il dormitorio apre alle 19")
    page.get_by_label("In una frase").fill("Fino a marzo, tutte le notti.")
    save(page, "Pubblica")
    expect(page.get_by_role("heading", level=1)).to_have_text("Il dormitorio apre alle 19")
    assert member.go("/spazi/emergenza-gelo/").status == 200
    assert "Il dormitorio apre alle 19" in member.text

    keeper.go("/spazi/emergenza-gelo/condivisione/")
    page.get_by_role("link", name="Porta via lo spazio").click()
    save(page, "Prepara l’archivio")
    it_is_ready(keeper)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Scarica").click()
    taken.value.save_as(tmp_path / "spazio.zip")
    names = zipfile.ZipFile(tmp_path / "spazio.zip").namelist()
    assert {"LEGGIMI.txt", "pagine.csv", "file.csv", "registro.csv"} < set(names)
    assert any("il-dormitorio-apre" in name for name in names)

    keeper.go("/rete/spazi/")
    page.get_by_role("link", name="Chiudi Emergenza gelo").click()
    page.locator("#id_reason").fill("L’inverno è finito")
    page.locator("main form").get_by_role("button").click()
    announced(page, "è chiuso: si legge, non vi si scrive più")
    assert member.go("/spazi/emergenza-gelo/").status == 200
    assert "Spazio chiuso" in member.text


def it_is_ready(keeper: Window) -> None:
    again = keeper.page.get_by_role("link", name="Guarda se è pronto")
    expect(again.or_(keeper.page.get_by_role("link", name="Scarica"))).not_to_have_count(
        0
    )  # the page that says so is here
    address = keeper.page.url

    def ready() -> bool:
        keeper.page.goto(address)
        return again.count() == 0

    eventually(ready, 60, "l’archivio dello spazio")
