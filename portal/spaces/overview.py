"""A space at a glance: what is in it, what changed, who is there."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import access
from portal.models.pages import PortalPage, SpacePage, page_kinds
from portal.models.people import User
from portal.models.spaces import Role, Space
from portal.notices import feed

ROLE_IN_WORDS = {
    Role.READER: _("Puoi leggere, cercare e scaricare."),
    Role.EDITOR: _("Puoi leggere e scrivere; la pubblicazione passa da chi approva."),
    Role.APPROVER: _("Puoi scrivere, approvare e pubblicare."),
    Role.MANAGER: _("Puoi pubblicare e decidere chi entra."),
}
LAPSING = timedelta(days=30)
FRESH = 6  # changes told beside their page
RECENT = timedelta(days=90)
ANSWERED = 200  # of somebody who answers for more, the latest
AHEAD = 60  # days in which the next meeting is looked for


def overview(page: SpacePage, user: Any, shown_to: Any = None) -> dict[str, Any]:
    """Everything the page of a space shows to this person; names of people only to those who belong to it.

    `shown_to` is who looks at it instead: of other spaces that person sees no more than before.
    """
    space = page.space
    role = access.role_in(user, space)
    kinds = _by_kind(access.allowed(Page.objects.descendant_of(page), user).specific())
    pinned = [pin.target_id for pin in page.pins.all()]  # in a preview, rows that are not in the database yet
    rows = access.allowed(Page.objects.filter(pk__in=pinned), user)
    pins = {each.pk: each for each in (access.allowed(rows, shown_to) if shown_to else rows).specific()}
    shown_above = {pk for pk in pinned if pk in pins}
    context = {
        "space": space,
        "role_meaning": ROLE_IN_WORDS[role] if role else "",
        "pins": [pins[pk] for pk in pinned if pk in pins],
        "kinds": [_without(kind, shown_above) for kind in kinds],
        "tally": [(plural, kind, len(pages)) for plural, kind, pages in kinds],
        "may_manage": access.can(user, "manage", space),
        "may_write": access.can(user, "edit", space),
    }
    if not role:
        return context
    inside = _for_members(space, user)
    return {**context, **inside, "shared": [page for page in inside["shared"] if page.pk not in shown_above]}


def _for_members(space: Space, user: Any) -> dict[str, Any]:
    now = timezone.now()
    changes = [change for change in feed.changes(user, now - RECENT, own=True) if change.space_id == space.pk]
    return {
        "role": True,
        "fresh": {change.page_id: change for change in changes[:FRESH]},
        "members": _members(space),
        "next_meeting": next((each for each in feed.agenda(user, days=AHEAD) if each.space_id == space.pk), None),
        "shared": sorted(access.allowed(Page.objects.filter(shares__space=space), user).specific(), key=feed.name),
        "managers": access.managers(space),
        "lapsing": space.memberships.current().filter(expires_at__lt=now + LAPSING).count(),
    }


def _without(kind: tuple[str, str, list[Page]], shown: set[int]) -> tuple[str, str, list[Page], int]:
    """A kind without the pages that stand above already, and how many those are: each thing is said once."""
    plural, name, pages = kind
    rest = [page for page in pages if page.pk not in shown]
    return plural, name, rest, len(pages) - len(rest)


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


def _members(space: Space) -> list[tuple[str, list[User]]]:
    """Names by body: those who hold a role in the space now."""
    found: dict[str, list[User]] = {}
    for person in access.members(space).colleagues().select_related("organisation"):
        found.setdefault(str(person.organisation or ""), []).append(person)
    return sorted(found.items())
