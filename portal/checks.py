"""What a start outside the demo refuses: no key or the demo's key, DEBUG, no host names."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured


@register()
def check_safe_start(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """System check run by every command but `setup_network`."""
    if settings.DEMO:
        return []
    setup = "Esegui prima «manage.py setup_network»."
    problems = []
    if not _has_own_key():
        problems.append(("Manca una SECRET_KEY propria: quella della demo è pubblica.", "portal.E001"))
    if settings.DEBUG:
        problems.append(("DEBUG è acceso: mostrerebbe a chiunque dati e codice.", "portal.E002"))
    if not settings.ALLOWED_HOSTS:
        problems.append(("ALLOWED_HOSTS è vuoto: manca il nome a cui il portale risponde.", "portal.E003"))
    return [Error(message, hint=setup, id=number) for message, number in problems]


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
