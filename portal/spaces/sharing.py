"""The sharing page of a space: who has which role and why, which pages go beyond it, and what has changed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.models import Page

from portal import access, paging
from portal.models import Membership, Space, User
from portal.models.pages import SpacePage
from portal.models.spaces import ROLE_MEANING, Role
from portal.pages import addresses
from portal.requests import PersonRequest, number

from . import outsiders, role_mail, roles, shares
from .overview import overview
from .role_forms import ReasonForm, RoleForm, SharePageForm

LOG_SHOWN = 50


@login_required
def sharing(request: PersonRequest, slug: str) -> HttpResponse:
    """The page; giving a role takes two steps: what it opens, then yes."""
    space = _managed_space(request, slug)
    form = RoleForm(request.POST or None, space=space, manager=request.user)
    reach = None
    if request.method == "POST" and form.is_valid():
        if "conferma" in request.POST:
            try:
                form.save()
            except roles.LastManager as problem:
                form.add_error("role", str(problem))
            else:
                messages.success(request, _("Fatto: %(who)s ha un ruolo nello spazio.") % {"who": form.holder_name})
                return redirect("sharing", slug=slug)
        else:
            reach = roles.reach(space, form.holder)
    return _page(request, space, form=form, reach=reach)


@login_required
@require_POST
def change_role(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Another role for somebody who has one, or none: first what it will mean, then yes, with a reason."""
    space = _managed_space(request, slug)
    membership = Membership.objects.current().filter(space=space, pk=pk).first()
    if membership is None:  # taken meanwhile, in another window or by a second press
        messages.error(request, _("Questo ruolo non c’è più."))
        return redirect("sharing", slug=slug)
    access.require(request.user, "manage", membership)
    taken = "togli" in request.POST
    if not taken and request.POST.get("role") not in {str(role.value) for role in Role}:
        messages.error(request, _("Scegli un ruolo tra quelli dell’elenco."))
        return redirect("sharing", slug=slug)
    role = None if taken else Role(int(request.POST["role"]))
    if role == membership.role:
        messages.info(request, _("%(who)s ha già questo ruolo.") % {"who": membership.holder})
        return redirect("sharing", slug=slug)
    form = ReasonForm(request.POST if "conferma" in request.POST else None)
    try:
        if form.is_valid():
            _change(membership, role, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _done(membership, role))
            return _back(request, space)
        roles.require_a_manager_left(membership, role)
    except roles.LastManager as problem:
        messages.error(request, str(problem))
        return redirect("sharing", slug=slug)
    return _ask(request, membership, role, form)


def _change(membership: Membership, wanted: Role | None, *, by: User, reason: str) -> None:
    with transaction.atomic():
        if wanted is None:
            roles.take_role(membership, by=by, reason=reason)
        else:
            roles.give_role(
                membership.space, membership.held_by, wanted, by=by, reason=reason, expires_at=membership.expires_at
            )
        if membership.user:
            role_mail.ask(membership.user, membership.space, by=by)


def _done(membership: Membership, wanted: Role | None) -> str:
    words = {"who": membership.holder, "role": wanted.label if wanted else ""}
    if wanted is None:
        return _("%(who)s non ha più un ruolo nello spazio.") % words
    return _("Fatto: %(who)s ora è %(role)s.") % words


def _back(request: PersonRequest, space: Space) -> HttpResponse:
    """To the sharing page, or away from it when an own role was the one changed."""
    access.forget(request.user)
    if not access.can(request.user, "manage", space):
        return redirect("spaces")
    return redirect("sharing", slug=space.slug)


def _ask(request: PersonRequest, membership: Membership, wanted: Role | None, form: ReasonForm) -> HttpResponse:
    """What the change means, before it is made."""
    person = membership.user
    context = {
        "space": membership.space,
        "membership": membership,
        "role": wanted,
        "form": form,
        "lost": roles.lost_pages(membership) if wanted is None else 0,
        "people": 1 if person else roles.reach(membership.space, membership.held_by).people,
        "before": ROLE_MEANING[Role(membership.role)],
        "after": ROLE_MEANING[wanted] if wanted else "",
        "own": person == request.user or access.is_of(request.user, membership.group_id),
    }
    return render(request, "portal/role_change.html", context)


@login_required
@require_POST
def share(request: PersonRequest, slug: str) -> HttpResponse:
    """A page of the space, for the readers of another one too."""
    space = _managed_space(request, slug)
    form = SharePageForm(request.POST, space=space, manager=request.user)
    if not form.is_valid():
        return _page(request, space, share_form=form)
    shares.share_page(form.cleaned_data["page"], form.cleaned_data["space"], by=request.user,
                      reason=form.cleaned_data["reason"])  # fmt: skip
    messages.success(
        request, _("Fatto: la pagina è condivisa con «%(space)s».") % {"space": form.cleaned_data["space"]}
    )
    return redirect("sharing", slug=slug)


@login_required
@require_POST
def unshare(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Take the sharing of a page of the space back."""
    space = _managed_space(request, slug)
    given = shares.shares_of(space).filter(pk=pk).first()
    if given is None:
        messages.error(request, _("Questa condivisione non c’è più."))
        return redirect("sharing", slug=slug)
    shares.unshare_page(given, by=request.user)
    messages.success(request, _("La pagina non è più condivisa con «%(space)s».") % {"space": given.space})
    return redirect("sharing", slug=slug)


@login_required
def seen_as(request: PersonRequest, slug: str) -> HttpResponse:
    """«Vedi come…»: the space as one of its members sees it, without acting in that person's name."""
    space = _managed_space(request, slug)
    member = get_object_or_404(access.members(space), pk=number(request.GET.get("persona")) or 0)
    page = SpacePage.objects.get(pk=space.root_page_id)
    return render(
        request, "portal/space_page.html", {"page": page, "seen_as": member, **overview(page, member, request.user)}
    )


def _managed_space(request: HttpRequest, slug: str) -> Space:
    return access.get_or_404(
        Space.objects.select_related("root_page", "collection"), request.user, "manage", root_page__slug=slug
    )


def _page(request: PersonRequest, space: Space, **context: Any) -> HttpResponse:
    rows = space.memberships.current().select_related("user__organisation", "group__organisation", "given_by")
    members = rows.order_by("-role", Coalesce("user__first_name", "group__organisation__name"), "user__last_name", "pk")
    received = space.shared_pages.filter(
        page__in=access.allowed(Page.objects.filter(shares__space=space), request.user)
    )
    part = paging.part(request, members.__getitem__)
    given = paging.part(request, shares.shares_of(space).__getitem__, key="condivise")
    others = paging.part(request, received.select_related("page").order_by("page__title").__getitem__, key="ricevute")
    base = {
        "space": space,
        "form": RoleForm(space=space, manager=request.user),
        "share_form": SharePageForm(space=space, manager=request.user),
        "members": part.rows,
        "part": part,
        "people": access.members(space).select_related("organisation"),
        "roles": [(role, role.label, ROLE_MEANING[role]) for role in Role],
        "log": roles.log(space)[:LOG_SHOWN],
        "given": given.rows,
        "given_part": given,
        "received": [(share, addresses.name_of(share.page)) for share in others.rows],
        "received_part": others,
        "open_links": outsiders.open_in(space),
    }
    return render(request, "portal/sharing.html", {**base, **context})
