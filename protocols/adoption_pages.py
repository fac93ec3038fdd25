"""What one body did with a protocol: read by whoever reads the protocol, set by the body's delegates; its acts."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portal import access
from portal.files.serving import file_response
from portal.models import Organisation
from portal.models.pages import by_code
from portal.models.people import User
from portal.personal_data import guard
from portal.requests import FramedRequest
from portal.words import dates

from . import adoptions, editions
from .adoption_form import AdoptionForm
from .holding import last_said, standing
from .models import Adoption, Edition, ProtocolPage


def adoption(request: FramedRequest, code: str, body: str) -> HttpResponse:
    """The body's words on each edition, the newest first; for its delegates, the form for one of them."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = _protocol(request, code)
    organisation = get_object_or_404(Organisation, slug=body)
    said = _said(page, organisation, request)
    if not said:
        raise Http404
    asked = next((each for each in said if each.version == request.GET.get("edizione")), next(iter(said)))
    may_say = access.can(request.user, "edit", said[asked][0])
    if request.method == "POST":
        access.require(request.user, "edit", said[asked][0])
    days = [row.since for row in standing(said[asked])]
    earlier = [row.since for row in standing(said[asked]) if row != said[asked][0]]
    author = request.user if isinstance(request.user, User) else None
    form = AdoptionForm(
        request.POST if request.method == "POST" else None, request.FILES or None, edition=asked, last=said[asked][0],
        first=max(days), before=max(earlier, default=asked.begins), author=author,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and _written(request, form, asked, organisation):
        messages.success(request, _("Scritto: chi legge il protocollo lo vede da adesso."))
        return redirect(adoptions.address(page, organisation))
    request.contact, request.section = page.responsible, page._meta.model_name or ""
    context = {
        "page": page, "body": organisation, "said": [(each, _words(each, rows)) for each, rows in said.items()],
        "asked": asked, "form": form if may_say else None, "space": access.spaces_of([page], request.user).get(page.pk),
    }  # fmt: skip
    return render(request, "protocols/adoption.html", context)


def _protocol(request: FramedRequest, code: str) -> ProtocolPage:
    named = by_code(code)
    if not isinstance(named, ProtocolPage):
        raise Http404
    page: ProtocolPage = access.get_or_404(ProtocolPage.objects.live(), request.user, pk=named.pk)
    return page


def _said(page: ProtocolPage, body: Organisation, request: FramedRequest) -> dict[Edition, list[Adoption]]:
    """Edition → what the body said of it, newest first; of the editions that the reader may read."""
    found: dict[Edition, list[Adoption]] = {}
    kept = {edition.pk: edition for edition in editions.history(page, request.user)}
    for row in _rows(request).filter(edition__in=list(kept), organisation=body):
        found.setdefault(kept[row.edition_id], []).append(row)
    return {edition: found[edition] for edition in kept.values() if edition in found}


def _rows(request: FramedRequest) -> QuerySet[Adoption]:
    rows: QuerySet[Adoption] = access.allowed(Adoption.objects.all(), request.user)
    return rows.select_related("by", "organisation", "edition", "corrected_by").order_by("-pk")


def _words(edition: Edition, rows: list[Adoption]) -> dict[str, Any]:
    headings = {anchor: heading for anchor, heading, _text in edition.parts}
    for row in rows:
        row.headings = [headings[each] for each in row.sections if each in headings]  # type: ignore[attr-defined]
    return {"last": last_said(rows), "rows": rows}


def _written(request: FramedRequest, form: AdoptionForm, edition: Edition, body: Organisation) -> bool:
    """Whether it was written; where a colleague was faster, the form says what that one wrote."""
    said = {name: value for name, value in form.cleaned_data.items() if name != guard.REASON}
    try:
        with transaction.atomic():
            form.keep_reasons(form.cleaned_data[guard.REASON], request.user)  # type: ignore[arg-type]
            adoptions.say(edition, body, by=request.user, **said)  # type: ignore[arg-type]
    except adoptions.Overtaken as overtaken:
        newer = overtaken.newer
        words = _("Nel frattempo %(who)s ha scritto «%(state)s» (%(day)s): guarda sopra, e se serve invia di nuovo.")
        form.add_error(None, words % {"who": newer.by or _("il portale"), "state": newer.get_state_display(),
                                      "day": dates.in_words(newer.at)})  # fmt: skip
        form.data = request.POST.copy()  # what was typed stays; sent again, it follows the newer row
        form.data["seen"] = str(newer.pk)  # type: ignore[index]
        return False
    return True


def act(request: FramedRequest, pk: int) -> HttpResponseBase:
    """The file of the act by which a body adopted, to whoever reads the edition."""
    row = access.get_or_404(Adoption.objects.exclude(act_file="").select_related("edition__page"), request.user, pk=pk)
    page = row.edition.page.specific
    if row.edition not in editions.history(page, request.user):
        raise Http404
    return file_response(request, row.act_file, Path(str(row.act_file)).name, etag=row.act_sha256)
