"""A meeting in one's own calendar: what the file says, read back as a calendar program reads it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from coordination.models import MeetingPage

pytestmark = pytest.mark.django_db
ROME = ZoneInfo("Europe/Rome")
TITLE = "Tavolo, con; segni \\ strani: «perché?» e una riga molto lunga che supera da sola i settantacinque ottetti"
PLACE = "Casa della Comunità di San Marcello, piazza Matteotti 159,\nsala al primo piano; citofono «Comunità»"


@pytest.fixture
def answer(as_: Any, settings: Any) -> Any:
    settings.BASE_URL = "https://portale.rete.example:8443"
    meeting = MeetingPage.objects.get(slug="r-02")
    starts = datetime(2026, 10, 23, 9, 30, tzinfo=ROME)  # two days before the clocks change
    MeetingPage.objects.filter(pk=meeting.pk).update(title=TITLE, place=PLACE, starts_at=starts, minutes_long=90)
    return as_("worker").get(f"/riunioni/{meeting.pk}.ics")


def test_a_calendar_program_reads_back_what_the_page_says(answer: Any) -> None:
    assert answer.headers["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
    (event,) = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (TITLE, PLACE)
    assert event.decoded("DTSTART") == datetime(2026, 10, 23, 9, 30, tzinfo=ROME)
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=90)
    assert event.decoded("DTSTAMP").utcoffset() == timedelta()
    assert event["DTSTART"].params["TZID"] == calendar.walk("VTIMEZONE")[0]["TZID"] == "Europe/Rome"


def test_its_name_is_of_this_installation_and_its_link_leads_to_it(answer: Any) -> None:
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    meeting = MeetingPage.objects.get(slug="r-02")
    assert event["UID"] == f"riunione-{meeting.pk}@portale.rete.example"
    assert str(event["URL"]) == f"https://portale.rete.example:8443{meeting.url}"


def test_no_line_is_longer_than_a_calendar_program_must_read(answer: Any) -> None:
    assert answer.content.endswith(b"\r\n")
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line for line in lines)
    assert any(line.startswith(b" ") for line in lines)


def test_of_two_meetings_with_one_address_in_two_spaces_each_reader_gets_the_one_asked_for(as_: Any) -> None:
    open_one, hidden = (MeetingPage.objects.get(slug=slug) for slug in ("r-02", "r-01"))
    starts = datetime(2027, 3, 1, 9, 30, tzinfo=ROME)
    for meeting, title in ((open_one, "Tavolo aperto"), (hidden, "Tavolo chiuso")):
        MeetingPage.objects.filter(pk=meeting.pk).update(slug="stesso-nome", title=title, starts_at=starts)

    def asked(name: str, meeting: MeetingPage) -> str:
        return str(as_(name).get(f"/riunioni/{meeting.pk}.ics").content)

    assert "SUMMARY:Tavolo aperto" in asked("worker", open_one)
    assert "SUMMARY:Tavolo aperto" in asked("worker_minors", open_one)
    assert "SUMMARY:Tavolo chiuso" in asked("worker_minors", hidden)
    answers = [as_("worker").get(f"/riunioni/{pk}.ics") for pk in (hidden.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
