"""Administrators and coordinators enter with two factors: without, every page leads to where it is turned on."""

from importlib import import_module
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.apps import apps
from django.core.cache import cache

from portal import checks
from portal.accounts import sealed_secrets, second_factor

pytestmark = pytest.mark.django_db
BOTH = ["administrators", "coordinators"]
WANTED = ["administrator", "coordinator"]


@pytest.mark.parametrize("name", WANTED)
def test_whoever_keeps_the_network_is_led_to_the_second_factor(name: str, as_: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_FOR = BOTH
    client = as_(name)
    for path in ("/", "/p/PR-02/", "/admin/", "/spazi/terzo-settore/condivisione/", "/profilo/", "/cerca/?q=modulo"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/secondo-fattore/"), path
    assert client.post("/segnala/", {"page": "/", "text": "Non riesco."}).status_code == 302
    page = client.get("/secondo-fattore/").content.decode()
    assert "Ti serve il codice sul telefono" in page and 'href="/accesso/secondo-fattore/totp/activate/"' in page
    assert "Terzo settore" not in page and "Da fare" not in page  # the menu tells nothing either
    refused = client.get("/admin/", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["error_code"]) == (403, "second_factor")


@pytest.mark.parametrize("name", WANTED)
def test_whoever_has_it_passes(name: str, as_: Any, person: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_FOR = BOTH
    TOTP.activate(person(name), generate_totp_secret())
    client = as_(name)
    assert client.get("/").status_code == 200
    assert "a posto" in client.get("/secondo-fattore/").content.decode()


@pytest.mark.parametrize("name", ["worker", "director", "partner", "trainee"])
def test_nobody_else_is_asked(name: str, as_: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_FOR = BOTH
    assert as_(name).get("/").status_code == 200


@pytest.mark.parametrize(("role", "asked", "free"), [
    ("managers", "coordinator", "worker"), ("approvers", "director", "worker"), ("editors", "worker", "trainee"),
])  # fmt: skip
def test_a_role_in_a_space_may_ask_for_it(role: str, asked: str, free: str, as_: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_FOR = [role]
    assert as_(asked).get("/")["Location"] == "/secondo-fattore/"
    assert as_(free).get("/").status_code == 200


def test_every_role_that_may_be_named_is_known_and_no_other_starts(settings: Any) -> None:
    assert set(second_factor.ROLES) == checks.SECOND_FACTOR_ROLES
    settings.SECOND_FACTOR_FOR = ["administrators", "responsabili"]
    assert "nomina un ruolo che non c’è: responsabili" in " ".join(said for said, _number in checks._problems())


def test_in_the_demo_nobody_is_asked(as_: Any, settings: Any) -> None:
    assert settings.DEMO and settings.SECOND_FACTOR_FOR == []
    assert as_("administrator").get("/").status_code == 200


def test_a_seed_lies_sealed_and_its_codes_count_until_the_key_is_another(person: Any, settings: Any) -> None:
    seed, worker = generate_totp_secret(), person("worker")
    TOTP.activate(worker, seed)
    kept = Authenticator.objects.get(user=worker)
    assert seed not in str(kept.data)
    code = format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time())))
    assert TOTP(kept).validate_code(code)
    cache.clear()  # a code counts once
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    assert TOTP(kept).validate_code(code)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealed_secrets.SealedByAnotherKey):
        TOTP(kept).validate_code(code)


def test_a_seed_of_before_is_sealed_by_the_migration_and_back(person: Any) -> None:
    migration = import_module("portal.migrations.0034_seal_second_factors")
    kept = Authenticator.objects.create(user=person("worker"), type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    migration.close(apps, None)
    kept.refresh_from_db()
    assert kept.data["secret"].startswith(sealed_secrets.SEALED)
    assert sealed_secrets.unseal(kept.data["secret"]) == "JBSWY3DPEHPK3PXP"
    migration.open_again(apps, None)
    kept.refresh_from_db()
    assert kept.data == {"secret": "JBSWY3DPEHPK3PXP"}
