"""A meeting for a person's own calendar (RFC 5545)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event

from .models import MeetingPage


def of_meeting(meeting: MeetingPage) -> bytes:
    """One event. Its hours name the network's zone, so that they stay right where the clocks differ."""
    event = Event()
    event.add("uid", f"riunione-{meeting.pk}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", timezone.localtime(meeting.starts_at))
    event.add("dtend", timezone.localtime(meeting.ends_at))
    event.add("summary", meeting.title)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("url", settings.BASE_URL + (meeting.url or ""))
    calendar = Calendar()
    calendar.add("prodid", "-//Raccordo//IT")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
