"""Who reads a page, in words: for those who write, move or withdraw it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page

from portal import access
from portal.models import Membership, Organisation, Space, User


@dataclass(frozen=True)
class Move:
    """What a move changes: who read the page until now, who reads it then."""

    before: str
    after: str
    stop: int
    start: int

    @property
    def in_words(self) -> str:
        found = []
        if self.stop:
            found.append(
                ngettext("%(count)d persona smette di leggerla", "%(count)d persone smettono di leggerla", self.stop)
                % {"count": self.stop}
            )
        if self.start:
            found.append(
                ngettext("%(count)d persona comincia a leggerla", "%(count)d persone cominciano a leggerla", self.start)
                % {"count": self.start}
            )
        return ", ".join(found) or _("la leggono le stesse persone")


def in_words(page: Page, user: User) -> str:
    """«11 enti e 3 persone: Rete dei servizi sociali»; spaces that the user may not read are counted, not named."""
    tokens = access.audience(page)
    if access.PUBLIC in tokens:
        return _("Chiunque, anche senza accesso")
    spaces = _of(tokens, "space")
    home = access.space_of(page)
    bodies, people = _holders(spaces, _of(tokens, "group"), _of(tokens, "person"))
    named = access.allowed(Space.objects.filter(pk__in=spaces), user)
    names = [space.name for space in sorted(named, key=lambda space: (space != home, space.name))]
    return ": ".join(filter(None, [_counted(bodies, people), ", ".join(names)]))


def move(page: Page, destination: Page, user: User) -> Move:
    """A page that moves to another space leaves its shares behind."""
    if access.space_of(page) == access.space_of(destination):
        same = in_words(page, user)
        return Move(same, same, 0, 0)
    now = set(access.readers(page).values_list("pk", flat=True))
    then = set(access.readers(destination).values_list("pk", flat=True))
    return Move(in_words(page, user), in_words(destination, user), len(now - then), len(then - now))


def _of(tokens: Iterable[str], kind: str) -> list[int]:
    return [int(token.partition(":")[2]) for token in tokens if token.startswith(f"{kind}:")]


def _holders(spaces: list[int], groups: list[int], people: list[int]) -> tuple[int, int]:
    """How many bodies, and how many persons by name."""
    holds = Membership.objects.current().filter(space__in=spaces)
    in_groups = Group.objects.filter(pk__in=[*groups, *holds.exclude(group=None).values_list("group", flat=True)])
    by_name = Q(pk__in=[*people, *holds.exclude(user=None).values_list("user", flat=True)])
    beside = Q(pk__in=in_groups.filter(organisation=None, user__isnull=False).values("user"))
    bodies = Organisation.objects.filter(group__in=in_groups).count()
    return bodies, User.objects.current().filter(by_name | beside).count()


def _counted(bodies: int, people: int) -> str:
    found = []
    if bodies:
        found.append(ngettext("%(count)d ente", "%(count)d enti", bodies) % {"count": bodies})
    if people:
        found.append(ngettext("%(count)d persona", "%(count)d persone", people) % {"count": people})
    return _(" e ").join(found) or _("Nessuno, per ora")
