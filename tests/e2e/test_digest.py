"""The digest that really arrives: to each only what is theirs, once, and stopped with one click."""

import re
import time
from collections.abc import Callable
from email.message import EmailMessage

from playwright.sync_api import expect

from tests.e2e.desk import PEOPLE, Mailbox, Site, Window, text_of
from tests.e2e.test_finding import HIDDEN_CODES, HIDDEN_SPACE

# As if the last digest had been sixty days ago, the next one tells of everything since.
SEND_SIXTY_DAYS = """
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
from portal.models import Delivery, User
then = timezone.now() - timedelta(days=60)
for name in {names}:
    person = User.objects.get(email=name + "@raccordo.example")
    Delivery.objects.filter(user=person).delete()
    Delivery.objects.create(user=person, state="vuoto", window_start=then - timedelta(days=7), window_end=then)
call_command("send_digests")
"""


def test_the_digest_tells_each_only_what_they_may_see_and_stops_with_one_click(
    site: Site, mailbox: Mailbox, open_as: Callable[..., Window]
) -> None:
    worker, partner = open_as("worker"), open_as("partner")
    for window in (worker, partner):
        _ask_for_a_daily_digest(window)
    site.manage("send_digests")  # what is due of itself at that hour, so that the clock sends nothing meanwhile
    site.wait_for_work()
    before = {who: len(mailbox.to(who)) for who in ("worker", "partner")}
    site.manage("shell", "--no-imports", "-c", SEND_SIXTY_DAYS.format(names=[PEOPLE["worker"], PEOPLE["partner"]]))

    to_worker = mailbox.wait_for("worker", "novità", after=before["worker"])
    to_partner = mailbox.wait_for("partner", "novità", after=before["partner"])
    site.manage("send_digests")
    time.sleep(1)
    assert len(mailbox.to("worker")) == before["worker"] + 1, "uno per finestra, mai due"

    for code in ("PR-02", "OP-04", "R-05"):
        assert code in text_of(to_worker)
        assert code not in text_of(to_partner)
    assert "Accesso ai servizi: parola alle associazioni" in text_of(to_partner)
    assert "R-08" in text_of(to_partner)
    for mail in (to_worker, to_partner):
        _is_a_good_mail(mail, site)

    _stop(worker, to_worker)
    site.manage("shell", "--no-imports", "-c", SEND_SIXTY_DAYS.format(names=[PEOPLE["worker"]]))
    time.sleep(1)
    assert len(mailbox.to("worker")) == before["worker"] + 1, "chi l’ha fermato non lo riceve più"


def _ask_for_a_daily_digest(window: Window) -> None:
    """Through the profile, at the earliest hour."""
    page = window.page
    window.go("/profilo/")
    page.locator("main").get_by_role("link", name="Riepilogo per e-mail").click()
    page.get_by_label("ogni giorno feriale").check()
    page.get_by_label("A che ora").select_option(label="6:00")
    page.get_by_role("button", name="Salva").click()
    expect(page.locator("#annuncio")).to_contain_text("Preferenza salvata.")
    expect(page.get_by_label("ogni giorno feriale")).to_be_checked()


def _is_a_good_mail(mail: EmailMessage, site: Site) -> None:
    html = mail.get_body(preferencelist=("html",))
    assert html is not None
    for words in (str(mail["Subject"]), text_of(mail), html.get_content()):
        assert not HIDDEN_CODES.search(words) and HIDDEN_SPACE not in words
    assert re.match(r"Raccordo: .*\d+ novità", str(mail["Subject"]).strip())
    assert "ogni giorno feriale alle 6" in text_of(mail)
    assert "<img" not in html.get_content() and "<style" not in html.get_content()
    assert set(re.findall(r"https?://[^/\s\"<]+", html.get_content() + text_of(mail))) == {site.url}
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert _stop_address(mail) in text_of(mail)


def _stop_address(mail: EmailMessage) -> str:
    return str(mail["List-Unsubscribe"]).strip(" <>")


def _stop(window: Window, mail: EmailMessage) -> None:
    """A visit only asks; the mail program's own POST, without a session, stops it."""
    address = _stop_address(mail)
    stranger = window.page.context.browser.new_context()  # type: ignore[union-attr]
    assert "Vuoi fermare il riepilogo?" in stranger.request.get(address).text()
    window.go("/profilo/digest/")
    expect(window.page.get_by_label("ogni giorno feriale")).to_be_checked()
    answer = stranger.request.post(address, form={"List-Unsubscribe": "One-Click"})
    assert answer.status == 200 and "Non ti scriveremo più" in answer.text()
    assert stranger.request.post(address + "x", form={"List-Unsubscribe": "One-Click"}).status == 404
    stranger.close()
    window.go("/profilo/digest/")
    expect(window.page.get_by_label("mai")).to_be_checked()
