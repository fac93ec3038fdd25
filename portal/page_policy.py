"""Wagtail's question "which pages may this editor work on?", answered by `access`.

Wagtail 8.0 answers it with one branch of SQL for each row of permission: seconds at a hundred spaces, and
past SQLite's depth of expressions beyond (wagtail #14593, mended in 8.1). The sets are the same.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from . import access

# What Wagtail calls an act on a page → the action of `access.NEEDS` that it takes.
ACTS = {
    "add": "edit",
    "change": "edit",
    "publish": "approve",
    "lock": "approve",
    "unlock": "approve",
    "bulk_delete": "manage",
}
HOME_PATH = access.SPACE_PATH - Page.steplen


class SpacePagePolicy(PagePermissionPolicy):
    """Pages by the spaces they lie in."""

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> Any:
        everything = self.model._default_manager.all()
        needed = {ACTS[action] for action in actions if action in ACTS}
        if not needed:
            return everything.none()
        return access.allowed(everything, user, min(needed, key=access.NEEDS.__getitem__))

    def explorable_instances(self, user: Any) -> Any:
        """The pages to work on, and the home page above them."""
        inside = self.instances_user_has_any_permission_for(user, {"change"})
        start = self.explorable_root_instance(user)
        if start is None:
            return inside.none()
        return self.model._default_manager.filter(
            Q(pk__in=inside.order_by().values("pk")) | Q(path=start.path[:HOME_PATH])
        )
