"""The session ends in the middle of a form: what was typed is shown after the login, and sent with a button."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from portal import access, demo
from portal.models import ProblemReport
from portal.models.spaces import Membership, Role
from portal.pages import interrupted
from portal.spaces import roles

pytestmark = pytest.mark.django_db
Given = Callable[[str], Client]
PASSWORD = "raccordo-demo"
SHOWN = "/sessione/scritto/"
WHY = "Da domani scrive con noi: lo ha chiesto l’ufficio."


@pytest.fixture
def form(person: Any) -> tuple[str, dict[str, str]]:
    """A form behind the login, and what was typed."""
    space, newcomer = demo.space("SP-RETE"), person("newcomer")
    roles.give_role(space, newcomer, Role.READER, by=person("coordinator"), reason="Prova")
    reader = Membership.objects.current().get(space=space, user=newcomer)
    typed = {"role": str(Role.EDITOR.value), "reason": WHY, "conferma": "1"}
    return f"/spazi/rete/condivisione/{reader.pk}/", typed


def writes(person: Any) -> bool:
    return access.role_in(person("newcomer"), demo.space("SP-RETE")) == Role.EDITOR


def enter(client: Client, email: str, address: str) -> Any:
    """As the login page does, of which the browser keeps the session."""
    typed = {"login": f"{email}@raccordo.example", "password": PASSWORD, "next": address}
    return client.post(reverse("account_login"), typed, follow=True)


def text(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_what_was_typed_is_shown_after_the_login_and_sent_with_a_button(
    form: tuple[str, dict[str, str]], person: Any
) -> None:
    address, typed = form
    client = Client()
    asked = client.post(address, typed, follow=True)
    assert "La sessione era finita. Entra: ritrovi quello che hai scritto." in text(asked)
    page = enter(client, "chiara.bonacchi", address)
    assert page.redirect_chain[-1][0] == SHOWN
    assert WHY in text(page) and "Manda adesso" in text(page) and "Chiara" in text(page)
    assert not writes(person)
    assert client.get("/").status_code == 200
    assert WHY in text(client.get(SHOWN))
    assert client.post(address, typed).status_code == 302
    assert writes(person)
    assert client.get(SHOWN).status_code == 404


def test_it_may_be_left_unsent_and_who_may_not_send_it_cannot(form: tuple[str, dict[str, str]], person: Any) -> None:
    address, typed = form
    client = Client()
    client.post(address, typed, headers={"referer": "http://testserver/spazi/rete/condivisione/"})
    assert WHY in text(enter(client, "giulia.petrucci", address))
    assert client.post(address, typed).status_code == 403
    assert client.post(SHOWN).headers["Location"] == "http://testserver/spazi/rete/condivisione/"
    assert client.get(SHOWN).status_code == 404
    assert not writes(person)


def test_files_cannot_be_kept_and_the_page_says_so(form: tuple[str, dict[str, str]]) -> None:
    address, typed = form
    client = Client()
    client.post(address, {**typed, "act": SimpleUploadedFile("delibera.pdf", b"%PDF-1.7")})
    page = text(enter(client, "chiara.bonacchi", address))
    assert "Un file non si può tenere (delibera.pdf)" in page and WHY in page
    assert "Manda adesso" not in page


def test_passwords_books_and_what_scripts_send_are_not_kept(form: tuple[str, dict[str, str]]) -> None:
    address, typed = form
    for values, headers in (
        ({**typed, "password": "segreta"}, {}),
        ({**typed, "reason": "parola " * interrupted.LONGEST}, {}),
        (typed, {"x-requested-with": "XMLHttpRequest"}),
        (typed, {"sec-fetch-mode": "cors"}),
    ):
        client = Client()
        client.post(address, values, headers=headers)
        assert interrupted.KEPT not in client.session
    client.post("/segnala/", {"page": Page.objects.get(slug="pr-01").url, "text": "Il telefono è cambiato."})
    assert interrupted.KEPT not in client.session
    assert ProblemReport.objects.filter(text="Il telefono è cambiato.").exists()


def test_a_window_opened_before_entering_anew_loses_nothing(form: tuple[str, dict[str, str]], person: Any) -> None:
    address, typed = form
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("coordinator"))
    client.get("/")
    stale = {**typed, "csrfmiddlewaretoken": "a" * 64}
    foreign = client.post(address, stale, headers={"origin": "https://altrove.example"})
    assert foreign.status_code == 403
    ours = client.post(address, stale, headers={"origin": "http://testserver"})
    assert ours.status_code == 302 and ours.headers["Location"] == SHOWN
    assert "c’è stato un nuovo accesso da un’altra scheda" in text(client.get(SHOWN))
    assert WHY in text(client.get(SHOWN))


def test_a_browser_that_forgot_everything_gets_the_words_back_on_the_page_that_refuses_them(
    form: tuple[str, dict[str, str]],
) -> None:
    address, typed = form
    client = Client(enforce_csrf_checks=True)
    refused = client.post(address, typed, headers={"origin": "http://testserver"})
    assert refused.status_code == 403 and WHY in text(refused) and "Torna indietro" not in text(refused)
    foreign = client.post(address, typed, headers={"origin": "https://altrove.example"})
    assert foreign.status_code == 403 and WHY not in text(foreign)
