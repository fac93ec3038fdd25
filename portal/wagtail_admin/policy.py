"""Wagtail's question "which pages, files and pictures may this editor work on?", answered by `access`.

Wagtail 8.0 answers it with one branch of SQL for each row of permission: seconds at a hundred spaces, and
past SQLite's depth of expressions beyond (wagtail #14593, mended for pages in 8.1). The sets are the same.
"""

from collections.abc import Iterable
from typing import Any

from wagtail.models import Collection, Page
from wagtail.models.pages import PagePermissionTester
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import register_permission_policy

from portal import access
from portal.models.media import Document, Image

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


class SpacePageTester(PagePermissionTester):
    """What the person may do with one page: by the role in its space, or because the person answers for it."""

    def __init__(self, user: Any, page: Page) -> None:
        super().__init__(user, page)
        held = access.acts_on(user, page)
        self.permissions = {act for act, action in ACTS.items() if action in held}
        self.writes = "change" in self.permissions
        if access.answers_for(user, page):
            self.permissions.add("change")

    # Wagtail takes moving and deleting from changing: whoever only answers for a page takes it from nobody.

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """Never what people have read: menus, views, bulk actions and API ask here."""
        return self.writes and super().can_delete(ignore_bulk) and not access.was_published(self.page)

    def can_move(self) -> bool:
        """Wagtail's own answer, which it takes from deleting."""
        return self.writes and bool(super().can_delete(ignore_bulk=True))

    def can_copy_to(self, destination: Page, recursive: bool = False) -> bool:
        """With what lies below, drafts of others too, only from where one writes."""
        return (self.writes or not recursive) and bool(super().can_copy_to(destination, recursive))


class SpacePagePolicy(PagePermissionPolicy):
    """Pages by the spaces they lie in."""

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> Any:
        everything = self.model._default_manager.all()
        needed = {ACTS[action] for action in actions if action in ACTS}
        if not needed:
            return everything.none()
        return access.allowed(everything, user, min(needed, key=access.NEEDS.__getitem__))

    def explorable_root_instance(self, user: Any) -> Page | None:
        """Where the explorer begins; whoever answers for pages here and there walks down from the home page."""
        known = hasattr(user, self._explorable_root_instance_cache_name)
        start: Page | None = super().explorable_root_instance(user)
        if not known and not access.is_administrator(user) and access.answers_for_some(user):
            start = Page.objects.filter(depth=access.SPACE_DEPTH - 1).first()
            setattr(user, self._explorable_root_instance_cache_name, start)
        return start

    def user_has_any_permission(self, user: Any, actions: Iterable[str]) -> bool:
        return bool(super().user_has_any_permission(user, actions)) or (
            "change" in set(actions) and access.answers_for_some(user)
        )

    def explorable_instances(self, user: Any) -> Any:
        """The pages to work on, and the home page above them."""
        inside = self.instances_user_has_any_permission_for(user, {"change"})
        if access.is_administrator(user):
            return inside
        start = self.explorable_root_instance(user)
        if start is None:
            return inside.none()
        return inside | self.model._default_manager.filter(path=start.path[:HOME_PATH])


def answer_for_files() -> None:
    """Called when Wagtail's own apps are ready: each of them has registered its own by then."""
    for model, kind in ((Document, "wagtaildocs.Document"), (Image, "wagtailimages.Image")):
        policy = SpaceFilePolicy(model, auth_model=kind, owner_field_name="uploaded_by_user")
        register_permission_policy(model, policy)


class SpaceFilePolicy(CollectionOwnershipPermissionPolicy):
    """Files and pictures by the spaces whose collection they lie in: whoever writes there may do everything.

    Save with what is out of sight: no list names it, nor an act on «all».
    """

    ACTS = frozenset({"add", "change", "delete", "choose"})

    def _check_perm(self, user: Any, actions: Iterable[str], collection: Collection | None = None) -> bool:
        if access.is_administrator(user):
            return True
        if not self.ACTS.intersection(actions):
            return False
        if collection is None:
            return bool(access.standing(user).spaces("edit"))
        return access.can(user, "edit", collection)

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> Any:
        everything = self.model._default_manager.all()
        if not self.ACTS.intersection(actions):
            return everything.none()
        mine = access.allowed(everything, user, "edit")
        return everything.filter(pk__in=mine.values("pk"))  # what the admin's own search can filter by

    def _collections_with_perm(self, user: Any, actions: Iterable[str]) -> Any:
        rows = Collection.objects.all() if self.ACTS.intersection(actions) else Collection.objects.none()
        return access.allowed(rows, user, "edit")
