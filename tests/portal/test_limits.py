"""Costly doors, and those of strangers, open so many times a minute: then a sentence, and a minute later again."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from allauth.core.internal import ratelimit

from portal import settings as own

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
DOORS = {
    "search": ("anonymous", "/cerca/?q=assistenza"),
    "suggestions": ("anonymous", "/cerca/suggerimenti/?q=assi"),
    "copy": ("anonymous", "/copia/nessuna/"),
    "comparison": ("worker", "/p/PR-02/edizioni/1.0/confronta/2.0/"),
    "table": ("worker", "/recepimenti/tabella.csv"),
}


@pytest.mark.parametrize("action", DOORS)
def test_a_costly_door_says_when_it_was_opened_too_often_and_opens_again(
    action: str, as_: Given, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own.ACCOUNT_RATE_LIMITS[action].endswith("/m/key")
    settings.ACCOUNT_RATE_LIMITS = {action: "2/m/key"}
    name, address = DOORS[action]
    client = as_(name)
    assert 429 not in [client.get(address).status_code for _ in range(2)]
    third = client.get(address)
    assert third.status_code == 429
    assert third["Retry-After"] == "60"
    assert "aspetta un minuto e riprova" in " ".join(unescape(third.content.decode()).split())
    assert client.get("/accessibilita/").status_code == 200  # nothing else is closed
    assert as_("coordinator").get(address).status_code != 429  # nor to anybody else
    now = ratelimit.time.time()
    monkeypatch.setattr(ratelimit.time, "time", lambda: now + 61)
    assert client.get(address).status_code != 429


def test_whoever_has_an_account_searches_as_often_as_the_work_asks(as_: Given, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"search": "2/m/key", "suggestions": "2/m/key"}
    for address in ("/cerca/?q=assistenza", "/cerca/suggerimenti/?q=assi"):
        assert {as_("worker").get(address).status_code for _ in range(5)} == {200}


def test_who_asks_for_many_new_passwords_reads_it_in_italian(as_: Given, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "2/m/ip"}
    client = as_("anonymous")
    answers = [client.post("/accesso/password/reset/", {"email": f"nessuno{n}@esempio.it"}) for n in range(3)]
    assert [each.status_code for each in answers] == [302, 302, 429]
    assert "Troppe richieste in poco tempo" in unescape(answers[2].content.decode())
