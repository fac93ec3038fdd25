"""The copy of the roles where Wagtail's admin and guardian look for them; `Membership` is its only source."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model, QuerySet
from django.dispatch import Signal
from wagtail.models import GroupCollectionPermission, GroupPagePermission

from portal.models.spaces import Role, RoleGroup, Space, SpaceGroupPermission

# What Wagtail's admin lets each role do. Documents and images keep Wagtail's codenames, whatever the model.
PAGE_PERMISSIONS = {
    Role.READER: (),
    Role.EDITOR: ("add_page", "change_page"),
    Role.APPROVER: ("add_page", "change_page", "publish_page", "lock_page", "unlock_page"),
    Role.MANAGER: ("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page"),
}
FILE_PERMISSIONS = tuple(
    f"{act}_{kind}" for kind in ("document", "image") for act in ("add", "change", "delete", "choose")
)
PAGES, FILES, SPACES = ["wagtailcore"], ["wagtaildocs", "wagtailimages"], ["portal"]  # whose the codenames are
SPACE_PERMISSIONS = {
    Role.READER: ("view_space",),
    Role.EDITOR: ("view_space", "contribute_space"),
    Role.APPROVER: ("view_space", "contribute_space", "approve_space"),
    Role.MANAGER: ("view_space", "contribute_space", "approve_space", "manage_space"),
}

# Sent inside the transaction that changes who holds what: what waits for somebody’s decision follows.
roles_changed = Signal()  # arguments: space


def role_group(space: Space, role: Role) -> Group:
    """The group of everybody who holds exactly this role in the space; its name follows the space's code."""
    name = f"{space.code}: {Role(role).label}"[:150]
    known = {each.role: each.group for each in space.role_groups.select_related("group")}
    group = known.get(role)
    if group is None:
        group, _new = Group.objects.get_or_create(name=name)
        RoleGroup.objects.create(space=space, role=role, group=group)
    elif group.name != name:
        group.name = name
        group.save(update_fields=["name"])
    return group


_put_off: ContextVar[set[Space] | None] = ContextVar("_put_off", default=None)


@contextmanager
def once() -> Iterator[None]:
    """Many changes of roles at once: each space is brought up to date one time, at the end, in their transaction."""
    waiting: set[Space] = set()
    token = _put_off.set(waiting)
    try:
        yield
    finally:
        _put_off.reset(token)
    for space in waiting:
        sync_space(space)


def sync_space(space: Space) -> int:
    """Write who may do what where Wagtail's admin and guardian look for it. Idempotent; returns what it repaired."""
    waiting = _put_off.get()
    if waiting is not None:
        waiting.add(space)
        return 0
    with transaction.atomic():
        groups = {role: role_group(space, role) for role in Role}
        repaired = _sync_people(space, groups)
        for role, group in groups.items():
            writes = role >= Role.EDITOR and not space.is_closed
            files, pages = (FILE_PERMISSIONS, PAGE_PERMISSIONS[role]) if writes else ((), _in_closed(role))
            repaired += _sync_rows(GroupPagePermission, group, {"page": space.root_page}, pages, PAGES)
            repaired += _sync_rows(GroupCollectionPermission, group, {"collection": space.collection}, files, FILES)
            repaired += _sync_rows(
                SpaceGroupPermission, group, {"content_object": space}, _in_space(space, role), SPACES
            )
            repaired += _sync_admin_door(group, is_open=writes)
        roles_changed.send(sender=Space, space=space)
    return repaired


def _in_closed(role: Role) -> tuple[str, ...]:
    """What "manage" is for Wagtail; without the right to change, which it takes too, it deletes nothing."""
    return tuple(each for each in PAGE_PERMISSIONS[role] if each == "bulk_delete_page")


def _in_space(space: Space, role: Role) -> tuple[str, ...]:
    """What guardian knows of a role in the space; in a closed one nobody writes or approves."""
    held = SPACE_PERMISSIONS[role]
    return tuple(each for each in held if each in {"view_space", "manage_space"}) if space.is_closed else held


def on_groups_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Somebody joined or left a group, as when changing body: the spaces where the group holds a role follow."""
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    through_groups = Space.objects.filter(memberships__group__isnull=False)
    groups = {instance.pk} if reverse else pk_set
    if groups is not None:
        through_groups = Space.objects.filter(memberships__group__in=groups)
    for space in through_groups.distinct():
        sync_space(space)


def _sync_admin_door(group: Group, *, is_open: bool) -> int:
    """Entering the admin is the one permission that a role group holds beyond its space."""
    wanted = set(
        Permission.objects.filter(codename="access_admin", content_type__app_label="wagtailadmin") if is_open else ()
    )
    held = set(group.permissions.all())
    group.permissions.set(wanted)
    return len(wanted ^ held)


def _sync_people(space: Space, groups: dict[Role, Group]) -> int:
    wanted: dict[int, int] = {}
    holds = space.memberships.current()
    direct = holds.filter(user__isnull=False).values_list("user", "role")
    through_group = holds.filter(group__user__isnull=False).values_list("group__user", "role")
    for user, role in [*direct, *through_group]:
        wanted[user] = max(role, wanted.get(user, 0))
    repaired = 0
    for role, group in groups.items():
        people = {user for user, best in wanted.items() if best == role}
        present = set(group.user_set.values_list("pk", flat=True))
        group.user_set.add(*(people - present))
        group.user_set.remove(*(present - people))
        repaired += len(people ^ present)
    return repaired


def _sync_rows(
    model: type[Model], group: Group, place: dict[str, Model], codenames: Iterable[str], apps: Iterable[str]
) -> int:
    """Let the group hold exactly these permissions, here and nowhere else; returns how many rows were wrong."""
    rows: QuerySet[Any] = model._default_manager.filter(group=group)
    wanted = set(Permission.objects.filter(content_type__app_label__in=apps, codename__in=codenames))
    held = {row.permission: row for row in rows.filter(**place)}
    strays = rows.exclude(**place).delete()[0]
    for permission in wanted - set(held):
        model._default_manager.create(group=group, permission=permission, **place)
    for permission in set(held) - wanted:
        held[permission].delete()
    return strays + len(wanted ^ set(held))
