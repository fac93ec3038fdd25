"""What a start refuses: outside the demo a weak key, DEBUG, any host, no address; the demo where strangers come."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

KEY_LENGTH = 40
KEY_LETTERS = 10
SECOND_FACTOR_ROLES = {"administrators", "coordinators", "managers", "approvers", "editors"}  # `accounts.second_factor`


@register()
def check_safe_start(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """System check run by every command but `setup_network`."""
    if settings.DEMO:
        return _demo_in_the_open()
    setup = "Esegui prima «manage.py setup_network»."
    return [Error(message, hint=setup, id=number) for message, number in _problems()]


def _problems() -> Iterator[tuple[str, str]]:
    if not _has_own_key():
        yield "Manca una SECRET_KEY propria: quella della demo è pubblica.", "portal.E001"
    elif _is_guessed(settings.SECRET_KEY):
        yield f"La SECRET_KEY si indovina: servono almeno {KEY_LENGTH} caratteri a caso.", "portal.E004"
    if any(_is_guessed(key) or key == settings.DEMO_SECRET_KEY for key in settings.SECRET_KEY_FALLBACKS):
        yield "Una delle SECRET_KEY_FALLBACKS è pubblica o si indovina: apre quanto la chiave stessa.", "portal.E012"
    if settings.DEBUG:
        yield "DEBUG è acceso: mostrerebbe a chiunque dati e codice.", "portal.E002"
    if not settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS è vuoto: manca il nome a cui il portale risponde.", "portal.E003"
    elif any("*" in name for name in settings.ALLOWED_HOSTS):
        yield "ALLOWED_HOSTS accetta qualsiasi nome: scrivi quello a cui il portale risponde.", "portal.E005"
    if settings.OIDC_SERVER_URL and not settings.OIDC_CLIENT_ID:
        yield (
            "OIDC_SERVER_URL è scritto e OIDC_CLIENT_ID no: nessuno entrerebbe con l’account del suo ente.",
            "portal.E010",
        )
    if unknown := set(settings.SECOND_FACTOR_FOR) - SECOND_FACTOR_ROLES:
        yield (
            f"SECOND_FACTOR_FOR nomina un ruolo che non c’è: {', '.join(sorted(unknown))}. I ruoli sono: "
            f"{', '.join(sorted(SECOND_FACTOR_ROLES))}.",
            "portal.E011",
        )
    if not settings.HAS_BASE_URL:
        yield "Manca BASE_URL: i link nelle mail non porterebbero da nessuna parte.", "portal.E006"
    elif settings.ALLOWED_HOSTS and not validate_host(_host(settings.BASE_URL), settings.ALLOWED_HOSTS):
        yield (
            "Il nome in BASE_URL non è fra gli ALLOWED_HOSTS: il portale rifiuterebbe i suoi stessi link.",
            "portal.E007",
        )


def _demo_in_the_open() -> list[CheckMessage]:
    """Everybody knows the passwords of the demonstration: it answers here, in examples, or in a closed network."""
    names = {name.strip("[].").lower() for name in [*settings.ALLOWED_HOSTS, _host(settings.BASE_URL)]}
    real = sorted(name for name in names if not _is_of_a_demo(name))
    if not real:
        return []
    words = f"DEMO è acceso su un nome vero ({', '.join(real)}): le sue password sono pubbliche."
    return [Error(words, hint="Togli DEMO ed esegui «manage.py setup_network».", id="portal.E008")]


def _is_of_a_demo(name: str) -> bool:
    try:
        return ip_address(name).is_private
    except ValueError:
        return name == "testserver" or name.rpartition(".")[2] in {"localhost", "example", "test", "invalid"}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_guessed(key: str) -> bool:
    return len(key) < KEY_LENGTH or len(set(key)) < KEY_LETTERS


def _has_own_key() -> bool:
    try:
        return settings.SECRET_KEY != settings.DEMO_SECRET_KEY
    except ImproperlyConfigured:  # what Django answers when asked for an empty one
        return False


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured where the checks would fail; for servers, which run no checks."""
    errors = check_safe_start()
    if errors:
        raise ImproperlyConfigured(" ".join(str(error.msg) for error in errors))
