"""The register of adoptions: the table, the same as a spreadsheet, and the reminder."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import paging
from portal.files import sheets
from portal.limits import limited
from portal.models import Organisation
from portal.requests import PersonRequest

from . import matrix as register
from . import reminding


@login_required
def matrix(request: PersonRequest) -> HttpResponse:
    """Protocols × bodies, as far as the reader reads the protocols; what is missing is counted of all pieces.

    With `?righe=tutte` it is one piece, which is what goes on paper.
    """
    request.section = "protocolpage"
    found, form = register.of(request.user, request.GET)
    is_whole = request.GET.get("righe") == "tutte"
    context = {
        "matrix": found, "part": paging.Part(found.lines()) if is_whole else paging.part(request, found.lines),
        "form": form, "asked": request.GET.urlencode(), "kinds": list(sheets.KINDS), "is_whole": is_whole,
        "said": form.in_words(),
    }  # fmt: skip
    return render(request, "protocols/matrix.html", context)


@login_required
@limited("table")
def sheet(request: PersonRequest, kind: str) -> HttpResponse:
    """The same table, to work with."""
    if kind not in sheets.KINDS:
        raise Http404
    found, _form = register.of(request.user, request.GET)
    day = timezone.localdate().isoformat()
    return sheets.response(kind, f"recepimenti-{day}", _("Recepimenti"), found.rows())


@login_required
@require_POST
def remind(request: PersonRequest, body: str) -> HttpResponse:
    """«Sollecita»: for whoever looks after a space in which the body has something to adopt."""
    found = get_object_or_404(Organisation, slug=body)
    if not reminding.may(request.user, found):
        raise Http404
    if not reminding.delegates(found):
        messages.error(request, _("Per %(body)s non c’è chi recepisce: dai prima una delega.") % {"body": found})
    elif reminding.ask(found, by=request.user):
        messages.success(request, _("Il sollecito a chi recepisce per %(body)s parte adesso.") % {"body": found})
    else:
        messages.info(request, _("%(body)s è già stato sollecitato oggi.") % {"body": found})
    return redirect("adoptions")
