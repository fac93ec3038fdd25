"""Sending a private file: exact headers, parts of it on request, never to a shared cache."""

import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from portal import access
from portal.models import Document, Image, Rendition

from . import extraction

CHUNK = 1 << 16
EDITION = "edizione"
CONTENT = "contenuto"
POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
# Shown in the browser; anything else is downloaded, so that no uploaded page runs on our address.
INLINE = {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
PDF, UNKNOWN = "application/pdf", "application/octet-stream"
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def file_response(request: HttpRequest, file: Any, name: str, *, etag: str, download: bool = False) -> HttpResponseBase:
    """The file, a part of it (206), or 304, with the headers of a private file."""
    size = file.size
    tag = f'"{etag}"'
    answered: HttpResponse | None = get_conditional_response(request, etag=tag)  # 304, where the reader has it already
    if answered is not None:
        return _private(answered, tag)
    content_type = _content_type(name)
    if content_type == PDF and not _begins_as_pdf(file):
        content_type = UNKNOWN  # a program under the name of a PDF is no PDF
    part = _part(request, size, tag)
    if part == (-1, -1):
        return _private(HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), tag)
    start, end = part or (0, size - 1)
    response = StreamingHttpResponse(_read(file, start, end), status=206 if part else 200, content_type=content_type)
    if part:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Length"] = str(max(end - start + 1, 0))
    response["Accept-Ranges"] = "bytes"
    is_shown = content_type.split(";")[0] in INLINE and not download
    response["Content-Disposition"] = content_disposition_header(not is_shown, name) or "attachment"
    return _private(response, tag)


def _private(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY  # django-csp leaves a policy of one's own as it is
    return response


def _content_type(name: str) -> str:
    # Not strict: else Python up to 3.12 does not know WebP where the system has no list of its own.
    found, packed = mimetypes.guess_type(name, strict=False)
    if packed:
        return UNKNOWN
    if name.lower().endswith(".p7m"):
        found = "application/pkcs7-mime"
    if found == "text/plain":
        return "text/plain; charset=utf-8"
    return found or UNKNOWN


def _begins_as_pdf(file: Any) -> bool:
    with file.open("rb") as handle:
        return b"%PDF-" in handle.read(1024)


def _part(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """First and last byte asked for; None for the whole file; (-1, -1) for a part that does not exist."""
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or request.headers.get("If-Range", tag) != tag:
        return None
    first, last = match.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None  # no range at all, says RFC 9110: the whole file is sent
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else (-1, -1)


def _read(file: Any, start: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as handle:
        handle.seek(start)
        left = end - start + 1
        while left > 0 and (chunk := handle.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


@dataclass(frozen=True)
class Successor:
    """The page that took the place of a file, and the sentence that says so."""

    url: str
    sentence: str


# Each knows pages whose files are replaced by newer ones: the file, the name asked for and the reader → where to go.
successors: list[Callable[[Document, str, Any], Successor | None]] = []


def document(request: HttpRequest, document_id: int, filename: str) -> HttpResponseBase:
    """A file, to whoever may see it; by a name that it bore before, or never, the way to its own.

    `?scarica` saves instead of showing; `?edizione` asks for a file that was replaced, from the edition that had it;
    `?contenuto` asks for what a signed envelope holds.
    """
    if EDITION not in request.GET and (newer := _successor(document_id, filename, request.user)):
        messages.warning(request, newer.sentence)
        return redirect(newer.url)
    found = access.get_or_404(Document.objects.all(), request.user, pk=document_id)
    if found.filename != filename:
        return redirect(found.url)
    if CONTENT in request.GET:
        return _unwrapped(request, found)
    return file_response(request, found.file, found.filename, etag=found.sha256, download="scarica" in request.GET)


def _unwrapped(request: HttpRequest, found: Document) -> HttpResponseBase:
    """What a signed envelope holds, as a file of its own: taken out anew each time, so that nothing is kept twice."""
    if not found.signatures:
        raise Http404
    try:
        with found.open_file() as envelope:
            inside = ContentFile(extraction.content_of(envelope.read(), found.filename))
    except extraction.Unreadable as problem:
        messages.warning(request, _("Il file senza firma non si può dare: %(why)s") % {"why": problem.reason})
        return redirect(found.url)
    name = re.sub(r"(\.p7[ms])+$", "", found.filename, flags=re.IGNORECASE)
    return file_response(request, inside, name, etag=f"{found.sha256}-{CONTENT}", download=True)


def _successor(document_id: int, filename: str, user: Any) -> Successor | None:
    file = Document.objects.filter(pk=document_id).first()
    found = (newer(file, filename, user) for newer in successors) if file else iter(())
    return next((each for each in found if each), None)


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An image or a rendition by its place on disk; documents have their own address and none here."""
    for queryset in (Rendition.objects.all(), Image.objects.all()):
        found = access.allowed(queryset, request.user).filter(file=path).first()
        if found is not None:
            return file_response(request, found.file, Path(path).name, etag=f"{found.pk}-{found.file.size}")
    raise Http404
