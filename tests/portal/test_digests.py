"""The digest: due at the moment chosen, never empty, never twice, and only with what the person may see now."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from io import StringIO
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from wagtail.models import Page

from portal import access
from portal.background import jobs
from portal.models import Absence, Activity, Delivery, DigestPreference, Membership, Space, User
from portal.models.append_only import as_maintenance
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.notices import digests, emails, feed, obligations
from portal.notices.digests import Digest
from portal.spaces import opening, roles
from tests import network
from tests.installation import environment

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
ROME = ZoneInfo("Europe/Rome")
WEEK = timedelta(days=7)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ROME)


def prefer(user: User, frequency: str, weekday: int = 0, hour: int = 8) -> DigestPreference:
    values = {"frequency": frequency, "weekday": weekday, "hour": hour}
    return DigestPreference.objects.update_or_create(user=user, defaults=values)[0]


def due(user: User, since: timedelta = WEEK, until: timedelta = timedelta()) -> Delivery:
    now = timezone.now()
    return Delivery.objects.create(user=user, window_start=now - since, window_end=now - until)


def publish(space: str, title: str, note: str = "Una frase.", ago: timedelta = timedelta(hours=1)) -> TextPage:
    root = Space.objects.get(code=space).root_page
    page = root.add_child(instance=TextPage(title=title, change_note=note, live=False))
    page.save_revision().publish()
    with as_maintenance("another moment"):
        Activity._base_manager.filter(page=page.pk).update(at=timezone.now() - ago)
    page.refresh_from_db()
    return page


def newcomer() -> User:
    """Somebody with an account since this moment, of no body and in no space."""
    return User.objects.create_user("nuova@raccordo.example", first_name="Nuova", last_name="Arrivata")


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def text_of(mail: EmailMultiAlternatives) -> str:
    return mail.body + unescape(str(mail.alternatives[0][0]))


# --- Windows ---------------------------------------------------------------------------------------------

# 16 March 2026 is a Monday.
MOMENTS = [
    # frequency, weekday, hour, now → end of the window
    ("settimana", 0, 8, at(2026, 3, 16, 7, 59), at(2026, 3, 9, 8)),
    ("settimana", 0, 8, at(2026, 3, 16, 8, 0), at(2026, 3, 16, 8)),
    ("settimana", 0, 8, at(2026, 3, 22, 23, 59), at(2026, 3, 16, 8)),
    ("settimana", 4, 17, at(2026, 3, 20, 17, 5), at(2026, 3, 20, 17)),
    ("settimana", 4, 17, at(2026, 3, 20, 16, 59), at(2026, 3, 13, 17)),
    ("giorno", 0, 6, at(2026, 3, 18, 6, 1), at(2026, 3, 18, 6)),
    ("giorno", 0, 6, at(2026, 3, 18, 5, 59), at(2026, 3, 17, 6)),
    ("giorno", 0, 20, at(2026, 3, 21, 20, 1), at(2026, 3, 20, 20)),  # Saturday: Friday's was the last
    ("giorno", 0, 20, at(2026, 3, 23, 8, 0), at(2026, 3, 20, 20)),  # Monday morning, before the hour
    ("settimana", 0, 8, at(2026, 3, 30, 7, 59), at(2026, 3, 23, 8)),  # the clocks changed in between
    ("settimana", 0, 8, at(2026, 10, 26, 7, 59), at(2026, 10, 19, 8)),
    ("mai", 0, 8, at(2026, 3, 16, 8, 0), None),
]


@pytest.mark.parametrize(("frequency", "weekday", "hour", "now", "end"), MOMENTS)
def test_a_window_ends_at_the_chosen_hour_of_the_chosen_day(
    frequency: str, weekday: int, hour: int, now: datetime, end: datetime | None
) -> None:
    choice = DigestPreference(frequency=frequency, weekday=weekday, hour=hour)
    assert digests.window_end(choice, now) == end
    assert digests.window_end(choice, now.astimezone(ZoneInfo("UTC"))) == end


@pytest.mark.parametrize("sunday", [at(2026, 3, 29), at(2026, 10, 25)], ids=["spring", "autumn"])
def test_when_the_clocks_change_the_hour_stays_and_no_minute_is_lost_or_told_twice(
    sunday: datetime, person: Callable[[str], User]
) -> None:
    worker = person("worker")
    User.objects.filter(pk=worker.pk).update(date_joined=at(2026, 1, 1))
    prefer(worker, "settimana", weekday=0, hour=8)
    for week in (-1, 0, 1):
        monday = (sunday + timedelta(days=1, weeks=week)).replace(hour=8, minute=1)
        digests.schedule_due(monday)
        worker.deliveries.filter(state="dovuto").update(state="inviato")
    first, second, third = worker.deliveries.order_by("window_end")
    assert (second.window_start, third.window_start) == (first.window_end, second.window_end)
    assert {each.window_end.astimezone(ROME).hour for each in (first, second, third)} == {8}
    lengths = {second.window_end - first.window_end, third.window_end - second.window_end}
    assert WEEK in lengths and abs(sum(lengths, timedelta()) - 2 * WEEK) == timedelta(hours=1)


def test_whoever_chose_nothing_is_due_on_monday_at_eight_and_whoever_chose_never_is_not(
    person: Callable[[str], User],
) -> None:
    worker, director = person("worker"), person("director")
    prefer(director, "mai")
    now = timezone.now()
    digests.schedule_due(now)
    end = timezone.localtime(worker.deliveries.get().window_end)
    assert (end.weekday(), end.hour, end.minute) == (0, 8, 0)
    assert end <= now < end + WEEK
    assert not director.deliveries.exists()


def test_a_window_is_written_once_and_its_end_never_moves(person: Callable[[str], User]) -> None:
    worker, now = person("worker"), timezone.now()
    assert digests.schedule_due(now) > 5
    end = worker.deliveries.get().window_end
    assert digests.schedule_due(now + timedelta(minutes=5)) == 0
    assert worker.deliveries.get().window_end == end


def test_nights_without_a_worker_lose_nothing(person: Callable[[str], User]) -> None:
    """The next window begins where the last one that was dealt with ended, up to thirty days ago."""
    worker, now = person("worker"), timezone.now()
    end = digests.window_end(digests.preference(worker), now)
    assert end
    last = Delivery.objects.create(user=worker, state="inviato", window_start=end - 5 * WEEK, window_end=end - 4 * WEEK)
    digests.schedule_due(now)
    new = worker.deliveries.get(state="dovuto")
    assert new.window_start == last.window_end
    page = publish("SP-RETE", "Di quasi un mese fa", ago=now - end + 3.5 * WEEK)
    assert page.title in text_of_digest(new)


def test_whoever_turns_it_on_again_after_seven_weeks_is_told_of_thirty_days(person: Callable[[str], User]) -> None:
    worker, now = person("worker"), timezone.now()
    Delivery.objects.create(user=worker, state="inviato", window_start=now - 8 * WEEK, window_end=now - 7 * WEEK)
    prefer(worker, "mai")
    assert digests.schedule_due(now) and not worker.deliveries.filter(state="dovuto").exists()
    prefer(worker, "settimana", weekday=timezone.localtime(now).weekday(), hour=0)
    digests.schedule_due(now)
    new = worker.deliveries.get(state="dovuto")
    assert new.window_end - new.window_start == timedelta(days=30)
    old, recent = publish("SP-RETE", "Di sei settimane fa", ago=6 * WEEK), publish("SP-RETE", "Di ieri", ago=2 * WEEK)
    told = text_of_digest(new)
    assert recent.title in told and old.title not in told


def text_of_digest(delivery: Delivery) -> str:
    user = User.objects.get(pk=delivery.user_id)
    digest = digests.build(user, delivery.window_start, delivery.window_end)
    return text_of(emails.digest_mail(user, digest, "http://testserver/stop/"))


def test_a_window_that_failed_is_told_by_the_next_one(person: Callable[[str], User]) -> None:
    worker, now = person("worker"), timezone.now()
    Delivery.objects.create(user=worker, state="fallito", window_start=now - 3 * WEEK, window_end=now - 2 * WEEK)
    assert digests.window_start(worker, now) == now - 3 * WEEK  # also when it was the very first
    Delivery.objects.create(user=worker, state="vuoto", window_start=now - 5 * WEEK, window_end=now - 4 * WEEK)
    assert digests.window_start(worker, now) == now - 4 * WEEK
    page = publish("SP-RETE", "Della settimana fallita", ago=2.5 * WEEK)
    digests.schedule_due(now)
    assert page.title in text_of_digest(worker.deliveries.get(state="dovuto"))


def test_choosing_another_day_tells_nothing_twice(person: Callable[[str], User]) -> None:
    worker = person("worker")
    User.objects.filter(pk=worker.pk).update(date_joined=at(2026, 1, 1))
    prefer(worker, "settimana", weekday=4, hour=8)
    friday = at(2026, 3, 20, 8)
    digests.schedule_due(friday)
    told = worker.deliveries.get()
    worker.deliveries.update(state="inviato")
    prefer(worker, "settimana", weekday=0, hour=8)  # this week's Monday lies before what was told on Friday
    digests.schedule_due(friday + timedelta(minutes=10))
    assert worker.deliveries.get() == told
    digests.schedule_due(at(2026, 3, 23, 8, 5))
    assert worker.deliveries.get(state="dovuto").window_start == told.window_end


def test_a_digest_that_did_not_leave_in_time_is_part_of_the_next_one(
    person: Callable[[str], User], mailoutbox: list[Any]
) -> None:
    worker, now = person("worker"), timezone.now()
    last = Delivery.objects.create(user=worker, state="inviato", window_start=now - 4 * WEEK, window_end=now - 3 * WEEK)
    left = Delivery.objects.create(user=worker, window_start=last.window_end, window_end=now - 2 * WEEK)
    digests.schedule_due(now)
    assert state(left) == "fallito"
    assert worker.deliveries.get(state="dovuto").window_start == last.window_end
    digests.send_due(now)
    assert len([mail for mail in mailoutbox if mail.to == [worker.email]]) == 1


def test_a_new_account_is_not_told_of_a_window_that_ended_before() -> None:
    now, new = timezone.now(), newcomer()
    digests.schedule_due(now)
    assert not new.deliveries.exists()
    digests.schedule_due(now + WEEK)
    assert new.deliveries.count() == 1


# --- What is in it ---------------------------------------------------------------------------------------


def test_it_tells_what_changed_in_its_window_and_nothing_outside(person: Callable[[str], User]) -> None:
    worker, now = person("worker"), timezone.now()
    for title, days in (("Troppo vecchia", 8), ("Dentro la finestra", 3), ("Troppo nuova", 0)):
        publish("SP-RETE", title, ago=timedelta(days=days))
    titles = {change.title for change in digests.build(worker, now - WEEK, now - timedelta(days=1)).changes}
    assert "Dentro la finestra" in titles
    assert not titles & {"Troppo vecchia", "Troppo nuova"}


def test_a_page_published_often_is_told_once_with_its_last_words(person: Callable[[str], User]) -> None:
    page = publish("SP-RETE", "Orari", note="Prime parole.")
    page.change_note = "Ultime parole."
    page.save_revision().publish()
    found = [change for change in digests.preview(person("worker")).changes if change.title == "Orari"]
    assert [change.sentence for change in found] == ["Ultime parole."]


@pytest.mark.parametrize("note", ["Cambia l’orario", "Cambia l’orario."])
def test_a_note_ends_before_its_reason_begins(note: str, person: Callable[[str], User]) -> None:
    publish("SP-RETE", "Orari", note=note)
    told = feed.changes(person("worker"), timezone.now() - WEEK)
    assert [change.sentence for change in told if change.title == "Orari"] == ["Cambia l’orario."]


def test_what_one_published_is_no_news_to_oneself(person: Callable[[str], User]) -> None:
    page = publish("SP-RETE", "Fatta da Chiara")
    with as_maintenance("another hand"):
        Activity._base_manager.filter(page=page.pk).update(by=person("coordinator"))
    assert "Fatta da Chiara" not in {change.title for change in digests.preview(person("coordinator")).changes}
    assert "Fatta da Chiara" in {change.title for change in digests.preview(person("worker")).changes}


def _loses_the_role(page: TextPage, reader: User) -> None:
    membership = Membership.objects.get(space=access.space_of(page), user=reader)
    roles.take_role(membership, by=None)


def _role_lapses(page: TextPage, reader: User) -> None:
    Membership.objects.filter(space=access.space_of(page), user=reader).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def _page_is_withdrawn(page: TextPage, reader: User) -> None:
    page.unpublish()


def _page_moves_to_a_closed_space(page: TextPage, reader: User) -> None:
    page.move(Space.objects.get(code="SP-COORD").root_page, pos="last-child")


@pytest.mark.parametrize("happens", [_loses_the_role, _role_lapses, _page_is_withdrawn, _page_moves_to_a_closed_space])
def test_what_one_may_no_longer_see_is_not_in_it_even_if_one_could_when_it_was_published(
    happens: Callable[[TextPage, User], None], person: Callable[[str], User], mailoutbox: list[Any]
) -> None:
    reader, other = person("worker_minors"), person("coordinator")
    page = publish("SP-MINORI", "Quercia segreta", note="Parole riservate.")
    publish("SP-RETE", "Faggio di tutti")
    assert "Quercia segreta" in text_of_digest(due(reader, until=timedelta(seconds=1)))
    delivery = due(reader)
    happens(page, reader)
    assert digests.send(delivery)
    words = mailoutbox[-1].subject + text_of(mailoutbox[-1])
    assert "Faggio di tutti" in words
    assert not re.search("Quercia|riservate|quercia", words)
    still_told = happens is not _page_is_withdrawn
    assert digests.send(due(other))
    assert ("Quercia segreta" in text_of(mailoutbox[-1])) is still_told


def test_each_is_told_only_what_is_theirs(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    publish("SP-MINORI", "Quercia segreta")
    publish("SP-RETE", "Faggio di rete")
    publish("SP-TERZO", "Pino di tutti")
    told = {}
    for name in ("worker_minors", "worker", "partner"):
        assert digests.send(due(person(name)))
        words = text_of(mailoutbox[-1])
        told[name] = {word for word in ("Quercia", "Faggio", "Pino") if word in words}
    assert told == {
        "worker_minors": {"Quercia", "Faggio", "Pino"},
        "worker": {"Faggio", "Pino"},
        "partner": {"Pino"},
    }


def test_nothing_to_say_is_no_mail_and_the_cursor_moves(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    new = newcomer()
    delivery = due(new)
    assert not digests.send(delivery)
    assert (state(delivery), mailoutbox) == ("vuoto", [])
    assert digests.window_start(new, timezone.now()) == delivery.window_end
    page = publish("SP-PUBBLICO", "Betulla", ago=timedelta())
    assert not digests.send(due(new))  # a public page is news to whoever holds no role there only when it changes
    page.change_note = "Cambia l’orario."
    page.save_revision().publish()
    assert digests.send(due(new))


def test_an_appointment_alone_is_no_reason_to_write() -> None:
    now = timezone.now()
    appointment = feed.Appointment("page:1", timezone.localdate(), "Riunione", "/p/R-01/")
    todo, change = feed.Todo("Fare", "/", "Completa", "perché sì"), feed.Change(1, "Nuova", "/", "Sì.", now, "")
    assert Digest([], [], [appointment], now, now).is_empty
    assert not Digest([todo], [], [], now, now).is_empty
    assert not Digest([], [change], [], now, now).is_empty


# --- Never twice -----------------------------------------------------------------------------------------


def test_a_digest_is_sent_once_however_often_one_tries(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    publish("SP-RETE", "Faggio di rete")
    delivery = due(person("worker"))
    beside = Delivery.objects.get(pk=delivery.pk)  # as another process read it
    assert digests.send(delivery)
    assert not digests.send(beside)
    assert not digests.send(Delivery.objects.get(pk=delivery.pk))
    assert len(mailoutbox) == 1
    assert state(delivery) == "inviato"
    assert delivery.sent_at and delivery.subject == mailoutbox[0].subject


def test_a_round_sends_to_everybody_once_and_the_next_round_to_nobody(mailoutbox: list[Any]) -> None:
    now = timezone.now()
    publish("SP-PUBBLICO", "Betulla", ago=now - digests.window_end(DigestPreference(), now) + timedelta(hours=1))
    assert digests.send_due(now) == len(mailoutbox) == User.objects.current().count()
    assert len({mail.to[0] for mail in mailoutbox}) == len(mailoutbox)
    assert digests.send_due(now) == 0


def test_a_death_between_claim_and_mail_is_mailed_again_under_the_same_name(
    person: Callable[[str], User], mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail may have left: mail programs fold a second one of the same Message-ID into the first."""
    worker, now = person("worker"), timezone.now()
    publish("SP-RETE", "Faggio di rete")
    delivery = due(worker)

    tried = []

    def dies(mail: Any) -> Any:
        tried.append(mail.message()["Message-ID"])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EmailMultiAlternatives, "send", dies)
        digests.send(delivery)
    assert state(delivery) == "preso"
    digests.send_due(now)
    assert state(delivery) == "preso"  # somebody may still be at it
    digests.send_due(now + digests.LOST_AFTER + timedelta(minutes=1))
    assert (state(delivery), delivery.problem) == ("inviato", "")
    (mail,) = [mail for mail in mailoutbox if mail.to == [worker.email]]
    assert "Faggio di rete" in text_of(mail)
    assert [mail.message()["Message-ID"]] == tried == [f"<digest-{delivery.pk}@testserver>"]
    others = {each.message()["Message-ID"] for each in mailoutbox}
    assert len(others) == len(mailoutbox)


def test_what_was_interrupted_is_not_sent_after_the_window_that_comprises_it(
    person: Callable[[str], User], mailoutbox: list[Any]
) -> None:
    worker, now = person("worker"), timezone.now()
    left = Delivery.objects.create(
        user=worker, state="preso", claimed_at=now - digests.LOST_AFTER * 2, window_start=now - 3 * WEEK,
        window_end=now - 2 * WEEK,
    )  # fmt: skip
    Delivery.objects.create(user=worker, state="inviato", window_start=now - 3 * WEEK, window_end=now - WEEK)
    digests.send_due(now)
    assert state(left) == "fallito"
    assert f"<digest-{left.pk}@testserver>" not in {mail.message()["Message-ID"] for mail in mailoutbox}


def test_without_a_mail_server_it_waits_and_leaves_when_the_server_is_back(
    person: Callable[[str], User], mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("SP-RETE", "Faggio di rete")
    delivery = due(person("worker"))

    class Closed:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            pass

        def open(self) -> None:
            raise ConnectionRefusedError("nessuno risponde")

    with monkeypatch.context() as patch:
        patch.setattr(emails, "get_connection", Closed)
        with pytest.raises(emails.NoServer):
            digests.send(delivery)
        assert digests.send_due() == 0
    assert state(delivery) == "dovuto"
    assert "nessuno risponde" in delivery.problem
    assert digests.send(delivery)
    assert (state(delivery), delivery.problem, len(mailoutbox)) == ("inviato", "", 1)


def test_a_mail_that_was_refused_is_not_tried_again_for_ever(
    person: Callable[[str], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("SP-RETE", "Faggio di rete")
    delivery = due(person("worker"))

    def refused(*args: Any) -> Any:
        raise SMTPRecipientsRefused({"elena": (550, b"casella piena")})

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", refused)
        assert not digests.send(delivery)
    assert state(delivery) == "fallito"
    assert "casella piena" in delivery.problem
    assert not digests.send(delivery)


def test_whoever_stopped_it_or_left_meanwhile_gets_none(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    publish("SP-RETE", "Faggio di rete")
    stopped, left = person("worker"), person("newcomer")
    rows = [due(stopped), due(left)]
    prefer(stopped, "mai")
    User.objects.filter(pk=left.pk).update(valid_until=timezone.now())
    assert [digests.send(row) for row in rows] == [False, False]
    assert mailoutbox == []
    assert digests.send(due(person("coordinator")))


# --- Through a real mail server --------------------------------------------------------------------------


class Sink:
    """A mail server that keeps what it gets, slowly enough for two senders to meet."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        time.sleep(0.03)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def test_a_mail_server_receives_text_and_html_that_any_program_reads(
    person: Callable[[str], User], sink: tuple[Sink, int], settings: Any
) -> None:
    handler, port = sink
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    publish("SP-RETE", "Età & <b>«libertà»</b>", note="Perché l’età conta: 1 < 2 & così via.")
    worker = person("worker")
    assert digests.send(due(worker))
    ((recipients, mail),) = handler.mails
    assert recipients == [worker.email]
    assert mail["From"] == "Raccordo <raccordo@raccordo.example>"
    assert mail["To"] == worker.email
    assert re.fullmatch(r"Raccordo: .*\d+ novità", mail["Subject"].strip())
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not mail.defects and not any(part.defects for part in mail.iter_parts())
    text, html = (mail.get_body(preferencelist=(kind,)).get_content() for kind in ("plain", "html"))
    assert "Età & <b>«libertà»</b>" in text and "l’età conta: 1 < 2 & così via." in text
    assert "Età &amp; &lt;b&gt;«libertà»&lt;/b&gt;" in html and "<b>«" not in html
    assert "<style" not in html and 'style="' in html and "<img" not in html


# A network of ten, of whom one has asked for no digest, with a page published while the last window was open.
NETWORK = """
import django
django.setup()
from django.utils import timezone
from datetime import timedelta
from portal import network
from portal.notices import digests
from portal.spaces import opening, roles
from portal.models import Activity, DigestPreference, User
from portal.models.append_only import as_maintenance
from portal.models.pages import TextPage

network.set_up("Prova")
long_ago = timezone.now() - timedelta(days=90)
for number in range(10):
    person = User.objects.create(email=f"persona.{number}@raccordo.example", date_joined=long_ago)
DigestPreference.objects.create(user=person, frequency="mai")
space = opening.open_space("PROVA", "Prova", slug="prova", by=None, visibility="pubblico")
for number in range(9):
    person = User.objects.get(email=f"persona.{number}@raccordo.example")
    roles.give_role(space, person, 1, by=None)
page = space.root_page.add_child(instance=TextPage(title="Betulla", change_note="Nuova.", live=False))
page.save_revision().publish()
at = digests.window_end(DigestPreference(), timezone.now()) - timedelta(hours=1)
with as_maintenance("another moment"):
    Activity._base_manager.filter(page=page.pk).update(at=at)
"""


def test_two_processes_that_send_at_the_same_time_write_once_to_each(
    sink: tuple[Sink, int], prepared_in: Path, tmp_path: Path
) -> None:
    handler, port = sink
    env = {**environment(prepared_in, tmp_path, "raccordo_digests", queue=14), "EMAIL_URL": f"smtp://127.0.0.1:{port}"}

    subprocess.run([sys.executable, "-c", NETWORK], cwd=ROOT, env=env, check=True, timeout=300)
    command = [sys.executable, "manage.py", "send_digests"]
    both = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=90)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    sent = sum(int(re.search(r"Digest inviati: (\d+)", words).group(1)) for words in said)
    recipients = [each for recipients, _mail in handler.mails for each in recipients]
    assert sorted(recipients) == [f"persona.{number}@raccordo.example" for number in range(9)]
    assert sent == len(recipients)
    assert all("Betulla" in mail.get_body(preferencelist=("plain",)).get_content() for _to, mail in handler.mails)


# --- The words -------------------------------------------------------------------------------------------


def digest_of(todos: list[feed.Todo], news: int) -> Digest:
    now = timezone.now()
    return Digest(todos, [feed.Change(each, f"N{each}", "/", "", now, "") for each in range(news)], [], now, now)


def todo(days: int | None) -> feed.Todo:
    day = None if days is None else timezone.localdate() + timedelta(days=days)
    return feed.Todo("Fare", "/p/R-01/", "Completa", "deciso insieme", day)


def test_the_subject_says_the_most_urgent_thing_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *args: at(2026, 3, 18).date())
    subjects = {
        digest_of([todo(-3), todo(2)], 3).headline: "1 cosa in ritardo, 1 cosa da fare, 3 novità",
        digest_of([todo(-3), todo(-2)], 0).headline: "2 cose in ritardo",
        digest_of([todo(2)], 1).headline: "1 cosa da fare entro venerdì 20 marzo, 1 novità",
        digest_of([todo(2), todo(None)], 0).headline: "2 cose da fare, la prima entro venerdì 20 marzo",
        digest_of([todo(30)], 2).headline: "1 cosa da fare, 2 novità",
        digest_of([], 2).headline: "2 novità",
    }
    assert list(subjects) == list(subjects.values())


def test_the_mail_begins_with_the_count_and_ends_with_how_to_change_it(person: Callable[[str], User]) -> None:
    worker = person("worker")
    prefer(worker, "settimana", weekday=2, hour=17)
    publish("SP-RETE", "Faggio di rete", note="Cresce in fretta.")
    digest = digests.preview(worker)
    mail = emails.digest_mail(worker, digest, digests.stop_url(worker))
    first, *_rest = mail.body.splitlines()
    assert first == f"{digest.summary}." and digest.summary.endswith("novità")
    assert f"Buongiorno {worker.first_name}" in mail.body
    parts = re.findall(r"^(DA FARE|CAMBIATO PER TE|PER CONOSCENZA)$", mail.body, re.MULTILINE)
    assert parts == [part for part in ("DA FARE", "CAMBIATO PER TE", "PER CONOSCENZA") if part in parts]
    assert "Faggio di rete\nCresce in fretta. Perché leggi «Rete dei servizi sociali»." in mail.body
    for words in (mail.body, str(mail.alternatives[0][0])):
        assert "Ricevi questo riepilogo ogni mercoledì alle 17" in words
        assert "http://testserver/profilo/digest/" in words
        assert digests.stop_url(worker) in words
        assert "Chiara Bonacchi, 0573 000 140" in words


def test_of_very_many_news_the_mail_tells_the_newest_and_where_the_others_are(
    person: Callable[[str], User], as_: Callable[[str], Client]
) -> None:
    worker, space = person("worker"), Space.objects.get(code="SP-RETE")
    titles = [f"Faggio numero {number}" for number in range(digests.MOST_TOLD + 1)]
    for number, page in enumerate(network.pages_below(space.root_page, TextPage, titles, change_note="-")):
        at = timezone.now() - timedelta(minutes=number)
        space.activities.create(verb="pubblicato", page_id=page.pk, note="Nuova.", at=at)
    digest = digests.preview(worker)
    assert digest.more == len(digest.changes) - digests.MOST_TOLD > 0
    mail = emails.digest_mail(worker, digest, digests.stop_url(worker))
    shown = as_("worker").get("/profilo/digest/").content.decode()
    for words in (mail.body, str(mail.alternatives[0][0]), shown):
        assert "Faggio numero 0" in words and f"Faggio numero {digests.MOST_TOLD}" not in words
        assert f"Altre {digest.more} novità si leggono nel portale" in words and "/novita/" in words
    one = replace(digest, changes=digest.changes[: digests.MOST_TOLD + 1])
    assert "Un’altra novità si legge nel portale" in emails.digest_mail(worker, one, "-").body
    few = replace(digest, changes=digest.changes[: digests.MOST_TOLD])
    assert "nel portale: " not in emails.digest_mail(worker, few, "-").body


def test_every_link_leads_to_the_site_by_its_whole_address(person: Callable[[str], User]) -> None:
    worker = person("worker")
    mail = emails.digest_mail(worker, digests.preview(worker), digests.stop_url(worker))
    links = re.findall(r'href="([^"]*)"', str(mail.alternatives[0][0]))
    assert len(links) > 3
    assert [link for link in links if not link.startswith("http://testserver/")] == []
    for link in links:
        assert unescape(link) in mail.body


def test_a_preview_shows_the_mail_and_sends_nothing(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    worker = person("worker")
    publish("SP-RETE", "Faggio di rete")
    out = StringIO()
    call_command("send_digests", preview=worker.email.upper(), stdout=out)
    assert re.search(r"Oggetto: Raccordo: .*\d+ novità", out.getvalue())
    assert "Faggio di rete" in out.getvalue()
    assert (mailoutbox, worker.deliveries.count()) == ([], 0)
    empty = StringIO()
    call_command("send_digests", preview=newcomer().email, stdout=empty)
    assert "Niente da dire" in empty.getvalue()
    with pytest.raises(CommandError):
        call_command("send_digests", preview="nessuno@raccordo.example")


# --- One click stops it ----------------------------------------------------------------------------------


def test_one_click_stops_it_without_a_session(person: Callable[[str], User], mailoutbox: list[Any]) -> None:
    """RFC 8058: the mail program posts to the address of the header, without cookies and without a visit."""
    worker = person("worker")
    publish("SP-RETE", "Faggio di rete")
    digests.send(due(worker))
    headers = mailoutbox[-1].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<http://testserver(/[^>]+)>", headers["List-Unsubscribe"]).group(1)
    client = Client(enforce_csrf_checks=True)
    assert client.get(address).status_code == 200
    assert digests.preference(worker).frequency == "settimana"  # scanners visit every link: a visit stops nothing
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert digests.preference(worker).frequency == "mai"
    assert digests.preference(person("newcomer")).frequency == "settimana"
    assert digests.schedule_due(timezone.now() + WEEK)
    assert worker.deliveries.filter(state="dovuto").count() == 0


def test_a_forged_stop_address_stops_nobody(person: Callable[[str], User], as_: Callable[[str], Client]) -> None:
    worker = person("worker")
    good = digests.stop_url(worker).removeprefix("http://testserver/digest/stop/").rstrip("/")
    number, rest = good.split(":", 1)
    another = signing.dumps(person("director").pk, salt=digests.STOP_SALT).split(":", 1)[0]
    forged = [good + "x", f"{another}:{rest}", signing.dumps(worker.pk), str(worker.pk), "x"]
    for token in forged:
        assert Client(enforce_csrf_checks=True).post(f"/digest/stop/{token}/").status_code == 404
        assert as_("coordinator").get(f"/digest/stop/{token}/").status_code == 404
    assert not DigestPreference.objects.filter(frequency="mai").exists()
    assert Client(enforce_csrf_checks=True).post(f"/digest/stop/{good}/").status_code == 200


# --- Cost ------------------------------------------------------------------------------------------------


def queries_of(name: str, person: Callable[[str], User]) -> int:
    user = person(name)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        emails.digest_mail(user, digests.build(user, timezone.now() - WEEK, timezone.now()), "http://testserver/")
    return len(captured)


def test_its_cost_does_not_grow_with_spaces_pages_and_people(person: Callable[[str], User]) -> None:
    coordinator = person("coordinator")
    page = publish("SP-RETE", "La prima")
    page.get_workflow().start(page, person("office"))
    queries_of("coordinator", person)  # what is kept in memory afterwards
    before = queries_of("coordinator", person)
    for number in range(4):
        space = opening.open_space(f"SP-N{number}", f"Nuovo {number}", slug=f"nuovo-{number}", by=None)
        roles.give_role(space, coordinator, Role.MANAGER, by=None)
        for each in range(3):
            page = publish(space.code, f"Pagina {each} di {number}")
            page.get_workflow().start(page, person("office"))
            reader = User.objects.create_user(f"{number}-{each}@raccordo.example")
            roles.give_role(space, reader, Role.READER, by=None)
    digest = digests.preview(person("coordinator"))
    assert len([change for change in digest.changes if change.title.startswith("Pagina")]) == 12
    assert len([todo for todo in digest.todos if todo.title.startswith("Pagina")]) == 12
    assert queries_of("coordinator", person) == before
    assert before < 40


def _ready(count: int, more: Callable[[int, User], None] = lambda number, user: None) -> list[Delivery]:
    people = network.people(count, space=Space.objects.get(code="SP-RETE"))
    for number, user in enumerate(people):
        more(number, user)
    return [due(user) for user in people]


def _with_a_life_of_their_own(number: int, user: User) -> None:
    """Duties, one's own and of somebody who is away, a page opened to one alone, a choice, a service to answer for."""
    space = Space.objects.get(code="SP-RETE")
    page = publish("SP-MINORI", f"Aperta a {user.email}")
    assign_perm("wagtailcore.view_page", user, Page.objects.get(pk=page.pk))
    other = User.objects.exclude(pk=user.pk).filter(email__startswith="persona").order_by("pk").first()
    today = timezone.localdate()
    duty = obligations.Duty("Fare", "Completa", "deciso", "/x/", due=today, page=space.root_page_id, needs="view")
    obligations.ask([user], f"prova:{number}", duty)
    if other is not None:
        Absence.objects.create(person=user, substitute=other, since=today, until=today, given_by=other)
    prefer(user, "settimana", hour=6 + number % 12)


def _asked(some: list[Delivery], mailoutbox: list[Any]) -> dict[str, list[str]]:
    """What is asked of the database as these leave, by what was asked for."""
    before = len(mailoutbox)
    with CaptureQueriesContext(connection) as captured, closing(emails.Post()) as post:
        assert list(digests._send_some(some, post)) == [True] * len(some)
    assert len(mailoutbox) - before == len(some)
    found: dict[str, list[str]] = {"read": [], "written": []}
    for query in captured:
        found["read" if query["sql"].startswith("SELECT") else "written"].append(query["sql"])
    return found


@pytest.mark.parametrize("more", [lambda number, user: None, _with_a_life_of_their_own], ids=["plain", "lively"])
def test_forty_people_are_asked_for_with_as_many_questions_as_ten(
    more: Callable[[int, User], None], mailoutbox: list[Any]
) -> None:
    """Beyond the two changes of each one's own row: taken, then sent."""
    publish("SP-RETE", "Faggio di rete")
    _asked(_ready(2), mailoutbox)  # what is kept in memory afterwards
    few = _asked(_ready(10, more), mailoutbox)
    many = _asked(_ready(40, more), mailoutbox)
    assert (len(few["written"]), len(many["written"])) == (20, 80)
    assert len(many["read"]) == len(few["read"]) <= 30, "\n".join(each[:90] for each in many["read"])


def test_a_round_of_more_than_a_batch_asks_by_batches_and_reaches_everybody(
    mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "BATCH", 4)
    publish("SP-RETE", "Faggio di rete")
    people = [row.user.email for row in _ready(11)]
    built: list[int] = []
    build_each = digests.build_each
    monkeypatch.setattr(digests, "build_each", lambda windows: built.append(len(windows)) or build_each(windows))
    digests.send_due(timezone.now())
    assert sorted(mail.to[0] for mail in mailoutbox if mail.to[0] in people) == sorted(people)
    assert max(built) == 4 and sum(built) >= 11


def test_what_many_are_told_together_is_what_each_is_told_alone(person: Callable[[str], User]) -> None:
    """Of every account of the demo: duties, news and appointments, as the home page asks for them."""
    _ready(4, _with_a_life_of_their_own)
    first = publish("SP-PUBBLICO", "Betulla")
    publish("SP-MINORI", "Quercia")
    first.change_note = "Cambia l’orario."
    first.save_revision().publish()
    now = timezone.now()
    feed.see_news(person("office"), now - timedelta(hours=2))
    Activity.objects.create(verb="per-lo-spazio", page_id=first.pk, space=access.space_of(first), note="Dentro.",
                            note_is_inside=True, by=person("worker"))  # fmt: skip
    end = timezone.now()
    windows = [feed.Window(user, end - timedelta(days=30), end) for user in User.objects.order_by("pk")]
    together = digests.build_each(windows)
    for window, digest in zip(windows, together, strict=True):
        user = User.objects.get(pk=window.user.pk)
        assert digest.changes == feed.news(user, window.start, window.end), user
        assert digest.todos == feed.todos(user), user
        assert digest.agenda == [each for each in feed.agenda(user) if not each.is_todo], user
        assert digest.contact == access.somebody_to_ask(user), user
    assert len({tuple(change.title for change in digest.changes) for digest in together}) > 5
    assert len({tuple(todo.key for todo in digest.todos) for digest in together}) > 5
    assert any(digest.agenda for digest in together)


def test_a_role_taken_while_the_mails_of_a_batch_leave_slowly_counts_for_those_that_wait(
    person: Callable[[str], User], mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = publish("SP-MINORI", "Quercia segreta")
    publish("SP-RETE", "Faggio di tutti")
    slow, waits = due(person("worker"), until=timedelta(minutes=2)), due(person("worker_minors"))
    send, clock = EmailMultiAlternatives.send, [0.0]

    def slowly(mail: EmailMultiAlternatives) -> Any:
        if mail.to == [slow.user.email]:
            clock[0] += digests.FRESH + 1
            _loses_the_role(page, waits.user)
        return send(mail)

    monkeypatch.setattr(digests.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(EmailMultiAlternatives, "send", slowly)
    monkeypatch.setattr(digests, "schedule_due", lambda now: 0)
    assert digests.send_due() == 2
    (mail,) = [mail for mail in mailoutbox if mail.to == [waits.user.email]]
    assert "Faggio di tutti" in text_of(mail) and "Quercia" not in text_of(mail)


def test_a_death_amid_a_batch_leaves_the_others_due_and_mails_nobody_twice(
    mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("SP-RETE", "Faggio di rete")
    rows, send = _ready(5), EmailMultiAlternatives.send

    def dies(mail: EmailMultiAlternatives) -> Any:
        if mail.to == [rows[2].user.email]:
            raise KeyboardInterrupt
        return send(mail)

    monkeypatch.setattr(digests, "schedule_due", lambda now: 0)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EmailMultiAlternatives, "send", dies)
        digests.send_due()
    assert [state(row) for row in rows] == ["inviato", "inviato", "preso", "dovuto", "dovuto"]
    assert digests.send_due() == 2
    assert digests.send_due(timezone.now() + digests.LOST_AFTER * 2) == 1
    assert [mail.to for mail in mailoutbox] == [[rows[number].user.email] for number in (0, 1, 3, 4, 2)]


class Curt(Sink):
    """A mail server that ends each connection after two mails."""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        session.taken = getattr(session, "taken", 0) + 1
        if session.taken > 2:
            server.transport.close()
            return "421 Troppi messaggi"
        envelope.mail_from = address
        return "250 OK"


def test_a_server_that_ends_the_connection_between_two_mails_gets_the_next_one_on_a_new_one(settings: Any) -> None:
    handler = Curt()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    publish("SP-RETE", "Faggio di rete")
    rows = _ready(5)
    try:
        with closing(emails.Post()) as post:
            assert list(digests._send_some(rows, post)) == [True] * 5
    finally:
        controller.stop()
    assert [to for to, _mail in handler.mails] == [[row.user.email] for row in rows]


def test_windows_of_forty_people_are_written_with_as_many_questions_as_of_ten() -> None:
    def asked(count: int) -> int:
        people = network.people(count, space=Space.objects.get(code="SP-RETE"))
        User.objects.filter(pk__in=[user.pk for user in people]).update(date_joined=at(2026, 1, 1))
        with CaptureQueriesContext(connection) as captured:
            assert digests.schedule_due(timezone.now()) >= count
        return len(captured)

    digests.schedule_due(timezone.now())
    assert asked(10) == asked(40)


# --- The other mails -------------------------------------------------------------------------------------


def test_whoever_may_approve_is_told_and_nobody_else(
    person: Callable[[str], User], mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    office = person("office")
    root = Space.objects.get(code="SP-RETE").root_page
    page = root.add_child(instance=TextPage(title="Da leggere & approvare", change_note="Nuova.", live=False))
    page.save_revision(user=office)
    page.get_workflow().start(page, office)
    job = jobs.Job.objects.get(
        key__startswith="approval-mail:", state="attesa", args=[page.current_workflow_task_state.pk]
    )
    jobs.run(job.pk)
    told = {mail.to[0] for mail in mailoutbox}
    assert {person("coordinator").email, person("director").email} <= told
    assert not told & {office.email, person("worker").email, person("partner").email}
    mail = mailoutbox[0]
    assert "Da leggere & approvare" in mail.subject and "Franca Giuntoli chiede" in mail.body
    assert f"http://testserver/approvazioni/{page.current_workflow_task_state.pk}/" in mail.body
    assert "Da leggere &amp; approvare" in str(mail.alternatives[0][0])


def test_the_first_of_a_month_is_written_in_mails_as_on_the_pages(person: Callable[[str], User]) -> None:
    todo = feed.Todo("Manda i dati", "/x/", "Apri", "azione", due=date(2027, 3, 1))
    digest = Digest([todo], [], [], start=timezone.now(), end=timezone.now())
    mail = emails.digest_mail(person("worker"), digest, "http://testserver/stop/")
    texts = [str(mail.body), *(str(content) for content, _kind in mail.alternatives)]
    assert ["lunedì 1° marzo" in text for text in texts] == [True, True]


def test_one_person_whose_digest_cannot_be_made_takes_it_from_nobody_else(
    person: Any, mailoutbox: list[Any], monkeypatch: Any
) -> None:
    first, second = person("worker"), person("coordinator")

    def broken(people: list[User], start: date, end: date) -> dict[int, list[feed.Appointment]]:
        return {
            user.pk: [feed.Appointment("x", start, "x", "/")] if user != first else {}["missing"] for user in people
        }

    publish("SP-RETE", "Per tutti", ago=timedelta(hours=1))
    spoilt, whole = due(first), due(second)
    monkeypatch.setattr(feed.sources, "agenda", [broken])
    assert digests.send_due(timezone.now()) >= 1
    assert (state(spoilt), state(whole)) == ("fallito", "inviato")
    assert second.email in {to for mail in mailoutbox for to in mail.to}
    assert first.email not in {to for mail in mailoutbox for to in mail.to}
