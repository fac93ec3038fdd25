"""Days as Italians type them, at every door; what cannot be read is refused with a sentence, never replaced."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from wagtail.models import Page

from portal import demo
from portal.accounts.people_admin import PersonEditForm
from portal.models import Membership
from tests.typed_pages import create, typed

pytestmark = pytest.mark.django_db
ROME = ZoneInfo("Europe/Rome")
DAYS = {
    "01/12/2026": date(2026, 12, 1),
    "1/3/2027": date(2027, 3, 1),
    "15.01.2027": date(2027, 1, 15),
    "31-12-2026": date(2026, 12, 31),
    "5/2/27": date(2027, 2, 5),
    "2027-02-03": date(2027, 2, 3),
    "3 dicembre 2026": date(2026, 12, 3),
    "1° Mar. 2027": date(2027, 3, 1),
}
MOMENTS = {
    "26/11/2036 09:00": datetime(2036, 11, 26, 9, 0, tzinfo=ROME),
    "26/11/2036 9.30": datetime(2036, 11, 26, 9, 30, tzinfo=ROME),
    "6.1.2037 14:05": datetime(2037, 1, 6, 14, 5, tzinfo=ROME),
    "2036-07-02 10:00": datetime(2036, 7, 2, 10, 0, tzinfo=ROME),
    "3 dicembre 2036 alle 9.30": datetime(2036, 12, 3, 9, 30, tzinfo=ROME),
}
UNREADABLE = ["31/02/2027", "31 febbraio 2027", "3 brumaio 2026", "3 dicembre", "32/13/2026", "fra un mese", "12/2027"]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_a_day_is_read_as_it_was_typed_and_shown_as_italians_write_it(text: str, day: date, as_: Any) -> None:
    page: Any = create(as_("coordinator"), "SP-RETE", title="Orari", review_date=text)
    assert page.review_date == day
    shown = as_("coordinator").get(f"/admin/pages/{page.pk}/edit/").content.decode()
    assert f'value="{day:%d/%m/%Y}"' in shown


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_day_that_cannot_be_read_is_refused_with_a_sentence_and_stays_typed(text: str, as_: Any) -> None:
    root = demo.space("SP-RETE").root_page
    response = as_("coordinator").post(
        f"/admin/pages/add/portal/textpage/{root.pk}/", typed(title="Orari", review_date=text)
    )
    assert response.status_code == 200
    shown = response.content.decode()
    assert "Non leggo questo giorno: scrivilo come 31/12/2026." in shown
    assert f'value="{text}"' in shown
    assert not Page.objects.filter(title="Orari").exists()


@pytest.mark.parametrize(("text", "moment"), MOMENTS.items())
def test_the_hour_of_a_schedule_and_of_a_meeting_is_read_as_it_was_typed(text: str, moment: datetime, as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title="Orari", go_live_at=text)
    assert page.get_latest_revision_as_object().go_live_at == moment
    root = demo.space("SP-RETE").root_page
    rows = {f"{name}-{key}_FORMS": "0" for name in ("agenda", "attendance", "decisions", "actions")
            for key in ("TOTAL", "INITIAL")}  # fmt: skip
    sent = typed(title="Tavolo", code="", starts_at=text, minutes_long="90", place="", chair="", minutes="") | rows
    assert as_("coordinator").post(f"/admin/pages/add/coordination/meetingpage/{root.pk}/", sent).status_code == 302
    meeting: Any = root.get_children().get(title="Tavolo").specific
    assert meeting.starts_at == moment


@pytest.mark.parametrize("text", ["26/11/2036", "26/11/2036 ore nove", "26/11/2036 25:00"])
def test_a_meeting_is_never_convened_for_now_because_its_hour_cannot_be_read(text: str, as_: Any) -> None:
    page = create(as_("coordinator"), "SP-RETE", title="Orari")
    response = as_("coordinator").post(f"/admin/pages/{page.pk}/edit/", typed(title="Orari", go_live_at=text))
    assert "scrivili come 31/12/2026 09:30" in response.content.decode()
    assert page.get_latest_revision_as_object().go_live_at is None


def test_the_end_of_a_role_is_typed_like_any_day(as_: Any, person: Any) -> None:
    day = timezone.localdate() + timedelta(days=40)
    sent = {"holder_text": person("trainee").email, "role": "1", "reason": "Prova", "confirmed": "1"}
    for text in (f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}", date_format(day, "j F Y")):
        shown = as_("coordinator").post("/spazi/terzo-settore/condivisione/", sent | {"expires_on": "31/02/2099"})
        assert "Non leggo questo giorno" in shown.content.decode()
        as_("coordinator").post("/spazi/terzo-settore/condivisione/", sent | {"expires_on": text, "conferma": "1"})
        held = Membership.objects.get(space=demo.space("SP-TERZO"), user=person("trainee"))
        assert timezone.localtime(held.expires_at).date() == day
        held.delete()


def test_the_end_of_an_account_is_shown_as_italians_write_it(person: Any) -> None:
    who = person("trainee")
    who.valid_until = datetime(2036, 11, 26, 9, 0, tzinfo=ROME)
    assert 'value="26/11/2036"' in str(PersonEditForm(instance=who)["valid_until"])
