"""A space at a glance: what is in it, what changed, who is there."""

from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from . import access, feed
from .models.pages import SpacePage
from .models.people import User
from .models.spaces import Role

ROLE_IN_WORDS = {
    Role.READER: _("Puoi leggere, cercare e scaricare."),
    Role.EDITOR: _("Puoi leggere e scrivere; la pubblicazione passa da chi approva."),
    Role.APPROVER: _("Puoi scrivere, approvare e pubblicare."),
    Role.MANAGER: _("Puoi pubblicare e decidere chi entra."),
}
LAPSING = timedelta(days=30)


def overview(page: SpacePage, user: Any) -> dict[str, Any]:
    """Everything the page of a space shows to this person."""
    space = access.space_of(page)
    below = access.allowed(Page.objects.descendant_of(page), user)
    pages = list(below.order_by("title").specific())
    role = access.role_in(user, space) if space else None
    memberships = space.memberships.current() if space else None
    since = timezone.now() - timedelta(days=90)
    changes = [each for each in feed.changes(user, since) if space and each.space == space.name] if role else []
    return {
        "space": space,
        "role": role,
        "role_meaning": ROLE_IN_WORDS.get(role, ""),
        "tally": _tally(below),
        "kinds": _by_kind(pages),
        "changes": changes[:6],
        "members": _members(space) if role else [],
        "managers": [m.user for m in memberships.filter(role=Role.MANAGER).select_related("user")] if role else [],
        "may_manage": bool(space) and access.can(user, "manage", space),
        "may_write": bool(space) and access.can(user, "edit", space),
        "lapsing": memberships.filter(expires_at__lt=timezone.now() + LAPSING).count() if role else 0,
    }


def _tally(pages: Any) -> list[tuple[str, str, int]]:
    rows = pages.order_by().values_list("content_type").annotate(count=Count("pk"))
    found = []
    for content_type, count in rows:
        model = ContentType.objects.get_for_id(content_type).model_class()
        found.append((str(getattr(model, "kind_plural", "Pagine")), getattr(model, "kind", "pagina"), count))
    return sorted(found)


def _by_kind(pages: list[Page]) -> list[tuple[str, str, list[Page]]]:
    found: dict[tuple[str, str], list[Page]] = {}
    for page in pages:
        found.setdefault((str(getattr(page, "kind_plural", "Pagine")), getattr(page, "kind", "pagina")), []).append(
            page
        )
    return [(plural, kind, sorted(each, key=feed.name)) for (plural, kind), each in sorted(found.items())]


def _members(space: Any) -> list[tuple[str, list[User]]]:
    """Names by body: those who hold a role in the space now."""
    holds = space.memberships.current()
    people = (
        User.objects.current()
        .filter(Q(pk__in=holds.values("user")) | Q(groups__in=holds.exclude(group=None).values("group")))
        .distinct()
        .select_related("organisation")
    )
    found: dict[str, list[User]] = {}
    for person in people:
        found.setdefault(str(person.organisation or ""), []).append(person)
    return sorted(found.items())
