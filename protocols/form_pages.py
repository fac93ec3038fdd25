"""The files of a described form, at the address of their edition; one that is superseded leads to what holds."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header

from portal.files.serving import EDITION
from portal.requests import FramedRequest

from . import described, fillable, form_files
from .models import FormPage
from .views import being_made, history, of_version


def file(request: FramedRequest, code: str, version: str, kind: str) -> HttpResponse:
    """The empty form; `?edizione` asks for that of a version before, from the page of that edition."""
    page, known = history(request, code)
    found = of_version(known, version)
    if not isinstance(page, FormPage) or kind not in described.KINDS or not described.is_described(found):
        raise Http404
    if found.version != page.version and EDITION not in request.GET:
        newer = form_files.leading_to(page, found.version)
        messages.warning(request, newer.sentence)
        return redirect(newer.url)
    copy = fillable.files_of(found)
    made = {"pdf": copy.form_pdf, "odt": copy.form_odt}[kind]
    if not made:
        return being_made(request, page, found)
    name = content_disposition_header(True, f"{page.code or page.slug}-{found.version}.{kind}") or "attachment"
    return HttpResponse(bytes(made), content_type=described.KINDS[kind], headers={"Content-Disposition": name})
