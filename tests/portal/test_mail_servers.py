"""Mail servers that put off, refuse one, or hang up: nothing is lost, and nobody gets the same mail again and again."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.background import jobs
from portal.models import Delivery, Job, User
from portal.models.digests import DeliveryState
from portal.models.jobs import JobState, Lane
from portal.notices import digests
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db
WORDS = "tests.portal.test_mail_servers.mail_to"
MANY = 12  # times the clock comes by


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    made = MailServer()
    settings.EMAIL_BACKEND = "portal.notices.mail_server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 5
    yield made
    made.close()


def mail_to(address: str) -> None:
    """What a job does: one mail."""
    from portal.notices import emails

    emails.password_changed_mail(User.objects.get(email=address), at=timezone.localtime()).send()


def clock_comes_by(times: int = MANY) -> None:
    """Each time all that waited long enough is tried again."""
    for _ in range(times):
        Job.objects.filter(state=JobState.WAITING).update(touched_at=timezone.now() - timedelta(hours=1))
        for job in Job.objects.filter(state=JobState.WAITING):
            with suppress(OSError):
                jobs.run(job.pk)
        jobs.sweep()


def digests_go_round(times: int = MANY) -> None:
    for _ in range(times):
        digests.send_due()


@pytest.fixture
def due(person: Any) -> list[User]:
    """Three digests with something in them, and no other."""
    Delivery.objects.all().delete()
    people = [person(name) for name in ("worker", "coordinator", "director")]
    digests.schedule_due()
    Delivery.objects.exclude(user__in=people).update(state=DeliveryState.EMPTY)
    end = timezone.now()
    for each in people:
        Delivery.objects.update_or_create(
            user=each, defaults={"window_start": end - timedelta(days=9), "window_end": end, "state": DeliveryState.DUE}
        )
    return people


def test_a_server_that_puts_off_gets_the_mail_of_a_job_and_each_digest_at_its_next_turn(
    server: MailServer, due: list[User]
) -> None:
    server.puts_off = {due[1].email}
    digests_go_round(times=2)
    assert [len(server.taken_by(each.email)) for each in due] == [1, 0, 1]
    assert Delivery.objects.get(user=due[1]).state == DeliveryState.DUE
    server.puts_off = set()
    digests_go_round()
    assert {each.email: len(server.taken_by(each.email)) for each in due} == {each.email: 1 for each in due}
    assert set(Delivery.objects.filter(user__in=due).values_list("state", flat=True)) == {DeliveryState.SENT}
    server.puts_off = {due[0].email}
    Job.objects.all().delete()
    jobs.ask("mail:one", WORDS, due[0].email, lane=Lane.MAIL)
    clock_comes_by()
    assert Job.objects.get().state == JobState.WAITING
    server.puts_off = set()
    clock_comes_by()
    assert len(server.taken_by(due[0].email)) == 2
    assert Job.objects.get().state == JobState.DONE


def test_one_whom_a_server_does_not_know_costs_the_others_nothing(server: MailServer, due: list[User]) -> None:
    server.refuses = {due[1].email}
    digests_go_round()
    assert [len(server.taken_by(each.email)) for each in due] == [1, 0, 1]
    assert server.asked[due[1].email] == 1  # asked once: it will not know them in five minutes
    assert Delivery.objects.get(user=due[1]).state == DeliveryState.FAILED


def test_a_connection_that_is_ended_before_a_mail_costs_none(server: MailServer, due: list[User]) -> None:
    server.closes_before = 2
    digests_go_round()
    assert [len(server.taken_by(each.email)) for each in due] == [1, 1, 1]


def test_who_takes_a_mail_and_hangs_up_without_a_word_gets_it_a_few_times_and_as_the_same_mail(
    server: MailServer, due: list[User]
) -> None:
    """It came every seven minutes for a whole day."""
    server.hangs_up_after = 999
    Job.objects.all().delete()
    jobs.ask("mail:one", WORDS, due[0].email, lane=Lane.MAIL)
    clock_comes_by()
    assert 1 <= len(server.taken_by(due[0].email)) <= jobs.ATTEMPTS
    assert len(set(server.taken_by(due[0].email))) == 1
    assert Job.objects.get().state == JobState.FAILED  # «Stato del portale» says so, with «Riprova»
    server.kept.clear()
    digests_go_round()
    assert all(1 <= len(server.taken_by(each.email)) <= 2 for each in due)
    assert all(len(set(server.taken_by(each.email))) == 1 for each in due)
    assert set(Delivery.objects.filter(user__in=due).values_list("state", flat=True)) == {
        DeliveryState.FAILED
    }  # the next one comprises it


def test_who_hangs_up_once_loses_nothing(server: MailServer, due: list[User]) -> None:
    server.hangs_up_after = 1
    Job.objects.all().delete()
    jobs.ask("mail:one", WORDS, due[0].email, lane=Lane.MAIL)
    clock_comes_by()
    assert Job.objects.get().state == JobState.DONE
    server.hangs_up_after = 1
    server.kept.clear()
    digests_go_round()
    assert set(Delivery.objects.filter(user__in=due).values_list("state", flat=True)) == {DeliveryState.SENT}
    assert sorted(len(server.taken_by(each.email)) for each in due) == [1, 1, 2]
