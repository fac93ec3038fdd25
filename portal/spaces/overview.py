"""A space at a glance: what is in it, what changed, who is there."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access, paging, prepared
from portal.models.pages import PinnedPage, PortalPage, SpacePage, page_kinds
from portal.models.people import User
from portal.models.spaces import Role, Space
from portal.notices import feed
from portal.pages.kinds import in_a_list

ROLE_IN_WORDS = {
    Role.READER: _("Puoi leggere, cercare e scaricare."),
    Role.EDITOR: _("Puoi leggere e scrivere; la pubblicazione passa da chi approva."),
    Role.APPROVER: _("Puoi scrivere, approvare e pubblicare."),
    Role.MANAGER: _("Puoi pubblicare e decidere chi entra."),
}
IN_A_CLOSED_ONE = {
    **dict.fromkeys(Role, ROLE_IN_WORDS[Role.READER]),
    Role.MANAGER: _("Puoi leggere, e decidere chi lo legge."),
}
LAPSING = timedelta(days=30)
FRESH = 6  # changes told beside their page
RECENT = timedelta(days=90)
ANSWERED = 200  # of somebody who answers for more, the latest
EACH = 30  # pages of one kind; the others a click away
MEMBERS = 60
SHARED = "condivise"
AHEAD = 60  # days in which the next meeting is looked for


def overview(page: SpacePage, user: Any, shown_to: Any = None) -> dict[str, Any]:
    """Everything the page of a space shows to this person; names of people only to those who belong to it.

    `shown_to` is who looks at it instead: of other spaces that person sees no more than before.
    """
    space = access.spaces_of([page], user).get(page.pk) or page.space
    role = access.role_in(user, space)
    pinned = [pin.target_id for pin in prepared.children(page.pins, "pins", _pins, page=page.pk)]
    counts = _counted(page, user)
    shared = _first_shared(space, user) if role else set[int]()
    found = in_a_list({*counts, *pinned, *shared})
    readers = [user, shown_to] if shown_to else [user]
    pins = {pk for pk in pinned if pk in found and all(access.can(each, "view", found[pk]) for each in readers)}
    above = Counter(type(found[pk]) for pk in pins if found[pk].path.startswith(page.path))
    kinds = _by_kind(found[pk] for pk in counts)
    total = {type(found[pk]).kind: count for pk, count in counts.items() if isinstance(found[pk], PortalPage)}
    context = {
        "space": space,
        "role_meaning": (IN_A_CLOSED_ONE if space.is_closed else ROLE_IN_WORDS)[role] if role else "",
        "pins": [found[pk] for pk in pinned if pk in pins],
        "kinds": [
            (plural, kind, [each for each in pages if each.pk not in pins], above[type(pages[0])], total[kind])
            for plural, kind, pages in kinds
        ],
        "tally": [(plural, kind, total[kind]) for plural, kind, _ in kinds],
        "each_shown": EACH,
        "may_manage": access.can(user, "manage", space),
        "may_write": access.can(user, "edit", space),
    }
    if not role:
        return context
    others = sorted((found[pk] for pk in shared - pins), key=feed.name)
    return {**context, **_for_members(space, user, found), "shared": others, "more_shared": len(shared) == EACH}


def _pins() -> QuerySet[PinnedPage]:
    return PinnedPage.objects.filter(space_page__id=prepared.given("page"))


def _inside(page: SpacePage, user: Any) -> Any:
    below = Page.objects.filter(path__beneath=[page.path], depth__gt=page.depth)
    return access.allowed(below, user).order_by()


def shared_with(space: Space, user: Any) -> Any:
    """The pages of other spaces that this one may read."""
    return access.allowed(Page.objects.filter(shares__space=space), user).order_by("title", "pk")


def _first_shared(space: Space, user: Any) -> set[int]:
    return {pk for (pk,) in access.by_pages_seen("shared with", _shared, user, space=space.pk)}


def _shared(rule: Q) -> QuerySet[Any, Any]:
    rows = Page.objects.filter(rule, shares__space__id=prepared.given("space"))
    return rows.order_by("title", "pk").values_list("pk")[:EACH]


def _counted(page: SpacePage, user: Any) -> dict[int, int]:
    """The first pages of each kind in the space, each with how many of its kind there are."""
    branch = prepared.paths("branch", [page.path])
    return dict(access.by_pages_seen("counted", partial(_first_of_each_kind, branch), user, **branch))


def _first_of_each_kind(branch: dict[str, str], rule: Q) -> QuerySet[Any, Any]:
    rows = Page.objects.filter(rule, path__beneath=prepared.branches(branch), depth__gt=access.SPACE_DEPTH).order_by()
    rows = rows.annotate(
        place=Window(RowNumber(), partition_by="content_type", order_by=["slug", "pk"]),
        total=Window(Count("pk"), partition_by="content_type"),
    )
    return rows.filter(place__lte=EACH).values_list("pk", "total")


def listed(page: SpacePage, request: HttpRequest) -> dict[str, Any]:
    """All pages of the kind that the address asks for, a piece at a time; nothing where it asks for none."""
    asked = request.GET.get("tipo", "")
    kind = next((each for each in page_kinds() if each.kind == asked), None)
    if asked == SHARED and access.role_in(request.user, page.space):
        rows, plural = shared_with(page.space, request.user), _("Condivise con questo spazio")
    elif kind:
        of_kind = _inside(page, request.user).filter(content_type=ContentType.objects.get_for_model(kind))
        rows, plural = of_kind.order_by("slug", "pk"), kind.kind_plural
    else:
        return {}
    part = paging.part(request, lambda piece: rows[piece].specific())
    return {"only": plural, "part": part, "kinds": []}


def _for_members(space: Space, user: Any, known: dict[int, Page]) -> dict[str, Any]:
    since, place = timezone.now() - RECENT, space.root_page.path
    changes = feed.changes(user, since, own=True, piece=slice(FRESH), beneath=place, known=known)
    lapsing = space.memberships.current().filter(expires_at__lt=timezone.now() + LAPSING)
    members = access.colleagues(space, MEMBERS + 1)
    return {
        "role": True,
        "fresh": {change.page_id: change for change in changes},
        "members": _by_body(members[:MEMBERS]),
        "more_members": len(members) > MEMBERS,
        "next_meeting": feed.next_in(space, user, AHEAD),
        "managers": access.managers(space),
        "lapsing": lapsing.count() if access.can(user, "manage", space) else 0,  # told beside «Condivisione»
    }


def _by_kind(pages: Iterable[Page]) -> list[tuple[str, str, list[Page]]]:
    """The pages under the plural and the name of their kind, the rules first."""
    found: dict[type[PortalPage], list[Page]] = {}
    for page in pages:
        if isinstance(page, PortalPage):
            found.setdefault(type(page), []).append(page)
    kinds = sorted(found, key=lambda kind: kind.kind_order)
    return [(str(kind.kind_plural), kind.kind, sorted(found[kind], key=feed.name)) for kind in kinds]


def answered_by(person: User, reader: Any) -> list[tuple[str, str, list[Page]]]:
    """The pages, services and meetings that name the person, as far as the reader may see them, by kind."""
    named = Q()
    for kind in page_kinds():
        mine = Q()
        for field in kind._meta.concrete_fields:  # not Wagtail's own: owner, who locked it
            if field.related_model is User and not hasattr(Page, field.name):
                mine |= Q(**{field.name: person.pk})
        named |= Q(pk__in=kind._default_manager.filter(mine).values("pk"))
    pages = access.allowed(Page.objects.filter(named), reader).order_by("-latest_revision_created_at", "pk")
    return _by_kind(pages[:ANSWERED].specific())


def _by_body(members: list[User]) -> list[tuple[str, list[User]]]:
    found: dict[str, list[User]] = {}
    for person in members:
        found.setdefault(str(person.organisation or ""), []).append(person)
    return sorted(found.items())
