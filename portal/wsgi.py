"""WSGI entry point; refuses an unsafe configuration as `manage.py check` does."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
portal = get_wsgi_application()

from portal.checks import refuse_unsafe_start  # noqa: E402

refuse_unsafe_start()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django leaves it to the server to send no body after HEAD (RFC 9110, 9.3.2); waitress sends what it gets."""
    response = portal(environ, start_response)
    if environ["REQUEST_METHOD"] != "HEAD":
        return response
    response.close()
    return []
