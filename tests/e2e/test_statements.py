"""What the network owes to whoever stands outside: a declaration of accessibility, an answer, a reason for a no."""

from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import BrowserContext, expect

from tests.e2e.desk import PASSWORD, SIZES, Mailbox, Site, Window, axe, eventually, text_of

YESTERDAY = date.today() - timedelta(days=1)
READER = "chi.legge@altrove.example"


def test_the_declaration_of_accessibility_is_filled_in_and_a_readers_difficulty_arrives_and_is_answered(
    open_as: Callable[..., Window], mailbox: Mailbox
) -> None:
    keeper, reader = open_as("administrator"), open_as("anonymous", 390)
    desk = keeper.page
    keeper.go("/admin/settings/portal/networkprofile/")
    desk.get_by_label("Stato di conformità").select_option(label="parzialmente conforme")
    desk.get_by_label("Data della dichiarazione").fill(f"{YESTERDAY:%d/%m/%Y}")
    desk.get_by_label("Come è stata fatta la verifica").fill("Autovalutazione con tastiera e lettore di schermo")
    desk.get_by_label("Che cosa non è accessibile").fill("I verbali scansionati prima del 2020.")
    desk.get_by_role("button", name="Salva").click()
    expect(desk.locator(".messages")).to_contain_text("La rete: contatti, accessibilità, riservatezza aggiornata")

    reader.go("/accessibilita/")
    assert "parzialmente conforme" in reader.text and "I verbali scansionati prima del 2020." in reader.text
    assert "Autovalutazione con tastiera" in reader.text and "Difensore civico" in reader.text
    assert axe(reader) == []
    before = len(mailbox.mails)
    reader.page.get_by_role("link", name="Segnala una difficoltà di accesso").click()
    reader.page.get_by_label("Che cosa non va").fill("Con il lettore di schermo il menu non dice dove sono.")
    reader.page.get_by_label("E-mail").fill(READER)
    reader.page.get_by_role("button", name="Invia").click()
    expect(reader.page.locator("#annuncio")).to_contain_text("la segnalazione è partita")

    def told() -> str:
        return "".join(
            text_of(mail) for mail in mailbox.mails[before:] if "il menu non dice dove sono" in text_of(mail)
        )

    eventually(told, 30, "la segnalazione arriva a chi cura la dichiarazione")
    office = open_as("office")
    office.go("/")
    office.page.get_by_role("link", name="Segnalazione su /accessibilita/").first.click()
    assert "il menu non dice dove sono" in office.text
    office.page.get_by_label("La tua risposta").fill("Lo correggiamo entro venerdì.")
    office.page.get_by_role("button", name="Segna come risolta").click()
    answer = eventually(
        lambda: next((mail for mail in mailbox.mails[before:] if mail["To"] == READER), None), 30, "la risposta arriva"
    )
    assert "Lo correggiamo entro venerdì." in text_of(answer)


def test_a_partner_whose_agreement_is_over_is_out_and_told_why(
    site: Site, open_as: Callable[..., Window], new_context: Callable[..., BrowserContext]
) -> None:
    inside = Window(site, new_context(viewport=SIZES[390]).new_page(), open_as("anonymous").watch)

    def enters() -> None:
        inside.go("/accesso/login/")
        inside.page.get_by_label("E-mail").fill("youssef.haddad@raccordo.example")
        inside.page.get_by_label("Password").fill(PASSWORD)
        inside.page.locator("main").get_by_role("button", name="Entra").click()

    enters()
    inside.page.wait_for_url(f"{site.url}/")
    site.manage("shell", "-v0", "-c", THE_AGREEMENT_ENDS)
    inside.go("/spazi/terzo-settore/")
    expect(inside.page.get_by_role("heading", level=1)).to_have_text("Entra")
    enters()
    expect(inside.page.get_by_role("heading", level=1)).to_have_text("Il tuo accesso a Raccordo è finito")
    assert "Valeva fino al" in inside.text.replace("all’", "al ") and "che può farlo rinnovare" in inside.text
    inside.page.context.close()


THE_AGREEMENT_ENDS = """
from datetime import timedelta
from django.utils import timezone
from portal.models import User
User.objects.filter(email="youssef.haddad@raccordo.example").update(valid_until=timezone.now() - timedelta(days=1))
"""
