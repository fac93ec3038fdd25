"""Who leads a meeting to come, when that person leaves the network."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.accounts import handover
from portal.models import User
from portal.notices import feed
from portal.words import dates

from .models import MeetingPage


def in_the_hands_of(person: User, reader: User) -> Iterator[handover.Item]:
    """Meetings to come; of one that was held the minutes go on saying who led it."""
    coming = MeetingPage.objects.filter(chair=person, starts_at__gte=timezone.now()).order_by("starts_at")
    known = set(access.known(coming, reader).values_list("pk", flat=True))
    for meeting in coming:
        day = dates.in_words(meeting.starts_at, article="del")
        title = feed.name(meeting) if meeting.pk in known else _("una riunione di uno spazio che non leggi")
        yield handover.Item(
            f"chair:{meeting.pk}", _("Riunioni che conduce"), f"{title}, {day}",
            handover.hand_page(meeting, person, ["chair"]), page=meeting.pk if meeting.live else None,
        )  # fmt: skip
