"""A body's delegates are reminded of what they have still to adopt: one press, one mail each, once a day at most."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal import access
from portal.background import jobs
from portal.models import Delegation, Organisation, User
from portal.models.delegations import Purpose
from portal.models.jobs import Lane
from portal.notices import emails
from portal.notices.feed import name

from . import adoptions, matrix
from .models import AdoptionReminder, ProtocolPage


def ask(body: Organisation, *, by: User) -> bool:
    """Have the delegates reminded; False where somebody had it done already today."""
    with transaction.atomic():
        day = timezone.localdate()
        _row, is_new = AdoptionReminder.objects.get_or_create(organisation=body, day=day, defaults={"by": by})
        if is_new:
            key = f"adoption-reminder:{body.pk}:{day}"
            jobs.ask(key, "protocols.reminding.remind", body.pk, str(by), lane=Lane.MAIL)
    return is_new


def delegates(body: Organisation) -> list[User]:
    """Who adopts for the body today: those named, and those who stand in for them."""
    rows = Delegation.objects.current().filter(organisation=body, purpose=Purpose.ADOPTION)
    people = [who for row in rows.select_related("person", "substitute") for who in (row.person, row.substitute)]
    return [who for who in dict.fromkeys(people) if who is not None and who.is_current()]


def remind(body_id: int, by: str) -> None:
    """One mail to each delegate, of what is missing now and the delegate may read."""
    body = Organisation.objects.get(pk=body_id)
    for who in delegates(body):
        waiting = [(name(page), adoptions.address(page, body)) for page in missing_of(body, who)]
        if waiting:
            emails.adoption_reminder_mail(who, body=str(body), by=by, waiting=waiting).send()


def missing_of(body: Organisation, reader: User) -> list[ProtocolPage]:
    """The protocols that the body has still to adopt, as far as the person reads them."""
    return list(ProtocolPage.objects.filter(pk__in=matrix.missing_at(reader, body)).order_by("code"))


def may(user: Any, body: Organisation) -> bool:
    """Whether the person looks after a space in which the body has something to adopt."""
    missing = ProtocolPage.objects.filter(pk__in=[page.pk for page in missing_of(body, user)])
    return bool(access.allowed(missing, user, "manage").exists())
