"""People enter with the account of their organisation: a real provider in a process of its own says who they are."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.models import User
from tests.running import wait_for

pytestmark = pytest.mark.django_db
LOGIN = "/accesso/oidc/ente/login/"
KNOWN = "elena.fedi@raccordo.example"
CODE = "RSSMRA80A01H501U"  # what SPID and CIE tell with the name, and an aggregator may send as the person's key
PEOPLE: dict[str, dict[str, Any]] = {
    "elena": {"email": KNOWN.upper(), "email_verified": True},
    "unverified": {"email": KNOWN, "email_verified": False},
    "stranger": {"email": "chi@altrove.example", "email_verified": True},
    "nobody": {},
    f"TINIT-{CODE}": {
        "email": KNOWN, "given_name": "Elena", "family_name": "Fedi", "birthdate": "1980-01-01",
        "https://attributes.eid.gov.it/fiscal_number": f"TINIT-{CODE}",
        "https://attributes.eid.gov.it/company_name": "Comune di Esempio",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a small OpenID Connect server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    claims = [f"--user-claims={json.dumps({'sub': name, **said})}" for name, said in PEOPLE.items()]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *claims]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(f"{url}/.well-known/openid-configuration"), "the provider answers")
        yield url
        process.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def trusted(provider: str, settings: Any) -> Any:
    trust(settings, provider)
    return settings


def trust(settings: Any, url: str) -> None:
    app = {"provider_id": "ente", "name": "account", "client_id": "raccordo", "secret": "prova",
           "settings": {"server_url": url}}  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    settings.OIDC_SERVER_URL, settings.OIDC_NAME = url, "l’account del Comune"


def enters(who: str, address: str = LOGIN) -> tuple[Client, Any]:
    """The browser goes to the provider, says who it is there, and comes back."""
    client = Client()
    to_provider = client.get(address)
    assert to_provider.status_code == 302
    back = requests.post(to_provider["Location"], data={"sub": who}, allow_redirects=False, timeout=10)
    came = urlsplit(back.headers["Location"])
    return client, client.get(f"{came.path}?{came.query}")


def words(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def test_whoever_the_organisation_vouches_for_enters_where_the_link_led(trusted: Any) -> None:
    client, answer = enters("elena", f"{LOGIN}?next=/p/PR-02/")
    assert (answer.status_code, answer["Location"]) == (302, "/p/PR-02/")
    assert client.get("/profilo/").wsgi_request.user.email == KNOWN
    assert User.objects.get(email=KNOWN).has_usable_password()  # the password goes on
    assert not SocialAccount.objects.exists()  # and nothing is tied to it: the address is asked anew each time


@pytest.mark.parametrize(
    ("who", "said"),
    [("stranger", "Nella rete non c’è un accesso con questo indirizzo"), ("unverified", "non conferma l’indirizzo"),
     ("nobody", "Non ci ha mandato nessun indirizzo")],
)  # fmt: skip
def test_nobody_gets_an_account_or_somebody_elses_by_it(who: str, said: str, trusted: Any) -> None:
    before = User.objects.count()
    client, answer = enters(who, f"{LOGIN}?process=connect")
    assert answer.status_code == 403 and said in words(answer)
    assert client.get("/profilo/").status_code == 302
    assert User.objects.count() == before


def test_an_organisation_speaks_of_its_own_addresses_alone(trusted: Any) -> None:
    trusted.OIDC_DOMAINS = ["comune.example"]
    assert enters("elena")[1].status_code == 403
    trusted.OIDC_DOMAINS = ["raccordo.example"]
    assert enters("elena")[1].status_code == 302


def test_an_account_that_ended_and_a_second_factor_count_as_after_a_password(trusted: Any) -> None:
    elena = User.objects.get(email=KNOWN)
    TOTP.activate(elena, generate_totp_secret())
    client, answer = enters("elena")
    assert answer["Location"].startswith("/accesso/secondo-fattore/authenticate/")
    assert client.get("/profilo/").status_code == 302
    User.objects.filter(pk=elena.pk).update(valid_until=timezone.now() - timedelta(hours=1))
    assert "Il tuo accesso a Raccordo è finito" in words(enters("elena")[1])


def test_by_spid_or_cie_through_an_aggregator_one_enters_and_nothing_of_what_it_says_is_kept(
    trusted: Any, caplog: Any
) -> None:
    answer = enters(f"TINIT-{CODE}")[1]
    assert answer.status_code == 403 and "non conferma l’indirizzo" in words(answer)  # it says nothing of it
    trusted.OIDC_EMAIL_IS_PROVEN = True
    assert enters("unverified")[1].status_code == 403  # what it says not to have proved is not believed
    client, answer = enters(f"TINIT-{CODE}")
    assert client.get("/profilo/").wsgi_request.user.email == KNOWN
    seed = generate_totp_secret()
    TOTP.activate(User.objects.get(email=KNOWN), seed)
    waiting, answer = enters(f"TINIT-{CODE}")
    held = [Session.objects.get(pk=each.session.session_key).get_decoded() for each in (client, waiting)]
    now = format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time())))
    assert waiting.post(answer["Location"], {"code": now}).status_code == 302
    assert waiting.get("/profilo/").status_code == 200
    held.append(Session.objects.get(pk=waiting.session.session_key).get_decoded())
    assert "socialaccount" in str(held[0])
    said = f"{held}{caplog.text}{list(User.objects.filter(email=KNOWN).values())}"
    assert CODE not in said and "1980-01-01" not in said
    assert not SocialAccount.objects.exists()


def test_without_an_answer_one_is_led_back_to_the_password(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    trust(settings, nobody)
    answer = Client().get(LOGIN)
    assert answer.status_code == 403 and "L’account del Comune non risponde" in words(answer)


def test_the_way_stands_on_the_login_only_where_there_is_one(trusted: Any) -> None:
    page = words(Client().get("/accesso/login/?next=/p/PR-02/"))
    assert f'href="{LOGIN}?next=%2Fp%2FPR-02%2F"' in page and "Entra con l’account del Comune" in page
    trusted.OIDC_SERVER_URL, trusted.SOCIALACCOUNT_PROVIDERS = "", {"openid_connect": {"APPS": []}}
    assert "Entra con" not in words(Client().get("/accesso/login/"))
    assert Client().get(LOGIN).status_code != 200
