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

from portal.models.people import User
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

ADMIN_DOOR = ("wagtailadmin", "access_admin")

# Sent inside the transaction that changes who holds what: what waits for somebody’s decision follows.
roles_changed = Signal()  # arguments: space


def role_group(space: Space, role: Role) -> Group:
    """The group of everybody who holds exactly this role in the space; its name follows the space's code."""
    return _named_group(space, role, _known_groups(space))


def _known_groups(space: Space) -> dict[int, Group]:
    return {each.role: each.group for each in space.role_groups.select_related("group")}


def _named_group(space: Space, role: Role, known: dict[int, Group]) -> Group:
    name = f"{space.code}: {Role(role).label}"[:150]
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
        known = _known_groups(space)
        groups = {role: _named_group(space, role, known) for role in Role}
        repaired = _sync_people(space, groups) + _sync_permissions(space, groups)
        roles_changed.send(sender=Space, space=space)
    return repaired


def _sync_permissions(space: Space, groups: dict[Role, Group]) -> int:
    writing = {role: role >= Role.EDITOR and not space.is_closed for role in Role}
    ids, repaired = _permission_ids(), 0
    places: tuple[tuple[type[Model], dict[str, Model], list[str], dict[Role, tuple[str, ...]]], ...] = (
        (
            GroupPagePermission,
            {"page": space.root_page},
            PAGES,
            {role: PAGE_PERMISSIONS[role] if writing[role] else _in_closed(role) for role in Role},
        ),
        (
            GroupCollectionPermission,
            {"collection": space.collection},
            FILES,
            {role: FILE_PERMISSIONS if writing[role] else () for role in Role},
        ),
        (SpaceGroupPermission, {"content_object": space}, SPACES, {role: _in_space(space, role) for role in Role}),
    )
    for model, place, apps, codenames in places:
        wanted = {
            (groups[role].pk, pk) for role in Role for app, name, pk in ids if app in apps and name in codenames[role]
        }
        repaired += _sync_rows(model, groups.values(), place, wanted)
    door = {pk for app, name, pk in ids if (app, name) == ADMIN_DOOR}
    return repaired + _sync_admin_door({groups[role]: door if writing[role] else set() for role in Role})


def _permission_ids() -> list[tuple[str, str, int]]:
    """(app, codename, id) of every permission that a role may be for Wagtail's admin or for guardian."""
    every = {name for each in (*PAGE_PERMISSIONS.values(), *SPACE_PERMISSIONS.values()) for name in each}
    found = Permission.objects.filter(codename__in=[*every, *FILE_PERMISSIONS, ADMIN_DOOR[1]]).order_by()
    return list(found.values_list("content_type__app_label", "codename", "pk"))


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


def _sync_admin_door(wanted: dict[Group, set[int]]) -> int:
    """Entering the admin is the one permission that a role group holds beyond its space."""
    rows = Group.permissions.through.objects.filter(group__in=wanted)
    held = set(rows.values_list("group", "permission"))
    repaired = 0
    for group, ids in wanted.items():
        if wrong := ids ^ {permission for where, permission in held if where == group.pk}:
            group.permissions.set(ids)
            repaired += len(wrong)
    return repaired


def _sync_people(space: Space, groups: dict[Role, Group]) -> int:
    wanted: dict[int, int] = {}
    holds = space.memberships.current()
    direct = holds.filter(user__isnull=False).values_list("user", "role")
    through_group = holds.filter(group__user__isnull=False).values_list("group__user", "role")
    for user, role in [*direct, *through_group]:
        wanted[user] = max(role, wanted.get(user, 0))
    repaired = 0
    stand = list(User.groups.through.objects.filter(group__in=groups.values()).values_list("group", "user"))
    for role, group in groups.items():
        people = {user for user, best in wanted.items() if best == role}
        present = {user for where, user in stand if where == group.pk}
        if missing := people - present:
            group.user_set.add(*missing)
        if strangers := present - people:
            group.user_set.remove(*strangers)
        repaired += len(people ^ present)
    return repaired


def _sync_rows(
    model: type[Model], groups: Iterable[Group], place: dict[str, Model], wanted: set[tuple[int, int]]
) -> int:
    """Let the groups hold exactly these permissions, (group, permission), here and nowhere else.

    Returns how many rows were wrong.
    """
    ((name, thing),) = place.items()
    rows: QuerySet[Any] = model._default_manager.filter(group__in=groups)
    held = {(group, permission, where): pk for pk, group, permission, where in rows.values_list(
        "pk", "group", "permission", name)}  # fmt: skip
    here = {(*each, thing.pk) for each in wanted}
    if wrong := [pk for each, pk in held.items() if each not in here]:
        model._default_manager.filter(pk__in=wrong).delete()
    missing = here - set(held)
    model._default_manager.bulk_create(
        model(group_id=group, permission_id=permission, **place) for group, permission, _where in sorted(missing)
    )
    return len(wrong) + len(missing)
