"""Who is on call at a service: now, next, away or nobody; said on its card and at each step, to who may know them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination import shifts
from coordination.models import ServicePage, Shift
from portal import access, demo
from portal.accounts import handover, own_data
from portal.background import jobs
from portal.models import Absence, Activity, Delegation, Job, Organisation, User
from portal.models.activity import Verb
from portal.models.jobs import JobState
from portal.models.spaces import Role
from portal.spaces import roles
from portal.upkeep import terms

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = timezone.make_aware(datetime(2026, 11, 26, 23, 30))


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> ServicePage:
    """A service with no shifts yet, late in the evening."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    Shift.objects.all().delete()
    return ServicePage.objects.get(slug="seus")


def on_call(card: ServicePage, person: User, since: datetime, until: datetime) -> Shift:
    return Shift.objects.create(service=card, person=person, since=since, until=until)


def said(client: Any, address: str, where: str = "main") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    found = BeautifulSoup(answer.content, "html.parser").select(where)
    return " ".join(found[0].get_text(" ").split())


def typed(person: User, **changed: str) -> dict[str, str]:
    given = {"day": "27/11/2026", "begins": "20:00", "ends": "8:00", "last_day": "", "weeks": "1"}
    return {"person": str(person.pk), **given, **changed}


def address(card: ServicePage) -> str:
    return f"/rubrica/servizi/{card.pk}/turni/"


# --- Read ------------------------------------------------------------------------------------------------


def test_card_and_step_say_who_is_on_call_over_midnight(as_: Given, person: Any, card: ServicePage) -> None:
    on_call(card, person("worker_minors"), NOW - 3 * HOUR, NOW + 8.5 * HOUR)
    on_call(card, person("worker"), NOW + 8.5 * HOUR, NOW + 12 * HOUR)
    words = "Reperibile adesso: Nadia El Amrani , 0573 000 152 , fino alle 08:00 di venerdì 27 novembre"
    for where in ((card.url, "main"), ("/p/OP-10/", "#passo-3"), ("/p/OP-10/?passo=3", "#passo-3")):
        shown = said(as_("worker"), *where)
        assert words.replace("0573 000 152", person("worker_minors").telephone) in shown
        assert "Elena Fedi" not in shown.partition("Referente")[0]


def test_where_nobody_is_on_call_who_is_next_and_the_hours_are_said(as_: Given, person: Any, card: ServicePage) -> None:
    on_call(card, person("coordinator"), NOW - 3 * HOUR, NOW)  # over in this minute
    on_call(card, person("worker"), NOW + HOUR, NOW + 2 * HOUR)
    on_call(card, person("worker_mountain"), NOW + 3 * HOUR, NOW + 4 * HOUR)
    shown = said(as_("worker_minors"), card.url)
    assert "Adesso nessuno è reperibile; dalle 00:30 di venerdì 27 novembre: Elena Fedi" in shown
    assert "Sara Begliomini" not in shown and card.hours in shown
    Shift.objects.all().delete()
    assert "eperibil" not in said(as_("worker_minors"), card.url, "dl.pairs")


def test_whoever_is_away_is_not_to_be_called_and_the_substitute_is(as_: Given, person: Any, card: ServicePage) -> None:
    on_call(card, person("worker_minors"), NOW - HOUR, NOW + HOUR)
    today = timezone.localdate(NOW)
    Absence.objects.create(
        person=person("worker_minors"), since=today, until=today + DAY, substitute=person("worker_mountain")
    )
    shown = said(as_("worker"), card.url)
    assert "Nadia El Amrani non c’è fino al 27 novembre 2026, chiama Sara Begliomini" in shown.replace(" ,", ",")
    assert person("worker_mountain").telephone in shown and person("worker_minors").telephone not in shown


def test_who_may_not_look_a_person_up_is_told_neither_a_name_nor_that_nobody_is_there(
    as_: Given, person: Any, card: ServicePage
) -> None:
    hidden = User.objects.create(email="nascosta@altrove.example", first_name="Zibaldone", last_name="Nascosta")
    roles.give_role(demo.space("SP-COORD"), hidden, Role.READER, by=person("coordinator"), reason="Prova")
    on_call(card, hidden, NOW - HOUR, NOW + HOUR)
    on_call(card, person("worker_minors"), NOW + HOUR, NOW + 2 * HOUR)
    assert "Zibaldone" in said(as_("coordinator"), card.url)
    for name in ("worker", "partner"):
        shown = said(as_(name), card.url)
        assert "Zibaldone" not in shown and "nessuno è reperibile" not in shown and card.telephone in shown
    assert "Zibaldone" not in said(as_("worker"), "/p/OP-10/")
    assert not access.allowed(Shift.objects.filter(person=hidden), person("worker")).exists()


def test_hours_are_the_clocks_also_where_it_is_put_back(person: Any, card: ServicePage) -> None:
    """On 25 October 2026 the night has an hour more."""
    first = (datetime(2026, 10, 17, 20), datetime(2026, 10, 18, 8))
    made = shifts.add(card, person("worker"), first, weeks=2, by=person("coordinator"))
    made = list(Shift.objects.filter(pk__in=[row.pk for row in made]))  # in the time that knows no summer
    assert [row.until - row.since for row in made] == [12 * HOUR, 13 * HOUR]
    assert {f"{timezone.localtime(row.until):%H:%M}" for row in made} == {"08:00"}
    skipped = (datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3, 15))  # that night goes from two to three
    with pytest.raises(shifts.NoSuchHours):
        shifts.add(card, person("worker"), skipped, weeks=1, by=person("coordinator"))


def test_cards_ask_as_often_for_many_shifts_as_for_one(person: Any, card: ServicePage) -> None:
    cards, asked = list(ServicePage.objects.all()), []
    for count in (1, 1, 9):
        for number in range(count):
            for each in cards:
                on_call(each, person("worker"), NOW - HOUR, NOW + (number + 1) * HOUR)
        reader = person("worker_minors")
        access.standing(reader)
        with CaptureQueriesContext(connection) as queries:
            shifts.told(cards, reader)
        asked.append(len(queries))
    assert asked[1] == asked[2] == 2 and all(each.on_call.now for each in cards)


# --- Written ---------------------------------------------------------------------------------------------


def test_several_weeks_are_written_at_once_and_one_taken_away(as_: Given, person: Any, card: ServicePage) -> None:
    client = as_("coordinator")
    assert address(card) in client.get(card.url).content.decode()
    assert client.post(address(card), typed(person("worker"), weeks="3")).status_code == 302
    begun = [timezone.localtime(row.since).strftime("%d/%m %H") for row in Shift.objects.all()]
    assert begun == ["27/11 20", "04/12 20", "11/12 20"]
    assert "Dalle 20:00 di venerdì 27 novembre alle 08:00 di sabato 28 novembre" in said(client, address(card))
    row = Shift.objects.first()
    assert row is not None and row.given_by == person("coordinator")
    assert client.post(f"{address(card)}{row.pk}/togli/").status_code == 302
    assert Shift.objects.count() == 2
    refused = client.post(f"{address(ServicePage.objects.get(slug='cot'))}{Shift.objects.latest('pk').pk}/togli/")
    assert refused.status_code == 404 and Shift.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"begins": "le otto"}, "Scrivi l’ora come 14:30."),
        ({"day": "20/11/2026"}, "Questo turno è già finito."),
        ({"last_day": "26/11/2026"}, "Il turno finisce prima di cominciare."),
        ({"last_day": "28/11/2027"}, "Il turno dura più di una settimana: controlla il giorno e l’anno."),
        ({"weeks": "0"}, "maggiore o uguale a 1"),
        ({"weeks": "2"}, "Elena Fedi è già reperibile qui dalle 07:00 di sabato 5 dicembre"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_of_it_is_kept(
    changed: dict[str, str], sentence: str, as_: Given, person: Any, card: ServicePage
) -> None:
    later = timezone.make_aware(datetime(2026, 12, 5, 7))
    on_call(card, person("worker"), later, later + HOUR)
    answer = as_("coordinator").post(address(card), typed(person("worker"), **changed))
    shown = unescape(answer.content.decode())
    assert sentence in shown and all(f'value="{value}"' in shown for value in changed.values())
    assert Shift.objects.count() == 1
    on_call(card, person("worker_minors"), later, later + HOUR)  # two persons at once may be


def test_who_acts_for_the_body_keeps_its_shifts_and_who_only_reads_does_not(
    as_: Given, person: Any, card: ServicePage
) -> None:
    new = typed(person("worker"))
    assert address(card) not in as_("worker").get(card.url).content.decode()
    assert as_("worker").get(address(card)).status_code == as_("worker").post(address(card), new).status_code == 403
    assert not Shift.objects.exists()
    assert card.organisation is not None
    Delegation.objects.create(
        organisation=card.organisation, purpose="dati", person=person("worker"), valid_from=timezone.localdate(NOW)
    )
    assert address(card) in as_("worker").get(card.url).content.decode()
    assert as_("worker").post(address(card), new).status_code == 302
    other = ServicePage.objects.exclude(organisation=card.organisation).get(slug="consultorio")
    assert as_("worker").get(address(other)).status_code == 403
    assert as_("worker").post(f"{address(card)}{Shift.objects.get().pk}/togli/").status_code == 302


def test_only_whom_one_may_look_up_is_chosen(as_: Given, person: Any, card: ServicePage) -> None:
    body = Organisation.objects.get(pk=card.organisation_id)
    hidden = User.objects.create(email="nascosta@altrove.example", first_name="Zibaldone", last_name="Nascosta")
    Delegation.objects.create(organisation=body, purpose="dati", person=person("worker"), valid_from=demo.day(-1))
    answer = as_("worker").post(address(card), typed(hidden))
    assert answer.status_code == 200 and not Shift.objects.exists()
    assert "Zibaldone" not in answer.content.decode()
    assert as_("coordinator").post(address(card), typed(hidden)).status_code == 302


# --- Of a person -----------------------------------------------------------------------------------------


def test_shifts_are_among_ones_own_data_and_go_three_months_after(person: Any, card: ServicePage) -> None:
    on_call(card, person("worker"), NOW - 92 * DAY, NOW - 91 * DAY)
    on_call(card, person("worker"), NOW - 90 * DAY, NOW - 89 * DAY)
    kept = next(each for each in own_data.of(person("worker")) if each.what == "Turni di reperibilità")
    assert len(kept.rows) == 2 and "90 giorni" in kept.until and card.title in kept.rows[0].values()
    terms.forget_all()
    assert [row.until for row in Shift.objects.all()] == [NOW - 89 * DAY]


def test_whoever_leaves_hands_over_the_shifts_to_come_or_ends_them(person: Any, card: ServicePage) -> None:
    leaver, heir, by = person("worker"), person("worker_minors"), person("coordinator")
    past = on_call(card, leaver, NOW - 3 * DAY, NOW - 2 * DAY)
    on_call(card, leaver, NOW + DAY, NOW + 2 * DAY)
    both = on_call(card, leaver, NOW + 3 * DAY, NOW + 4 * DAY)
    on_call(card, heir, NOW + 3 * DAY, NOW + 4 * DAY)
    item = next(each for each in handover.items(leaver, by) if each.key == f"shifts:{card.pk}")
    assert item.title == f"{card.title}: 2 turni" and item.may_end
    item.hand(heir, by)
    assert list(leaver.shifts.all()) == [past] and heir.shifts.count() == 2
    assert not Shift.objects.filter(pk=both.pk).exists()
    on_call(card, leaver, NOW + DAY, NOW + 2 * DAY)
    next(each for each in handover.items(leaver, by) if each.key == f"shifts:{card.pk}").hand(None, by)
    assert list(leaver.shifts.all()) == [past]


# --- Told ------------------------------------------------------------------------------------------------


def mailed(mailoutbox: list[Any]) -> list[tuple[str, str]]:
    """What the worker sends of what waits: to whom, and what it says."""
    mailoutbox.clear()
    for job in Job.objects.filter(state=JobState.WAITING, function__startswith="coordination.").order_by("pk"):
        jobs.run(job.pk)
    return [(mail.to[0], f"{mail.subject}\n{mail.body}") for mail in mailoutbox]


def test_whoever_is_put_on_call_or_taken_off_gets_a_mail_and_the_act_is_written_down(
    as_: Given, person: Any, card: ServicePage, mailoutbox: list[Any]
) -> None:
    client, worker = as_("coordinator"), person("worker")
    assert "riceve una mail" in said(client, client.post(address(card), typed(worker, weeks="2")).url, "#annuncio")
    [(to, words)] = mailed(mailoutbox)
    assert to == worker.email and f"Chiara Bonacchi ti ha messo in turno di reperibilità a «{card.title}»" in words
    for day in ("27 novembre 2026 alle 08:00 di sabato 28", "4 dicembre 2026 alle 08:00 di sabato 5 dicembre 2026"):
        assert f"dalle 20:00 di venerdì {day}" in words
    client.post(f"{address(card)}{Shift.objects.earliest('since').pk}/togli/")
    [(to, words)] = mailed(mailoutbox)
    assert to == worker.email and "non sei più reperibile dalle 20:00 di venerdì 27 novembre 2026" in words
    assert "4 dicembre" not in words
    first, second = Activity.objects.filter(verb=Verb.SHIFTS_CHANGED).order_by("pk")
    assert first.sentence.startswith(f"ha messo Elena Fedi in turno a «{card.title}» 2 volte, la prima dalle 20:00")
    assert second.sentence == (
        f"ha tolto a Elena Fedi il turno a «{card.title}» dalle 20:00 del 27/11/2026 alle 08:00 del 28/11/2026"
    )
    assert (second.by, second.page_id, second.space) == (person("coordinator"), card.pk, demo.space("SP-RETE"))


def test_the_mail_names_no_service_that_its_reader_cannot_read_and_no_shift_that_is_gone(
    person: Any, card: ServicePage, mailoutbox: list[Any]
) -> None:
    stranger = User.objects.create(email="fuori@altrove.example", first_name="Ada", last_name="Nuti")
    begin = timezone.make_naive(NOW) + DAY
    [row] = shifts.add(card, stranger, (begin, begin + HOUR), weeks=1, by=person("coordinator"))
    [(to, words)] = mailed(mailoutbox)
    assert to == stranger.email and "23:30" in words and card.title not in words and card.url not in words
    [own] = shifts.add(card, person("coordinator"), (begin, begin + HOUR), weeks=1, by=person("coordinator"))
    shifts.take_away(own, by=person("coordinator"))
    assert mailed(mailoutbox) == []  # one's own act is no news
    [gone] = shifts.add(card, person("worker"), (begin, begin + HOUR), weeks=1, by=person("coordinator"))
    gone.delete()
    assert mailed(mailoutbox) == []
    item = next(each for each in handover.items(stranger, person("coordinator")) if each.key == f"shifts:{card.pk}")
    item.hand(person("worker"), person("coordinator"))
    assert [to for to, _words in mailed(mailoutbox)] == [person("worker").email]
    assert row.person == stranger and Shift.objects.get(pk=row.pk).person == person("worker")


def test_ones_own_shifts_stand_in_the_week_of_the_home_page(as_: Given, person: Any, card: ServicePage) -> None:
    on_call(card, person("worker"), NOW - HOUR, NOW + HOUR)
    on_call(card, person("worker_minors"), NOW, NOW + DAY)
    on_call(card, person("worker"), NOW + 300 * DAY, NOW + 301 * DAY)
    week = said(as_("worker"), "/", "[aria-labelledby=h-settimana]")
    assert f"22:30 Sei reperibile: {card.title} fino alle 00:30 di venerdì 27 novembre" in week
    assert week.count("Sei reperibile") == 1
    assert "Sei reperibile" not in said(as_("trainee"), "/", "[aria-labelledby=h-settimana]")
