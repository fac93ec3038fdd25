"""Editions, reachable and marked, and what changed between two of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from portal import access
from portal.limits import limited
from portal.models.pages import by_code
from portal.requests import FramedRequest

from . import comparison, editions, paper, pocket, touching
from .models import Edition, EditionCopy
from .models.rules import RulePage
from .reading import readings


def edition(request: FramedRequest, code: str, version: str) -> HttpResponse:
    """What a page said in one of its versions, to whoever may read the page and could read it then."""
    page, known = history(request, code)
    found = of_version(known, version)
    reading = readings(page, request.user, found)[0]
    context = {
        "page": page,
        "edition": found,
        "reading": reading,
        "sections": reading.contents,
        "previous": _previous(known, found),
        "is_past": found.state[0] != "ok",  # type: ignore[attr-defined]
        "space": access.spaces_of([page], request.user).get(page.pk),
    }
    return render(request, "protocols/edition.html", context)


def printed(request: FramedRequest, code: str, version: str) -> HttpResponse:
    """The edition as PDF; while it is being drawn, a page that asks again by itself."""
    page, known = history(request, code)
    found = of_version(known, version)
    return _pdf(request, page, found, paper.copy_of(found).pdf, found.version)


def pocket_card(request: FramedRequest, code: str, version: str) -> HttpResponse:
    """The steps of a procedure on one sheet, as the edition says them."""
    page, known = history(request, code)
    found = of_version(known, version)
    if not found.content.get("steps"):
        raise Http404
    return _pdf(request, page, found, pocket.card_of(found).card, f"{found.version}-tascabile")


def _pdf(request: FramedRequest, page: RulePage, found: Edition, drawn: Any, name: str) -> HttpResponse:
    if not drawn:
        return being_made(request, page, found)
    file = f"{page.code or page.slug}-{name}.pdf"
    shown_as = content_disposition_header(as_attachment=False, filename=file) or "inline"
    return HttpResponse(bytes(drawn), content_type="application/pdf", headers={"Content-Disposition": shown_as})


def being_made(request: FramedRequest, page: RulePage, found: Edition) -> HttpResponse:
    answer = render(request, "protocols/being_printed.html", {"page": page, "edition": found}, status=202)
    answer["Refresh"] = "3"
    return answer


@limited("copy")
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """To anybody who holds a printed copy: whether it still holds, and nothing else; all wrong tokens answer alike."""
    rows = EditionCopy.objects.filter(token=token).select_related("edition__page")
    copy = rows.defer("pdf", "card", "form_pdf", "form_odt").first()
    answer = render(request, "protocols/verified.html", {"said": paper.standing(copy) if copy else ""})
    answer["X-Robots-Tag"] = "noindex"
    return answer


def choose_comparison(request: FramedRequest, code: str) -> HttpResponse:
    """To the comparison's own address, the earlier edition first; without a choice, the last difference."""
    page, known = history(request, code)
    chosen = {request.GET[name] for name in ("da", "a") if name in request.GET} or _last_two(page, known)
    both = [each.version for each in reversed(known) if each.version in chosen]
    if len(both) == 2:
        return redirect("compare_editions", page.code or page.slug, *both)
    if len(chosen) == 1 and both and request.GET:
        messages.warning(request, _("Hai scelto due volte la stessa edizione: scegline due diverse."))
    return redirect(f"{page.url}#edizioni")


def _last_two(page: RulePage, known: list[Edition]) -> set[str]:
    current = next((each for each in known if each.version == page.version), None)
    previous = current and _previous(known, current)
    return {current.version, previous.version} if current and previous else set()


@limited("comparison")
def compare(request: FramedRequest, code: str, old: str, new: str) -> HttpResponse:
    """What changed between two editions; of both, only what the reader could read on their pages."""
    page, known = history(request, code)
    before, after = of_version(known, old), of_version(known, new)
    if known.index(before) <= known.index(after):  # newest first: the other way round, or twice the same
        return redirect("choose_comparison", code) if before is after else redirect("compare_editions", code, new, old)
    whole = request.GET.get("testo") == "intero"
    found = comparison.compare(*readings(page, request.user, before, after), whole=whole)
    touched = touching.touched(page, found, known, (before, after), request.user)
    parts = found.parts if whole else found.changed
    context = {
        "page": page,
        "before": before,
        "after": after,
        "both": [after, before],
        "editions": known,
        "comparison": found,
        "whole": whole,
        "touched": touched,
        "parts": [(part, touched.of(part) if touched else ()) for part in parts],
        "space": access.spaces_of([page], request.user).get(page.pk),
    }
    return render(request, "protocols/comparison.html", context)


def history(request: FramedRequest, code: str) -> tuple[RulePage, list[Edition]]:
    """The rule behind a code, for whoever may read it, and the editions of it that this person may read."""
    page = by_code(code)
    if not isinstance(page, RulePage):
        raise Http404
    access.require(request.user, "view", page)
    request.contact = page.responsible
    request.section = page._meta.model_name
    return page, editions.history(page, request.user)


def _previous(known: list[Edition], found: Edition) -> Edition | None:
    """The edition before this one, as far as the reader knows it."""
    return next(iter(known[known.index(found) + 1 :]), None)


def of_version(known: list[Edition], version: str) -> Edition:
    found = next((each for each in known if each.version == version), None)
    if found is None:
        raise Http404
    return found
