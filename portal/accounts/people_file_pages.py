"""«Invita da un file»: first the report, row by row; then, if every row is right, all of them or nobody."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access
from portal.requests import PersonRequest
from portal.spaces import role_copy

from . import invitations, people_file

SALT = "raccordo.people-file"
HOLDS = 60 * 60  # seconds between the report and the yes


class FileForm(forms.Form):
    table = forms.FileField(
        label=gettext_lazy("Il file"), help_text=gettext_lazy("Excel (.xlsx) o CSV, al massimo 1000 righe."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )  # fmt: skip


@login_required
def invite_from_file(request: PersonRequest) -> HttpResponse:
    """What was judged is what is done: the rows come back signed, and are judged again."""
    access.require_coordinator(request.user)
    request.section = "rete"
    if "conferma" in request.POST:
        return _confirmed(request)
    form = FileForm(request.POST or None, request.FILES or None)
    rows: list[people_file.Row] = []
    if request.method == "POST" and form.is_valid():
        try:
            rows = people_file.judged(people_file.cells_of(form.cleaned_data["table"]), by=request.user)
            if not rows:
                form.add_error("table", _("Il file non ha righe sotto i titoli."))
        except people_file.Unreadable as problem:
            form.add_error("table", str(problem))
    return _page(request, form, rows)


def _page(request: PersonRequest, form: FileForm, rows: list[people_file.Row]) -> HttpResponse:
    wrong = [row for row in rows if row.problems]
    signed = ""
    if rows and not wrong:
        signed = signing.dumps([[row.number, row.cells] for row in rows], salt=SALT, compress=True)
    context: dict[str, Any] = {
        "form": form, "rows": rows, "wrong": wrong, "shown": wrong or rows, "right": len(rows) - len(wrong),
        "signed": signed, "columns": people_file.COLUMNS,
    }  # fmt: skip
    return render(request, "portal/invite_from_file.html", context)


def _confirmed(request: PersonRequest) -> HttpResponse:
    try:
        cells = signing.loads(request.POST["conferma"], salt=SALT, max_age=HOLDS)
    except signing.BadSignature:
        messages.error(request, _("È passata più di un’ora dal controllo: carica di nuovo il file."))
        return redirect("invite_from_file")
    rows = people_file.judged([(number, row) for number, row in cells], by=request.user)
    if any(row.problems for row in rows):
        return _page(request, FileForm(), rows)  # somebody changed the network meanwhile
    try:
        with transaction.atomic(), role_copy.once():
            for row in rows:
                if row.asked:
                    invitations.invite(row.asked, by=request.user)
    except invitations.AlreadyThere as found:
        messages.error(request, _("Non ho invitato nessuno: %(who)s ha già un account.") % {"who": found.person.email})
        return redirect("invite_from_file")
    words = ngettext("%(count)d persona invitata.", "%(count)d persone invitate.", len(rows))
    messages.success(request, words % {"count": len(rows)})
    return redirect("network_people")


@login_required
def people_table(request: PersonRequest) -> HttpResponse:
    """An empty table with the titles of its columns."""
    access.require_coordinator(request.user)
    response = HttpResponse("\ufeff" + ";".join(people_file.COLUMNS) + "\r\n", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="persone.csv"'
    return response
