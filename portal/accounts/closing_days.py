"""The days on which a body is closed: its patron's, those written for it, and those written for the whole network."""

from collections.abc import Iterable

from django.db.models import F, Q

from portal.models import Holiday, Organisation
from portal.words.terms import Offices


def offices_of(body: Organisation | None) -> Offices:
    """When the offices of the body are open; without one, what holds for the whole network."""
    number = body.pk if body else None
    return offices_of_each([number])[number]


def offices_of_each(bodies: Iterable[int | None]) -> dict[int | None, Offices]:
    """The same of several at once, by their ids."""
    numbers = {body for body in bodies if body is not None}
    rows = list(
        Holiday.objects.filter(Q(organisation=None) | Q(organisation__in=numbers))
        .order_by(F("organisation").asc(nulls_first=True))
        .values_list("organisation", "day", "name")
    )
    found: dict[int | None, Offices] = {None: Offices({day: name for whose, day, name in rows if whose is None})}
    for body in Organisation.objects.filter(pk__in=numbers):
        closed = {day: name for whose, day, name in rows if whose in (None, body.pk)}
        found[body.pk] = Offices(closed, body.patron_in, body.patron_saint)
    return found
