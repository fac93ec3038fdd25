"""«I tuoi dati»: what is kept of oneself, read on a page or taken away as a file."""

import json
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import access, security_log
from portal.limits import limited
from portal.models import NameProposal, User
from portal.requests import PersonRequest
from portal.words import dates

from . import names, own_data

SHOWN = 20  # rows of each kind on the page; the file has all


@login_required
def own_data_page(request: PersonRequest) -> HttpResponse:
    found = [
        (kept, [_in_words(row) for row in kept.rows[-SHOWN:]], max(len(kept.rows) - SHOWN, 0))
        for kept in own_data.of(request.user)
    ]
    return render(request, "portal/own_data.html", {"found": found})


def _in_words(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What there is in a row, its days in words."""
    said = {name: dates.in_words(value) if isinstance(value, date) else str(value) for name, value in row.items()}
    return [(name, value) for name, value in said.items() if value]


@login_required
@limited("table")
def own_data_file(request: PersonRequest) -> HttpResponse:
    """The same, whole, for another program."""
    security_log.note("export", name="own-data", format="json")
    found = {kept.what: {"conservati": str(kept.until), "righe": list(kept.rows)} for kept in own_data.of(request.user)}
    response = HttpResponse(
        json.dumps(found, ensure_ascii=False, indent=2, cls=DjangoJSONEncoder), content_type="application/json"
    )
    response["Content-Disposition"] = f'attachment; filename="{own_data.file_name()}"'
    return response


@login_required
@require_POST
def decide_name(request: PersonRequest, pk: int) -> HttpResponse:
    """Yes or no to the name that somebody asked for."""
    access.require_coordinator(request.user)
    person = access.get_or_404(User.objects.all(), request.user, "manage", pk=pk)
    row = NameProposal.objects.select_related("person").filter(person=person).first()
    if row is None:
        messages.error(request, _("Non c’è più un nome da confermare."))
    elif str(row) != request.POST.get("chiesto"):
        messages.error(request, _("Intanto ha chiesto un altro nome: rileggilo, e decidi su quello."))
    else:
        try:
            names.decide(row, accepted="si" in request.POST, by=request.user)
        except names.NothingAsked:
            messages.error(request, _("Non c’è più un nome da confermare."))
        else:
            messages.success(request, _("Deciso."))
    return redirect("person_card", pk=pk)
