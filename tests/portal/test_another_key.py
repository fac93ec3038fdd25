"""The secret key gives way to another: what the old one closed is opened with it, and closed with the new one."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from portal.accounts import known_devices, sealed_secrets
from portal.models import PersonalDataReason
from portal.personal_data import detection, guard
from portal.upkeep import doctor
from tests.portal.test_settings import GUARD, SOUND, start

pytestmark = pytest.mark.django_db
NEW = "un-altra-chiave-propria-lunga-abbastanza-da-non-essere-indovinata-9876543210"


def change(settings: Any, keep: bool = True) -> None:
    """As whoever installs does it: another key, and for a while the old one beside it."""
    old = [settings.SECRET_KEY] if keep else []
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, old


def enters(email: str) -> Client:
    browser = Client(HTTP_USER_AGENT="Firefox/140.0")
    assert browser.post("/accesso/login/", {"login": email, "password": "raccordo-demo"}).status_code == 302
    return browser


def with_second_factor(person: Any) -> str:
    """A seed, and the recovery codes beside it."""
    seed = generate_totp_secret()
    TOTP.activate(person, seed)
    RecoveryCodes.activate(person)
    return seed


def code_of(seed: str) -> str:
    cache.clear()  # a code counts once
    return format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time())))


def sealed(person: Any) -> dict[str, str]:
    rows = Authenticator.objects.filter(user=person)
    return {name: value for row in rows for name, value in row.data.items() if name in sealed_secrets.SEALED_IN}


def said_by_the_doctor() -> list[doctor.Fault]:
    return doctor.examine(["key"])


def test_the_keys_before_come_from_the_environment(tmp_path: Path) -> None:
    asked = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    assert start(tmp_path, "-c", asked, **SOUND).stdout.strip() == "[]"
    assert start(tmp_path, "-c", asked, **SOUND, SECRET_KEY_FALLBACKS=f"{NEW},b").stdout.strip() == str([NEW, "b"])


@pytest.mark.parametrize("key", ["raccordo-demo-key-known-to-everybody-and-refused-outside-the-demo", "a", "a" * 60])
def test_a_key_before_that_others_know_or_guess_opens_as_much_as_the_key_itself_and_is_refused(
    key: str, tmp_path: Path
) -> None:
    assert start(tmp_path, *GUARD, **SOUND, SECRET_KEY_FALLBACKS=NEW).returncode == 0
    refused = start(tmp_path, *GUARD, **SOUND, SECRET_KEY_FALLBACKS=f"{NEW},{key}")
    assert refused.returncode != 0 and "SECRET_KEY_FALLBACKS" in refused.stderr


def test_who_is_inside_stays_inside_and_still_sees_and_ends_each_browser(person: Any, settings: Any) -> None:
    office, phone = enters(person("worker").email), enters(person("worker").email)
    change(settings)
    assert [each.get("/novita/").status_code for each in (office, phone)] == [200, 200]
    held = {each.cookies["sessionid"].value for each in (office, phone)}
    assert set(UserSession.objects.filter(user=person("worker")).values_list("session_key", flat=True)) == held
    page = office.get("/profilo/accessi/").content.decode()
    assert page.count("questo") == 1 and page.count("/chiudi/") == 2
    settings.SECRET_KEY_FALLBACKS = []
    assert office.get("/novita/").status_code == 200  # with the new key now
    other = UserSession.objects.get(session_key=phone.cookies["sessionid"].value)
    office.post(f"/profilo/accessi/{other.pk}/chiudi/")
    assert phone.get("/novita/").status_code == 302


def test_without_the_key_before_everybody_enters_again(person: Any, settings: Any) -> None:
    office = enters(person("worker").email)
    change(settings, keep=False)
    assert office.get("/novita/").status_code == 302


def test_seeds_are_closed_again_with_the_new_key_and_the_old_one_can_go(person: Any, settings: Any) -> None:
    worker = person("worker")
    seed = with_second_factor(worker)
    recovery = RecoveryCodes(Authenticator.objects.get(user=worker, type="recovery_codes")).get_unused_codes()
    before = sealed(worker)
    assert sealed_secrets.renew() == 0
    assert sealed(worker) == before  # nothing to do
    change(settings)
    assert "2" in said_by_the_doctor()[0].what
    assert sealed_secrets.renew() == 2
    assert not set(sealed(worker).values()) & set(before.values())
    assert sealed_secrets.renew() == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert TOTP(Authenticator.objects.get(user=worker, type="totp")).validate_code(code_of(seed))
    assert RecoveryCodes(Authenticator.objects.get(user=worker, type="recovery_codes")).get_unused_codes() == recovery
    assert said_by_the_doctor() == []


def test_a_recovery_code_that_was_used_meanwhile_stays_used(person: Any, settings: Any) -> None:
    worker = person("worker")
    with_second_factor(worker)
    codes = RecoveryCodes(Authenticator.objects.get(user=worker, type="recovery_codes"))
    used = codes.get_unused_codes()[0]
    assert codes.validate_code(used)
    change(settings)
    sealed_secrets.renew()
    assert not RecoveryCodes(Authenticator.objects.get(user=worker, type="recovery_codes")).validate_code(used)


def test_a_seed_that_no_key_opens_is_said_at_the_door_and_by_the_doctor(person: Any, settings: Any) -> None:
    seed = with_second_factor(person("worker"))
    change(settings, keep=False)
    browser = Client()
    browser.post("/accesso/login/", {"login": person("worker").email, "password": "raccordo-demo"})
    page = browser.post(reverse("mfa_authenticate"), {"code": code_of(seed)})
    assert page.status_code == 200 and "la chiave del portale è cambiata" in page.content.decode()
    assert browser.get("/novita/").status_code == 302
    (fault,) = said_by_the_doctor()
    assert fault.is_grave and "SECRET_KEY_FALLBACKS" in fault.remedy
    assert sealed_secrets.renew() == 0
    settings.SECRET_KEY_FALLBACKS = ["raccordo-demo-key-known-to-everybody-and-refused-outside-the-demo"]
    assert sealed_secrets.renew() == 2


def test_links_that_were_mailed_and_known_browsers_hold_with_the_key_before(person: Any, settings: Any) -> None:
    worker = person("worker")
    browser = enters(worker.email)
    token = default_token_generator.make_token(worker)
    change(settings)
    assert default_token_generator.check_token(worker, token)
    request = browser.get("/").wsgi_request
    assert known_devices.knows(request, worker.email) and not known_devices.knows(request, person("director").email)
    settings.SECRET_KEY_FALLBACKS = []
    assert not default_token_generator.check_token(worker, token)
    assert not known_devices.knows(request, worker.email)


def test_why_words_may_stay_need_not_be_said_again(person: Any, settings: Any) -> None:
    (number,) = detection.find("Il cellulare del servizio è 333 1234567.")
    guard.explain_numbers([number], "È del servizio.", person("worker"))
    change(settings)
    assert guard.unexplained([], [number], person("worker")) == []
    guard.explain_numbers([number], "È del servizio.", person("worker"))
    assert PersonalDataReason.objects.filter(by=person("worker"), page=None).count() == 2
    settings.SECRET_KEY_FALLBACKS = []
    assert guard.unexplained([], [number], person("worker")) == []


def test_whoever_has_a_second_factor_that_nothing_opens_gets_to_set_up_another(person: Any, settings: Any) -> None:
    inside, worker = enters(person("worker").email), person("worker")
    with_second_factor(worker)
    call_command("forget_second_factor", worker.email.upper(), stdout=StringIO())
    assert not Authenticator.objects.filter(user=worker).exists()
    assert inside.get("/novita/").status_code == 302
    assert enters(worker.email).get("/novita/").status_code == 200
    for address in (worker.email, "nessuno@raccordo.example"):
        with pytest.raises(CommandError):
            call_command("forget_second_factor", address)
