"""What protocols, procedures and forms are shown with."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from coordination import shifts
from coordination.models import ServicePage
from portal import access, prepared
from portal.accounts import looked_up
from portal.models import Organisation
from portal.pages import kinds
from portal.pages.kinds import shows

from . import band, editions, forms, from_word, procedures, why  # noqa: F401  `forms`: which form edits which kind
from .models import FormPage, ProcedurePage, ProtocolPage
from .models.protocols import RelatedPage
from .models.rules import RulePage


@shows(RulePage)
def rule(page: RulePage, request: HttpRequest) -> dict[str, Any]:
    """The file of its act: one of another space is not opened by being cited."""
    act = page.act_file
    may_open = act is not None and access.can(request.user, "view", act)
    return {"coming": page.coming, "why": why.of(page, request.user), "act_file": act if may_open else None}


@shows(ProtocolPage)
def protocol(page: ProtocolPage, request: HttpRequest) -> dict[str, Any]:
    """The forms and procedures that go with it, as far as the reader may see them."""
    pages = [kinds.by_name(each) for each in _related(page).values() if access.can(request.user, "view", each)]
    kept, signatories = editions.kept(page), prepared.children(page.signatories, "signatories", _signing, page=page.pk)
    known = editions.history(page, request.user, kept)
    found = band.of(page, request, kept, {edition.pk for edition in known}, signatories)
    for each in known:
        looked_up.expect(request, [each.published_by, each.proposed_by, each.approved_by])
    return {
        "editions": known,
        "signatories": signatories,
        "band": found,
        "beside": found.beside if found else {},
        "forms": [each for each in pages if isinstance(each, FormPage)],
        "procedures": [each for each in pages if isinstance(each, ProcedurePage)],
    }


def _related(page: ProtocolPage) -> dict[int, Page]:
    """What goes with it, each once."""
    rows = prepared.children(page.related, "related", _related_to, page=page.pk)
    return {each.target_id: each.target for each in rows}


def _related_to() -> QuerySet[RelatedPage]:
    return RelatedPage.objects.filter(page__id=prepared.given("page")).select_related("target")


def _signing() -> QuerySet[Organisation]:
    return Organisation.objects.filter(protocolpage__id=prepared.given("page"))


@shows(ProcedurePage)
def procedure(page: ProcedurePage, request: HttpRequest) -> dict[str, Any]:
    return {"editions": editions.history(page, request.user), **procedures.plan(page, request)}


@shows(ServicePage)
def service(page: ServicePage, request: HttpRequest) -> dict[str, Any]:
    shifts.told([page], request.user)
    return {"why": why.of(page, request.user), "keeps_shifts": shifts.may_keep(page, request.user)}


@shows(FormPage)
def form(page: FormPage, request: HttpRequest) -> dict[str, Any]:
    """Its files: one of another space is not opened by being cited."""
    files = {name: getattr(page, name) for name in ("document", "signed")}
    known = editions.history(page, request.user)
    return {
        "editions": known,
        "is_out": any(each.version == page.version for each in known),
        "procedures": procedures.using(page, request.user),
        "asked": page.asked(),
        **{name: file if file and access.can(request.user, "view", file) else None for name, file in files.items()},
    }
