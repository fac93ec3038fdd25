"""An installation made as the README says: from the first login to somebody else's, by its own next steps."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import _wait_for, free_port
from tests.e2e.desk import ROOT, SIZES, Mailbox, Site, Watch, Window, eventually, text_of

FIRST, PASSWORD = "prima@rete.example", "una-frase-lunga-9"


@pytest.fixture(scope="module")
def fresh(chromium: str, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`setup_network`, then `serve`: no demo, nobody but the first administrator."""
    port, data_dir = free_port(), tmp_path_factory.mktemp("nuova")
    left_out = {"DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "DJANGO_SETTINGS_MODULE"}
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    env = {**kept, "DATA_DIR": str(data_dir), "PORT": str(port), "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}"}
    found = Site(f"http://127.0.0.1:{port}", data_dir, env)
    found.manage(
        "setup_network", "--name", "Rete di prova", "--domain", f"127.0.0.1:{port}", "--email", FIRST,
        "--password", PASSWORD, "--http",
    )  # fmt: skip
    found.manage("collectstatic", "--noinput")
    with (data_dir / "serve.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait_for(found, process)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def step(page: Page, name: str) -> None:
    page.goto("/".join(page.url.split("/")[:3]) + "/")
    page.get_by_role("link", name=name).click()


def activate_the_code(page: Page) -> None:
    """Whoever keeps a network enters with a code too: the password once more, and the telephone's part played here."""
    page.get_by_role("link", name="Attiva il codice").click()
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Conferma").click()
    secret = page.locator("#authenticator_secret").input_value()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    page.locator("main [name=code]").fill(code)
    page.get_by_role("button", name="Attiva").click()
    page.wait_for_url("**/recovery-codes/")


def test_the_first_hour_of_a_network(fresh: Site, mailbox: Mailbox, new_context: Callable[..., BrowserContext]) -> None:
    context, watch = new_context(viewport=SIZES[1280], base_url=fresh.url), Watch(fresh)
    watch.over(context)
    page = context.new_page()
    Window(fresh, page, watch).go("/accesso/login/")
    page.get_by_label("E-mail").fill(FIRST)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Entra").click()
    activate_the_code(page)
    page.goto(f"{fresh.url}/")
    expect(page.get_by_role("heading", name="La rete è pronta")).to_be_visible()

    step(page, "Scrivi il tuo nome")
    page.get_by_label("Nome", exact=True).fill("Ada")
    page.get_by_label("Cognome").fill("Prima")
    page.get_by_role("button", name="Salva").click()

    step(page, "Apri il primo spazio")
    page.get_by_label("Nome", exact=True).fill("Rete comune")
    page.get_by_label("A che cosa serve").fill("Le regole di tutti.")
    page.get_by_label("Solo chi ha un ruolo nello spazio").check()
    page.get_by_label("Chi ne risponde").select_option(label="Prima Ada")
    page.get_by_role("button", name="Apri lo spazio").click()
    expect(page.locator("#annuncio")).to_contain_text("Lo spazio «Rete comune» è aperto")

    step(page, "Aggiungi il primo ente")
    page.get_by_label("Nome", exact=True).fill("Comune di Prova")
    page.get_by_label("Tipo").select_option("comune")
    page.get_by_role("button", name="Aggiungi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Comune di Prova")

    step(page, "Invita la prima persona")
    page.get_by_label("E-mail di lavoro").fill("bea@rete.example")
    page.get_by_label("Nome", exact=True).fill("Bea")
    page.get_by_label("Cognome").fill("Seconda")
    page.get_by_label("Ente").select_option(label="Comune di Prova")
    page.get_by_label("Rete comune").select_option(label="lettore")
    page.get_by_role("button", name="Manda l’invito").click()
    expect(page.locator("#annuncio")).to_contain_text("Invito mandato a bea@rete.example")

    step(page, "Pubblica la prima pagina")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url.endswith("/spazi/rete-comune/nuovo/")
    page.locator("main").get_by_role("link", name=re.compile("^Pagina( |$)")).first.click()
    expect(page.locator("#w-autosave-indicator")).to_be_attached()
    page.locator("#id_title").click()  # which waits until it is shown
    page.keyboard.type("Come si entra")
    page.locator("#id_summary").fill("Che cosa serve il primo giorno.")
    page.locator("#id_change_note").fill("La prima pagina.")
    page.get_by_role("button", name="Altre azioni").last.click()
    page.get_by_role("button", name="Pubblica", exact=True).first.click()
    expect(page.locator(".messages")).to_contain_text("Come si entra")
    page.goto(f"{fresh.url}/")
    expect(page.get_by_role("heading", name="La rete è pronta")).to_have_count(0)
    page.goto(f"{fresh.url}/spazi/rete-comune/")
    expect(page.locator("main")).to_contain_text("Come si entra")

    comes_in(fresh, mailbox, new_context, watch)
    assert watch.problems == []


def comes_in(fresh: Site, mailbox: Mailbox, new_context: Callable[..., BrowserContext], watch: Watch) -> None:
    """Bea, on her telephone: from the mail to the space."""

    def arrived() -> Any:
        return next((mail for mail in mailbox.mails if mail["To"] == "bea@rete.example"), None)

    mail = eventually(arrived, 30, "la mail dell’invito")
    address = re.search(r"http://\S+/invito/\S+/", text_of(mail))
    assert address and "Ada Prima ti invita" in mail["Subject"]
    context = new_context(viewport=SIZES[390], base_url=fresh.url)
    watch.over(context)
    page = context.new_page()
    page.goto(address[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Buongiorno, Bea")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("La stessa password, un’altra volta").fill(PASSWORD)
    page.get_by_role("button", name="Entra in Raccordo").click()
    expect(page.get_by_role("heading", name="Le prime tre cose")).to_be_visible()
    page.locator("section", has=page.locator("#h-prime")).get_by_role("link", name="Rete comune").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rete comune")
    page.goto("/")
    page.get_by_role("button", name="Fatto, non mostrarle più").click()
    expect(page.get_by_role("heading", name="Le prime tre cose")).to_have_count(0)
