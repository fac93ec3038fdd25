"""What hangs in the air: rules without what they follow from, forms that nobody uses, norms that hold no more."""

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from wagtail.models import Page

from coordination.models import Norm, NormState, Objective, Project, Reason
from portal import access, paging
from portal.models import User
from portal.pages import kinds
from portal.requests import PersonRequest

from .models import FormPage, ProcedurePage, ProtocolPage, RuleLink

KEYS = {
    "procedures": "procedure", "forms": "moduli", "protocols": "protocolli", "outdated": "norme",
    "objectives": "obiettivi", "projects": "progetti",
}  # fmt: skip


@login_required
def orphans(request: PersonRequest) -> HttpResponse:
    """For who coordinates the network, of the pages that the person reads."""
    access.require_coordinator(request.user)
    request.section = "rete"
    repealed = Norm.objects.filter(state=NormState.REPEALED, since__lte=timezone.localdate())
    lists = {
        "procedures": _open(ProcedurePage.objects.exclude(_follows_from(ProtocolPage)), request.user),
        "forms": _open(FormPage.objects.exclude(_follows_from(ProcedurePage, ProtocolPage)), request.user),
        "protocols": _open(ProtocolPage.objects.exclude(_has_a_norm()), request.user),
        "objectives": Objective.objects.filter(reasons=None, projects=None).order_by("code", "pk"),
        "projects": Project.objects.filter(reasons=None).order_by("code", "pk"),
    }  # fmt: skip
    parts = {name: paging.part(request, rows.__getitem__, key=KEYS[name]) for name, rows in lists.items()}
    counts = {f"{name}_count": paging.count(parts[name], rows.count) for name, rows in lists.items()}
    outdated = _outdated(repealed, request.user)
    parts["outdated"] = paging.part(request, lambda piece: _whole(outdated[piece]), key=KEYS["outdated"])
    counts["outdated_count"] = len(outdated)
    return render(request, "protocols/orphans.html", {**parts, **counts})


def _open(pages: QuerySet[Page], user: User) -> QuerySet[Page]:
    found: QuerySet[Page] = access.allowed(pages.order_by("slug", "pk"), user)
    return found


def _follows_from(*kinds: type[Page]) -> Exists:
    """From a page of such a kind that is read."""
    above = Page.objects.filter(live=True).type(*kinds).order_by()
    return Exists(RuleLink.objects.filter(below=OuterRef("pk"), above__in=above.values("pk")))


def _has_a_norm() -> Exists:
    return Exists(Reason.objects.filter(page=OuterRef("pk"), norm__isnull=False))


def _outdated(norms: QuerySet[Norm], user: User) -> list[tuple[Norm, Page]]:
    """Each norm that holds no more, with each page that is still there because of it."""
    rows = Reason.objects.filter(norm__in=norms).select_related("norm__successor").order_by("norm__citation", "pk")
    pages = {page.pk: page for page in access.allowed(Page.objects.filter(pk__in=rows.values("page")), user)}
    return [(row.norm, pages[row.page_id]) for row in rows if row.norm and row.page_id in pages]


def _whole(rows: list[tuple[Norm, Page]]) -> list[tuple[Norm, Page]]:
    """With the code of each page."""
    return [(norm, kinds.by_name(page)) for norm, page in rows]
