"""When nothing can be written for a while: the portal says why, and gives back what was typed.

The database may be locked or away, the disk full or read-only. It passes by itself or by somebody's hand, so it is no
fault of ours with a code: it is 503, with when to try again and a button that sends the same once more.
"""

import errno
import logging
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import typed
from .files.storage import BucketAway

logger = logging.getLogger(__name__)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
# SQLite says what is wrong in words alone, PostgreSQL in words too.
NOT_WRITABLE = ("readonly", "read-only", "disk is full", "disk full", "disk i/o error", "no space left")
LOCKED = ("locked", "unable to open database file")
DEPTH = 6  # of faults that were raised while another was dealt with


@dataclass(frozen=True)
class Reason:
    """Why nothing can be written now."""

    title: str | Promise
    sentence: str | Promise
    retry_after: int  # seconds


OCCUPIED = Reason(
    _("Il portale è occupato"),
    _("In questo momento il portale non riesce a scrivere: di solito passa in meno di un minuto."),
    retry_after=15,
)
FULL = Reason(
    _("Il portale non può scrivere"),
    _("Il disco del portale è pieno o bloccato: si può leggere, non salvare. Avvisa chi cura il portale."),
    retry_after=300,
)
AWAY = Reason(
    _("I file non si raggiungono"),
    _("In questo momento il portale non raggiunge l’archivio dei file: le pagine si leggono, i file no."),
    retry_after=60,
)


def reason(problem: BaseException | None) -> Reason | None:
    """Why the fault, or one behind it, is none of ours; None when it is."""
    for _step in range(DEPTH):
        if problem is None:
            return None
        if found := _reason(problem):
            return found
        problem = problem.__cause__ or problem.__context__
    return None


def _reason(problem: BaseException) -> Reason | None:
    if isinstance(problem, BucketAway):
        return AWAY
    if isinstance(problem, OSError):
        return FULL if problem.errno in NO_ROOM else None
    if not isinstance(problem, (DatabaseError, InterfaceError)):
        return None
    words = str(problem).lower()
    if any(each in words for each in NOT_WRITABLE):
        return FULL
    from_server = hasattr(problem.__cause__, "sqlstate")  # psycopg: the server is away, or refuses for now
    if any(each in words for each in LOCKED) or (
        from_server and isinstance(problem, OperationalError | InterfaceError)
    ):
        return OCCUPIED
    return None


def answer(request: HttpRequest, why: Reason, problem: BaseException | None) -> HttpResponse:
    """503; drawn from the file alone, like the page of a fault."""
    logger.warning("Busy: %s %s: %r", request.method, request.path, problem)
    if request.accepts("text/html") and "x-requested-with" not in request.headers:
        response = HttpResponse(
            loader.get_template("503.html").render({"why": why} | typed.given_back(request)), status=503
        )
    else:
        said = {"success": False, "error_code": "busy", "error_message": f"{why.title}: {why.sentence}"}
        response = JsonResponse(said, status=503)
    response.headers["Retry-After"] = str(why.retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response
