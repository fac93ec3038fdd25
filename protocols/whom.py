"""Whom to turn to at a step: the services it names and who is on call there now, the desk of the reader's own Comune,
who holds its role today.

Nobody is guessed: where nothing of it can be said, whoever answers for the procedure is named.
"""

from dataclasses import dataclass, field
from typing import Any

from coordination import shifts
from coordination.models import ServicePage
from coordination.models.directory import ServiceKind
from portal import access
from portal.models import Absence, Position, User
from portal.models.people import OrganisationKind

from .models import ProcedurePage


@dataclass(frozen=True)
class Holder:
    """Somebody with the role that a step names; while away, whoever stands in."""

    role: str
    person: User
    absence: Absence | None = None

    @property
    def substitute(self) -> User | None:
        return self.absence.substitute if self.absence else None


@dataclass(frozen=True)
class Whom:
    """What a step says to whoever has to call now."""

    services: list[ServicePage] = field(default_factory=list)
    desk: ServicePage | None = None
    holders: list[Holder] = field(default_factory=list)
    empty_role: str = ""  # one that nobody whom the reader knows holds today

    def __bool__(self) -> bool:
        return bool(self.services or self.desk or self.holders or self.empty_role)


class Directory:
    """All that the steps of one procedure point at, as the reader may know it; a fixed number of questions."""

    def __init__(self, page: ProcedurePage, user: Any) -> None:
        self.page, self.user = page, user
        self.cards = self._cards()
        self.desk = self._desk()
        shifts.told([*self.cards.values(), *filter(None, [self.desk])], user)
        self.roles, self.holders = self._roles()

    def of_page(self) -> list[ServicePage]:
        return self._named(block.value for block in self.page.services)

    def of_step(self, step: Any) -> Whom:
        services = self._named(step["services"])
        desk = self.desk if step.get("desk") and self.desk not in services else None
        role = step.get("position") or ""
        holders = self._of_own_body(self.holders.get(role, []))
        return Whom(services, desk, holders, "" if holders else self.roles.get(role, ""))

    def stands_in(self, person: User | None) -> Absence | None:
        """Until when somebody is away, and who does what is owed meanwhile."""
        if person is None:
            return None
        away = Absence.objects.current().filter(person=person).select_related("substitute")[:1]
        return next(iter(access.with_known_substitutes(away, self.user)), None)

    def _of_own_body(self, holders: list[Holder]) -> list[Holder]:
        """Those of the reader's own body, where there are any: else the network's."""
        body = getattr(self.user, "organisation_id", None)
        return [each for each in holders if body and each.person.organisation_id == body] or holders

    def _named(self, services: Any) -> list[ServicePage]:
        return [self.cards[service.pk] for service in services if service and service.pk in self.cards]

    def _cards(self) -> dict[int, ServicePage]:
        """The service cards that the procedure or its steps name and the person may read; one question for all."""
        named = [block.value for block in self.page.services]
        named += [service for block in self.page.steps for service in block.value["services"]]
        keys = {service.pk for service in named if service}
        if not keys:
            return {}
        return {card.pk: card for card in access.allowed(ServicePage.objects.filter(pk__in=keys), self.user)}

    def _desk(self) -> ServicePage | None:
        """The desk of the reader's own Comune; it stands beside what is named, and never instead of it."""
        body = getattr(self.user, "organisation", None)
        if body is None or body.kind != OrganisationKind.MUNICIPALITY:
            return None
        desks = ServicePage.objects.filter(organisation=body, service_kind=ServiceKind.DESK).exclude(telephone="")
        found: ServicePage | None = access.allowed(desks, self.user).order_by("title").first()
        return found

    def _roles(self) -> tuple[dict[str, str], dict[str, list[Holder]]]:
        """The roles that steps name, by their number, and who of those whom the reader knows holds each today."""
        asked = {int(block.value["position"]) for block in self.page.steps if block.value.get("position")}
        if not asked:
            return {}, {}
        names = {str(pk): name for pk, name in Position.objects.filter(pk__in=asked).values_list("pk", "name")}
        people = access.allowed(User.objects.current().filter(positions__in=asked).distinct(), self.user)
        known = {who.pk: who for who in people.select_related("organisation").order_by("last_name", "first_name")}
        away = Absence.objects.current().filter(person__in=known).select_related("substitute").order_by("-until")
        absences = {row.person_id: row for row in access.with_known_substitutes(away, self.user)}
        found: dict[str, list[Holder]] = {}
        held = User.positions.through.objects.filter(user__in=known, position__in=asked)
        for who, role in held.order_by("user__last_name", "user__first_name").values_list("user", "position"):
            found.setdefault(str(role), []).append(Holder(names[str(role)], known[who], absences.get(who)))
        return names, found
