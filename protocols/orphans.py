"""What hangs in the air: rules without what they follow from, forms that nobody uses, norms that hold no more."""

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from wagtail.models import Page

from coordination.models import Norm, NormState, Objective, Project, Reason
from portal import access
from portal.models import User
from portal.requests import PersonRequest

from .models import FormPage, ProcedurePage, ProtocolPage, RuleLink


@login_required
def orphans(request: PersonRequest) -> HttpResponse:
    """For who coordinates the network, of the pages that the person reads."""
    access.require_coordinator(request.user)
    request.section = "rete"
    repealed = Norm.objects.filter(state=NormState.REPEALED, since__lte=timezone.localdate())
    context = {
        "procedures": _open(ProcedurePage.objects.exclude(_follows_from(ProtocolPage)), request.user),
        "forms": _open(FormPage.objects.exclude(_follows_from(ProcedurePage, ProtocolPage)), request.user),
        "protocols": _open(ProtocolPage.objects.exclude(_has_a_norm()), request.user),
        "outdated": _outdated(repealed, request.user),
        "objectives": Objective.objects.filter(reasons=None, projects=None),
        "projects": Project.objects.filter(reasons=None),
    }  # fmt: skip
    return render(request, "protocols/orphans.html", context)


def _open(pages: QuerySet[Page], user: User) -> QuerySet[Page]:
    found: QuerySet[Page] = access.allowed(pages.order_by("slug"), user)
    return found


def _follows_from(*kinds: type[Page]) -> Exists:
    """From a page of such a kind that is read."""
    above = Page.objects.filter(live=True).type(*kinds).order_by()
    return Exists(RuleLink.objects.filter(below=OuterRef("pk"), above__in=above.values("pk")))


def _has_a_norm() -> Exists:
    return Exists(Reason.objects.filter(page=OuterRef("pk"), norm__isnull=False))


def _outdated(norms: QuerySet[Norm], user: User) -> list[tuple[Norm, Page]]:
    """Each norm that holds no more, with each page that is still there because of it."""
    rows = Reason.objects.filter(norm__in=norms).select_related("norm__successor").order_by("norm__citation")
    pages = {page.pk: page for page in access.allowed(Page.objects.filter(pk__in=rows.values("page")), user).specific()}
    return [(row.norm, pages[row.page_id]) for row in rows if row.norm and row.page_id in pages]
