"""When a request goes wrong: a page in our words, and for faults of ours a code that leads to the log."""

import logging
import secrets
import sys

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.utils.datastructures import MultiValueDictKeyError
from django.utils.translation import gettext as _
from wagtail.models import Page

from . import busy, security_log, typed
from .pages.atomic_acts import NotDone

logger = logging.getLogger(__name__)
EASY_TO_SAY = "ABCDEFGHKLMNPRSTUVXYZ23456789"  # on the telephone none of them is taken for another
CODE_LENGTH = 6


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400. Drawn from the file alone: of such a request not even the host name can be trusted."""
    if why := busy.reason(exception):  # a session that cannot be written counts as one that was taken away
        return busy.answer(request, why, exception)
    return HttpResponse(loader.get_template("400.html").render({"why": _why(exception)}), status=400)


def _why(exception: Exception | None) -> str:
    if not isinstance(exception, TooManyFilesSent):
        return _("L’indirizzo è incompleto, oppure il modulo è arrivato a pezzi.")
    return _("Si mandano al massimo %(most)d file alla volta: torna indietro e scegline meno.") % {
        "most": settings.DATA_UPLOAD_MAX_NUMBER_FILES
    }


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person may look at it, and not do that."""
    security_log.note("refused", method=request.method, path=request.path)
    return render(request, "403.html", typed.unsent(request), status=403)


def by_button_only(request: HttpRequest, bare: HttpResponse) -> HttpResponse:
    """405: the address of an act, opened as a page; the browser would show one of its own."""
    page = render(request, "405.html", status=405)
    page.headers["Allow"] = bare.headers["Allow"]
    return page


def write_down(where: str, problem: BaseException | None) -> str:
    """The code under which a fault of ours stands in the log, easy to say on the telephone."""
    code = "".join(secrets.choice(EASY_TO_SAY) for _ in range(CODE_LENGTH))
    logger.error("Fault %s: %s: %r", code, where, problem, exc_info=problem)
    return code


def failed(request: HttpRequest) -> HttpResponse:
    """500. The page asks neither the database nor the frame, which may be what failed; the code stands in the log."""
    problem = sys.exc_info()[1]
    if why := busy.reason(problem):
        return busy.answer(request, why, problem)
    if isinstance(problem, MultiValueDictKeyError):  # a form that came in pieces: what counts its rows is missing
        return not_understood(request)
    code = write_down(f"{request.method} {request.path}", problem)
    return HttpResponse(loader.get_template("500.html").render({"code": code}), status=500)


def not_done(request: HttpRequest, problem: NotDone) -> HttpResponse:
    """An act that could not be whole: the author reads so beside what was written, which is kept."""
    if why := busy.reason(problem):
        return busy.answer(request, why, problem)
    code = write_down(f"{request.method} {request.path}", problem.__cause__)
    messages.error(request, _("%(sentence)s Codice da segnalare: %(code)s.") % {"sentence": problem, "code": code})
    page = Page.objects.filter(pk=problem.page_id).first()
    return redirect("wagtailadmin_pages:edit", page.pk) if page else redirect("wagtailadmin_home")
