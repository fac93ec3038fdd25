"""The rule of the reader's own Comune, at the steps that point at a service: never that of another one."""

from dataclasses import dataclass
from typing import Any

from coordination import regulation_pages, regulations, side_by_side
from coordination.models import BodyRule, RegulatedService, ServicePage
from portal import access
from portal.models import Organisation
from portal.models.people import OrganisationKind

from .models import ProcedurePage


@dataclass(frozen=True)
class OwnRule:
    """What the reader's Comune says of a service; without a Comune, or a rule, whom to call or where all stand."""

    service: RegulatedService
    body: Organisation | None
    rule: BodyRule | None
    desk: ServicePage | None

    @property
    def short(self) -> list[tuple[Any, list[str]]]:
        return side_by_side.in_short(self.rule) if self.rule else []

    @property
    def since(self) -> str:
        return side_by_side.since(self.rule) if self.rule else ""


class OwnRules:
    """Those that the steps of one procedure need; no question where none points at a service."""

    def __init__(self, page: ProcedurePage, user: Any) -> None:
        asked = {int(block.value["regulation"]) for block in page.steps if block.value.get("regulation")}
        services = RegulatedService.objects.filter(pk__in=asked).select_related("space")
        self._services = {each.pk: each for each in access.allowed(services, user)} if asked else {}
        body = getattr(user, "organisation", None) if self._services else None
        self._body = body if body and body.kind == OrganisationKind.MUNICIPALITY else None
        self._rules = self._held()
        missing = self._body and any(rule is None for rule in self._rules.values())
        self._desk = regulation_pages.desk_of(self._body, user) if self._body and missing else None

    def _held(self) -> dict[int, BodyRule | None]:
        if self._body is None:
            return {}
        found = regulations.standings(self._services.values(), bodies=[self._body])
        return {pk: each.rule for pk, [each] in found.items()}

    def of_step(self, step: Any) -> OwnRule | None:
        service = self._services.get(int(step["regulation"])) if step.get("regulation") else None
        if service is None:
            return None
        rule = self._rules.get(service.pk)
        return OwnRule(service, self._body, rule, None if rule else self._desk)
