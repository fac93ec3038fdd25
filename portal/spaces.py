"""Opening a space, giving and taking roles, letting them lapse, sharing a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm
from wagtail.models import Collection, Page

from . import access, dates
from .activity import record
from .models.activity import Activity, Verb
from .models.media import Document
from .models.pages import HomePage, SpacePage
from .models.people import Organisation, User
from .models.spaces import (
    Membership,
    MembershipQuerySet,
    PageGroupGrant,
    PageShare,
    PageUserGrant,
    Role,
    RoleGroup,
    Space,
    Visibility,
)
from .role_copy import sync_space

# Sent inside the transaction that changes who may see pages: search follows.
audience_changed = Signal()  # arguments: pages (QuerySet of Page)


class LastManager(Exception):
    """The act would leave a space without anybody who answers for it."""


class InternalGroup(Exception):
    """A group that copies the roles of a space cannot hold a role or a page itself."""


@dataclass(frozen=True)
class Reach:
    """What a role would open, and to how many persons: told before it is given."""

    pages: int
    files: int
    people: int


def open_space(
    code: str,
    name: str,
    *,
    slug: str,
    by: User | None,
    purpose: str = "",
    intro: str = "",
    visibility: str = Visibility.PRIVATE,
) -> Space:
    """A new space with its first page, its collection and its role groups."""
    with transaction.atomic():
        home = HomePage.objects.get()
        page = home.add_child(instance=SpacePage(title=name, slug=slug, intro=intro))
        collection = Collection.get_first_root_node().add_child(name=name)
        space = Space.objects.create(
            code=code, name=name, purpose=purpose, visibility=visibility, root_page=page, collection=collection
        )
        sync_space(space)
        record(Verb.SPACE_OPENED, by=by, space=space, sentence=_("ha aperto lo spazio «%(space)s»") % {"space": name})
    return space


def give_role(
    space: Space,
    holder: User | Group,
    role: Role,
    *,
    by: User | None,
    reason: str = "",
    expires_at: datetime | None = None,
) -> Membership:
    """Give a person, or everybody of a group, a role; an earlier role in the space is replaced."""
    _require_holder(holder)
    who = {"user": holder} if isinstance(holder, User) else {"group": holder}
    with transaction.atomic():
        _keep_a_manager(space, Membership.objects.filter(space=space, **who), role, expires_at)
        membership, _new = Membership.objects.update_or_create(
            space=space,
            **who,
            defaults={
                "role": role,
                "reason": reason,
                "expires_at": expires_at,
                "given_by": by,
                "given_at": timezone.now(),
            },
        )
        last_day = dates.in_words(expires_at, article="al") if expires_at else ""
        until = _(" fino %(day)s") % {"day": last_day} if last_day else ""
        sentence = _("ha dato a %(holder)s il ruolo di %(role)s%(until)s") % {
            "holder": membership.holder,
            "role": Role(role).label,
            "until": until,
        }
        record(Verb.ROLE_GIVEN, by=by, space=space, sentence=sentence, note=reason)
        sync_space(space)
    if isinstance(holder, User):
        access.forget(holder)
    return membership


def take_role(membership: Membership, *, by: User | None, reason: str = "") -> None:
    """Take a role back."""
    with transaction.atomic():
        _keep_a_manager(membership.space, Membership.objects.filter(pk=membership.pk))
        sentence = _("ha tolto a %(holder)s il ruolo di %(role)s") % {
            "holder": membership.holder,
            "role": membership.get_role_display(),
        }
        space = membership.space
        if membership.user:
            access.forget(membership.user)
        membership.delete()
        record(Verb.ROLE_TAKEN, by=by, space=space, sentence=sentence, note=reason)
        sync_space(space)


def lost_pages(membership: Membership) -> int:
    """How many pages nobody of the holder's would read any more without the role; of a body, at most.

    For a person `access` itself is asked, in a transaction that is taken back: the body, another role or a share
    may go on opening them.
    """
    person = membership.user
    if person is None:
        return reach(membership.space, membership.held_by).pages
    pages = Page.objects.live()
    before = access.allowed(pages, User.objects.get(pk=person.pk)).count()
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk).delete()
        after = access.allowed(pages, User.objects.get(pk=person.pk)).count()
        transaction.set_rollback(True)
    return int(before - after)


def require_a_manager_left(membership: Membership, role: Role | None) -> None:
    """Raise LastManager when the change would leave the space to nobody: said before anybody is asked to confirm."""
    with transaction.atomic():
        _keep_a_manager(membership.space, Membership.objects.filter(pk=membership.pk), role, membership.expires_at)


def _keep_a_manager(
    space: Space, changed: MembershipQuerySet, role: Role | None = None, expires_at: datetime | None = None
) -> None:
    """Raise LastManager when nobody would be left, or left for good, to decide who enters.

    An account that has ended, and a body without people, are nobody.
    """
    Space.objects.select_for_update().get(pk=space.pk)  # two who take each other's role wait for one another
    losing = changed.current().filter(role=Role.MANAGER)
    if role == Role.MANAGER:
        losing = losing.filter(expires_at=None) if expires_at else losing.none()
    if not losing.exists():
        return
    people = User.objects.lasting()
    left = space.memberships.filter(role=Role.MANAGER, expires_at=None).exclude(pk__in=losing)
    if not left.filter(Q(user__in=people) | Q(group__user__in=people)).exists():
        raise LastManager(_("Lo spazio resterebbe senza responsabile: prima nominane un altro, senza scadenza."))


def left_alone(people: Sequence[User], *, staying: bool = False, body: Organisation | None = None) -> list[Space]:
    """The spaces that nobody would answer for, for good, once the people's accounts had ended.

    With `staying` the accounts go on, but their body is another: what they held through the old one is lost.
    Call it inside the transaction of the change, for which others who would change these spaces then wait.
    """
    lasting = Membership.objects.filter(role=Role.MANAGER, expires_at=None)
    theirs = lasting.filter(Q(user__in=people) | Q(group__user__in=people))
    list(Space.objects.select_for_update().filter(pk__in=theirs.values("space")).order_by("pk"))
    others = User.objects.lasting().exclude(pk__in=[person.pk for person in people])
    held = Q(user__in=others) | Q(group__user__in=others)
    if staying:
        held |= Q(user__in=people) | Q(group__organisation=body, group__organisation__isnull=False)
    kept = lasting.filter(held).values("space")
    return list(Space.objects.filter(pk__in=theirs.values("space")).exclude(pk__in=kept))


def _require_holder(holder: User | Group) -> None:
    """Raise InternalGroup for a group of roles: what it were given would outlive the role."""
    if isinstance(holder, Group) and RoleGroup.objects.filter(group=holder).exists():
        raise InternalGroup(
            _("Il gruppo «%(group)s» segue i ruoli di uno spazio: scegli una persona o un ente.") % {"group": holder}
        )


def share_page(page: Page, space: Space, *, by: User | None, reason: str = "") -> PageShare:
    """Let the readers of another space read a page and what lies below it."""
    with transaction.atomic():
        share, new = PageShare.objects.get_or_create(
            page_id=page.pk, space=space, defaults={"given_by": by, "reason": reason}
        )
        renewed = bool(reason) and reason != share.reason
        if renewed:
            share.reason, share.given_by = reason, by
            share.save(update_fields=["reason", "given_by"])
        if new or renewed:
            words = {"page": page.title, "space": space.name}
            sentence = _("ha condiviso «%(page)s» con lo spazio «%(space)s»") % words
            record(Verb.SHARED, by=by, page=page, space=access.space_of(page), sentence=sentence, note=reason)
            _audience_of_subtree_changed(page)
    return share


def unshare_page(share: PageShare, *, by: User | None) -> None:
    """Take the sharing of a page back."""
    with transaction.atomic():
        page, space = share.page, share.space
        share.delete()
        sentence = _("ha tolto «%(page)s» dallo spazio «%(space)s»") % {"page": page.title, "space": space.name}
        record(Verb.UNSHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        _audience_of_subtree_changed(page)


def on_page_moves(
    sender: Any, instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    """A page that moves to another space leaves behind whom it was open to: there, others decide.

    Before the move: whatever happens then, nobody reads it who should not.
    """
    home = access.space_of(parent_page_before)
    if home == access.space_of(parent_page_after):
        return
    with transaction.atomic():
        for share in PageShare.objects.filter(page__path__startswith=instance.path).select_related("page", "space"):
            words = {"page": share.page.title, "space": share.space}
            sentence = _("è finita la condivisione di «%(page)s» con «%(space)s»: la pagina cambia spazio") % words
            record(Verb.UNSHARED, by=None, page=share.page, space=home, sentence=sentence)
            share.delete()
        for model in (PageUserGrant, PageGroupGrant):
            model._default_manager.filter(content_object__path__startswith=instance.path).delete()
        _audience_of_subtree_changed(instance)


def shares_of(space: Space) -> QuerySet[PageShare]:
    """What of the space is shared with others."""
    shares = PageShare.objects.filter(page__path__startswith=space.root_page.path)
    return shares.select_related("page", "space", "given_by").order_by("page__title", "space__name")


def grant_page(page: Page, holder: User | Group, *, by: User | None) -> None:
    """Open a page, and what lies below it, to one person or group beyond its space."""
    _require_holder(holder)
    with transaction.atomic():
        # On the base page: the specific page has another content type, and guardian would never find it.
        assign_perm("wagtailcore.view_page", holder, Page.objects.get(pk=page.pk))
        sentence = _("ha aperto «%(page)s» a %(holder)s") % {"page": page.title, "holder": holder}
        record(Verb.SHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        _audience_of_subtree_changed(page)
    if isinstance(holder, User):
        access.forget(holder)


def revoke_page(page: Page, holder: User | Group, *, by: User | None) -> None:
    """Close again a page opened with `grant_page`."""
    with transaction.atomic():
        remove_perm("wagtailcore.view_page", holder, Page.objects.get(pk=page.pk))
        sentence = _("ha chiuso «%(page)s» a %(holder)s") % {"page": page.title, "holder": holder}
        record(Verb.UNSHARED, by=by, page=page, space=access.space_of(page), sentence=sentence)
        _audience_of_subtree_changed(page)
    if isinstance(holder, User):
        access.forget(holder)


def set_visibility(space: Space, visibility: str, *, by: User | None) -> None:
    """Open a space to anybody, or close it again."""
    with transaction.atomic():
        space.visibility = visibility
        space.save(update_fields=["visibility"])
        sentence = _("ha reso lo spazio %(visibility)s") % {"visibility": space.get_visibility_display()}
        record(Verb.SHARED, by=by, space=space, sentence=sentence)
        _audience_of_subtree_changed(space.root_page)


def _audience_of_subtree_changed(page: Page) -> None:
    audience_changed.send(sender=Page, pages=Page.objects.filter(path__startswith=page.path))


def reach(space: Space, holder: User | Group) -> Reach:
    """What a role in the space would open to the holder, shared pages too, and to how many persons."""
    people = User.objects.current().filter(pk=holder.pk) if isinstance(holder, User) else User.objects.current().filter(
        groups=holder
    )  # fmt: skip
    shared = Q(pk=None)
    for path in space.shared_pages.values_list("page__path", flat=True):
        shared |= Q(path__startswith=path)
    inside = Q(path__startswith=space.root_page.path) & ~Q(pk=space.root_page_id)
    opened = Page.objects.live().filter(inside | shared)
    return Reach(
        pages=opened.count(),
        files=access.carried(Document, opened).count(),
        people=people.count(),
    )


def log(space: Space) -> QuerySet[Activity]:
    """The changes of who may enter, newest first."""
    verbs = [Verb.ROLE_GIVEN, Verb.ROLE_TAKEN, Verb.ROLE_LAPSED, Verb.SHARED, Verb.UNSHARED, Verb.SPACE_OPENED]
    return space.activities.filter(verb__in=verbs).select_related("by")


def settle_lapsed(now: datetime | None = None) -> int:
    """Take away the roles whose time is over. `access` never counted them; this frees admin and guardian too."""
    if not Membership.objects.lapsed(now).exists():
        return 0
    with transaction.atomic():
        # Read under the lock: a role renewed, or settled by another process, in the meantime is not ours to take.
        rows = Membership.objects.lapsed(now).select_for_update(of=("self",))
        lapsed = list(rows.select_related("space", "user", "group"))
        for membership in lapsed:
            sentence = _("è scaduto il ruolo di %(role)s di %(holder)s") % {
                "role": membership.get_role_display(),
                "holder": membership.holder,
            }
            record(Verb.ROLE_LAPSED, by=None, space=membership.space, sentence=sentence, note=membership.reason)
            membership.delete()
        for space in {membership.space for membership in lapsed}:
            sync_space(space)
    return len(lapsed)
