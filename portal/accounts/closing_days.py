"""The days on which a body is closed: its patron's, those written for it, and those written for the whole network."""

from django.db.models import Q

from portal.models import Holiday, Organisation
from portal.words.terms import Offices


def offices_of(body: Organisation | None) -> Offices:
    """When the offices of the body are open; without one, what holds for the whole network."""
    rows = Holiday.objects.filter(Q(organisation=None) | Q(organisation=body)).values_list("day", "name")
    if body is None:
        return Offices(dict(rows))
    return Offices(dict(rows), body.patron_in, body.patron_saint)
