"""A space at a glance: what is in it, what changed, who is there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from . import access, feed
from .models.pages import PortalPage, SpacePage
from .models.people import User
from .models.spaces import Role, Space

ROLE_IN_WORDS = {
    Role.READER: _("Puoi leggere, cercare e scaricare."),
    Role.EDITOR: _("Puoi leggere e scrivere; la pubblicazione passa da chi approva."),
    Role.APPROVER: _("Puoi scrivere, approvare e pubblicare."),
    Role.MANAGER: _("Puoi pubblicare e decidere chi entra."),
}
LAPSING = timedelta(days=30)
RECENT = timedelta(days=90)
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
    context = {
        "space": space,
        "role_meaning": ROLE_IN_WORDS[role] if role else "",
        "pins": [pins[pk] for pk in pinned if pk in pins],
        "kinds": kinds,
        "tally": [(plural, kind, len(pages)) for plural, kind, pages in kinds],
        "may_manage": access.can(user, "manage", space),
        "may_write": access.can(user, "edit", space),
    }
    return {**context, **_for_members(space, user)} if role else context


def _for_members(space: Space, user: Any) -> dict[str, Any]:
    now = timezone.now()
    changes = [change for change in feed.changes(user, now - RECENT, own=True) if change.space == space.name]
    return {
        "role": True,
        "changes": [replace(change, why="") for change in changes[:6]],  # why: one is in the space
        "members": _members(space),
        "next_meeting": next((each for each in feed.agenda(user, days=AHEAD) if each.space == space.name), None),
        "shared": sorted(access.allowed(Page.objects.filter(shares__space=space), user).specific(), key=feed.name),
        "managers": access.managers(space),
        "lapsing": space.memberships.current().filter(expires_at__lt=now + LAPSING).count(),
    }


def _by_kind(pages: Iterable[Page]) -> list[tuple[str, str, list[Page]]]:
    """The pages under the plural and the name of their kind, the rules first."""
    found: dict[type[PortalPage], list[Page]] = {}
    for page in pages:
        if isinstance(page, PortalPage):
            found.setdefault(type(page), []).append(page)
    kinds = sorted(found, key=lambda kind: kind.kind_order)
    return [(str(kind.kind_plural), kind.kind, sorted(found[kind], key=feed.name)) for kind in kinds]


def _members(space: Space) -> list[tuple[str, list[User]]]:
    """Names by body: those who hold a role in the space now."""
    found: dict[str, list[User]] = {}
    for person in access.members(space).select_related("organisation"):
        found.setdefault(str(person.organisation or ""), []).append(person)
    return sorted(found.items())
