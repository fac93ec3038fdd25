"""While the database is brought to a new version: one page says so, at every address, and keeps what was typed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal import busy

from . import folders

LOCK = "maintenance.lock"
UPDATING = busy.Reason(
    _("Il portale si aggiorna"), _("Di solito bastano un paio di minuti. Non si perde niente."), retry_after=60
)


def under_way() -> AbstractContextManager[None]:
    """Hold it while nobody may use the database; whoever dies lets it go."""
    return folders.held(LOCK, wait=True)


class MaintenanceMiddleware:
    """Asks nobody but a lock: neither session nor database may be read meanwhile. Monitors get their answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/salute/") or not folders.is_held(LOCK):
            return self.get_response(request)
        return busy.answer(request, UPDATING, None)
