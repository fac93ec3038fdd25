"""Each Comune's rule for a service: written by its delegates with its act, confirmed once a year, never rewritten."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.accounts import own_data
from portal.background.schedules import every
from portal.models import Delegation, Organisation, User
from portal.models.delegations import Purpose
from portal.models.people import OrganisationKind
from portal.notices import obligations
from portal.notices.obligations import Duty, Need
from portal.words import dates

from .models import BodyRule, RegulatedService, RuleConfirmation

access.follow(RegulatedService, "space__root_page")
access.in_the_name_of(BodyRule, "organisation", Purpose.DATA, page="service__space__root_page")
YEAR = timedelta(days=365)


class Overtaken(Exception):
    """Somebody else wrote for the body since the form was shown; the row is `newer`."""

    def __init__(self, newer: BodyRule) -> None:
        self.newer = newer
        super().__init__()


@dataclass(frozen=True)
class Standing:
    """A body's rule for a service on a day: the one that holds, the one that comes, and when it was last looked at."""

    body: Organisation
    rule: BodyRule | None = None
    coming: BodyRule | None = None

    @property
    def looked_at(self) -> date | None:
        """The day on which the body last said that it is so."""
        if self.rule is None:
            return None
        return dates.local_day(max([self.rule.at, *(each.at for each in self.rule.confirmations.all())]))

    @property
    def confirm_by(self) -> date | None:
        return self.looked_at + YEAR if self.looked_at else None

    @property
    def is_stale(self) -> bool:
        return self.confirm_by is not None and self.confirm_by <= timezone.localdate()


# --- Read ------------------------------------------------------------------------------------------------


def concerned() -> QuerySet[Organisation]:
    """The bodies that have a regulation: the Comuni."""
    return Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).order_by("name")


def standings(
    services: Iterable[RegulatedService], day: date | None = None, bodies: Iterable[Organisation] | None = None
) -> dict[int, list[Standing]]:
    """Service → how each Comune, or each of these, does it on the day; three questions, however many."""
    day, services = day or timezone.localdate(), list(services)
    bodies = list(concerned() if bodies is None else bodies)
    said: dict[tuple[int, int], list[BodyRule]] = {}
    for row in rows().filter(service__in=services, organisation__in=bodies):
        said.setdefault((row.service_id, row.organisation_id), []).append(row)
    return {
        service.pk: [_standing(body, said.get((service.pk, body.pk), []), day) for body in bodies]
        for service in services
    }


def rows() -> QuerySet[BodyRule]:
    found: QuerySet[BodyRule] = BodyRule.objects.select_related("by", "corrected_by", "organisation", "service")
    return found.prefetch_related("confirmations__by")


def _standing(body: Organisation, said: list[BodyRule], day: date) -> Standing:
    """What was wrong and corrected later never held."""
    true = sorted((row for row in said if not hasattr(row, "corrected_by")), key=lambda row: (row.valid_from, row.pk))
    began = [row for row in true if row.valid_from <= day]
    coming = [row for row in true if row.valid_from > day]
    return Standing(body, began[-1] if began else None, coming[0] if coming else None)


def of_body(service: RegulatedService, body: Organisation, user: User) -> list[BodyRule]:
    """All that the body has said, the newest first."""
    return list(access.allowed(rows().filter(service=service, organisation=body), user).order_by("-pk"))


def standing_of(service: RegulatedService, body: Organisation) -> Standing:
    said = list(rows().filter(service=service, organisation=body))
    return _standing(body, said, timezone.localdate())


# --- Written by a delegate -------------------------------------------------------------------------------


def may_write(user: User, service: RegulatedService, body: Organisation) -> bool:
    """Its own delegates alone, where they read the others' rules too."""
    acting = access.acts_for(user, Purpose.DATA)
    return body.pk in acting and not service.retired and access.can(user, "view", service)


def say(service: RegulatedService, body: Organisation, *, by: User, seen: int, **words: Any) -> BodyRule:
    """Write the body's rule; `seen` is the newest row that its delegate had before the eyes."""
    with transaction.atomic():
        _require(service, body, by)
        last = BodyRule.objects.filter(service=service, organisation=body).order_by("pk").last()
        if last is not None and last.pk != seen:
            raise Overtaken(last)
        corrects = last if words.pop("is_correction", False) else None
        row: BodyRule = BodyRule.objects.create(
            service=service, organisation=body, by=by, corrects=corrects, **words
        )  # fmt: skip
        ask_and_settle([service], [body])
    return row


def confirm(service: RegulatedService, body: Organisation, *, by: User, seen: int) -> None:
    """The rule that holds still does; said again on the same day it is said once."""
    with transaction.atomic():
        _require(service, body, by)
        standing = standing_of(service, body)
        if standing.rule is None:
            raise PermissionDenied
        if standing.rule.pk != seen:
            raise Overtaken(standing.rule)
        if standing.looked_at != timezone.localdate():
            RuleConfirmation.objects.create(rule=standing.rule, by=by)
        ask_and_settle([service], [body])


def _require(service: RegulatedService, body: Organisation, by: User) -> None:
    Organisation.objects.select_for_update(no_key=True).get(pk=body.pk)  # the second of two finds the first
    if not may_write(by, service, body):
        raise PermissionDenied


# --- Asked of the delegates ------------------------------------------------------------------------------


def ask_and_settle(services: Iterable[RegulatedService], bodies: Iterable[Organisation]) -> None:
    """Who acts for a body is asked for the rule that it has not written, or has not looked at for a year."""
    services, wanted = list(services), {body.pk for body in bodies}
    acting = _acting(wanted)
    found = standings(services)
    for service in services:
        for each in found[service.pk]:
            if each.body.pk in wanted:
                _ask(service, each, acting.get(each.body.pk, []))


def _acting(bodies: Iterable[int]) -> dict[int, list[Delegation]]:
    rows = Delegation.objects.current().filter(organisation__in=list(bodies), purpose=Purpose.DATA)
    found: dict[int, list[Delegation]] = {}
    for row in rows.select_related("person", "substitute").order_by("valid_from", "pk"):
        found.setdefault(row.organisation_id, []).append(row)
    return found


def _ask(service: RegulatedService, standing: Standing, acting: list[Delegation]) -> None:
    is_missing = standing.rule is None and standing.coming is None
    people: list[User] = []
    if not service.retired and (is_missing or standing.is_stale):
        people = [who for row in acting for who in (row.person, row.substitute) if who and who.is_current()]
        words = {"service": service, "body": standing.body}
        duty = Duty(
            title=_("%(service)s, %(body)s: la regola") % words,
            verb=_("Scrivi") if is_missing else _("Conferma"),
            why=_("chi lavora in un altro Comune, e chi segue una procedura, la cerca qui") if is_missing
            else _("non la guardate da un anno: conferma che vale ancora, o scrivi quella nuova"),
            url=address(service, standing.body),
            due=standing.confirm_by,
            page=service.space.root_page_id,
            needs=Need.VIEW,
            by_mandate=True,
        )  # fmt: skip
        obligations.ask(people, _key(service, standing.body), duty)
    obligations.settle(_key(service, standing.body), but=people)


def _key(service: RegulatedService, body: Organisation) -> str:
    return f"body-rule:{service.pk}:{body.pk}"


def address(service: RegulatedService, body: Organisation) -> str:
    return reverse("body_rule", args=[service.slug, body.slug])


@every(minutes=720)
def remind() -> int:
    """A year passes, a service is added and a delegation ends by themselves."""
    services = list(RegulatedService.objects.select_related("space"))
    with transaction.atomic():
        ask_and_settle(services, concerned())
    return len(services)


def on_delegation(sender: Any, instance: Delegation, **kwargs: Any) -> None:
    """A delegation was given or ended: the body's rules are asked of whoever acts for it now."""
    if instance.purpose == Purpose.DATA:
        ask_and_settle(RegulatedService.objects.select_related("space"), [instance.organisation])


def kept_of(person: User) -> Iterable[own_data.Kept]:
    """What the person wrote in a body's name."""
    written = BodyRule.objects.filter(by=person).select_related("service", "organisation")
    yield own_data.Kept(_("Regole scritte a nome di un ente"), own_data.FOR_GOOD, [
        {_("ente"): str(each.organisation), _("servizio"): str(each.service), _("il"): dates.local_day(each.at)}
        for each in written
    ])  # fmt: skip


own_data.sources.append(kept_of)
