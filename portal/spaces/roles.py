"""Giving, changing and taking roles, letting them lapse, and what must be left behind: somebody who answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models.activity import Activity, Verb
from portal.models.media import Document
from portal.models.people import Organisation, User
from portal.models.spaces import (
    Membership,
    MembershipQuerySet,
    Role,
    RoleGroup,
    Space,
)
from portal.notices.activity import record
from portal.words import dates

from .role_copy import sync_space


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
    require_holder(holder)
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
        rows = Membership.objects.filter(pk=membership.pk)
        _keep_a_manager(membership.space, rows)
        if not rows.exists():  # whoever held the space before us has taken it
            return
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


def works_in(person: User) -> QuerySet[Membership]:
    """The person's own roles that do more than read."""
    rows = Membership.objects.current().filter(user=person, role__gte=Role.EDITOR).select_related("space")
    return rows.order_by("space__name")


def take_over(row: Membership, to: User, *, by: User, reason: str) -> bool:
    """Somebody gets the place of another, for as long; who has it, or one that may more, keeps the own.

    Whether it was given.
    """
    if Membership.objects.current().filter(space=row.space, user=to, role__gte=row.role).exists():
        return False
    give_role(row.space, to, Role(row.role), by=by, reason=reason, expires_at=row.expires_at)
    return True


def require_holder(holder: User | Group) -> None:
    """Raise InternalGroup for a group of roles: what it were given would outlive the role."""
    if isinstance(holder, Group) and RoleGroup.objects.filter(group=holder).exists():
        raise InternalGroup(
            _("Il gruppo «%(group)s» segue i ruoli di uno spazio: scegli una persona o un ente.") % {"group": holder}
        )


def reach(space: Space, holder: User | Group) -> Reach:
    """What a role in the space would open to the holder, shared pages too, and to how many persons."""
    people = User.objects.current().filter(pk=holder.pk) if isinstance(holder, User) else User.objects.current().filter(
        groups=holder
    )  # fmt: skip
    paths = [space.root_page.path, *space.shared_pages.values_list("page__path", flat=True)]
    opened = Page.objects.live().filter(path__beneath=paths).exclude(pk=space.root_page_id)
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
