"""Entering: wrong passwords of others shut nobody out, and nothing at the door tells who has an account."""

import errno
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.conf import settings as django_settings
from django.core.cache.backends import filebased
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal import settings as own
from portal import visitors
from portal.accounts import known_devices, password_reset
from portal.accounts.counters import Counters
from portal.background import jobs
from portal.models import Job, User
from tests.portal.test_settings import SOUND, start

pytestmark = [pytest.mark.django_db, pytest.mark.contexts]
LOGIN, RESET = "/accesso/login/", "/accesso/password/reset/"
OFFICE, ELSEWHERE = "192.0.2.10", "198.51.100.7"
RIGHT, WRONG = django_settings.DEMO_PASSWORD, "sbagliata-di-certo"
SAID = "Troppi tentativi"


@pytest.fixture(autouse=True)
def _real_limits(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = own.ACCOUNT_RATE_LIMITS


def enter(email: str, password: str = RIGHT, client: Client | None = None, at: str = OFFICE) -> Any:
    return (client or Client()).post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=at)


def refused(response: Any) -> bool:
    return response.status_code == 200 and SAID in response.content.decode()


# --- Limits ----------------------------------------------------------------------------------------------


def test_wrong_passwords_for_invented_people_shut_nobody_of_the_office_out(person: Any) -> None:
    for number in range(20):
        enter(f"inventata.{number}@raccordo.example", WRONG)
    assert enter(person("worker").email).status_code == 302


def test_wrong_passwords_for_a_person_from_elsewhere_do_not_shut_the_person_out(person: Any) -> None:
    worker = person("worker")
    answers = [enter(worker.email, WRONG, at=ELSEWHERE) for _ in range(8)]
    assert refused(answers[-1]) and not refused(answers[0])
    assert enter(worker.email, at=OFFICE).status_code == 302


def test_a_browser_that_knows_the_person_lets_in_whatever_a_colleague_beside_tries(person: Any) -> None:
    worker, own_browser = person("worker"), Client()
    assert enter(worker.email, client=own_browser).status_code == 302
    own_browser.post("/accesso/logout/")
    for _ in range(30):
        enter(worker.email, WRONG)
    assert refused(enter(worker.email))  # a strange browser at that address waits, for a minute at most
    assert enter(worker.email, client=own_browser).status_code == 302


def test_a_known_browser_is_limited_too_and_known_for_nobody_else(person: Any) -> None:
    worker, browser = person("worker"), Client()
    enter(worker.email, client=browser)
    browser.post("/accesso/logout/")
    assert refused([enter(worker.email, WRONG, client=browser) for _ in range(14)][-1])
    other = person("director").email
    assert refused([enter(other, WRONG, client=browser) for _ in range(8)][-1])


def test_a_forged_cookie_knows_nobody(person: Any) -> None:
    browser = Client()
    browser.cookies[known_devices.COOKIE] = "abc:def"
    assert enter(person("worker").email, client=browser).status_code == 302
    cookie = browser.cookies[known_devices.COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert person("worker").email not in cookie.value and "elena" not in cookie.value


def test_guessing_stays_slow(person: Any) -> None:
    answers = [enter(person("worker").email, WRONG) for _ in range(12)]
    assert [refused(each) for each in answers].count(False) <= 6


def test_who_has_a_whole_network_of_addresses_guesses_no_faster(person: Any) -> None:
    """Of IPv6 every line has 2⁶⁴ addresses, and takes another one for each try."""
    worker = person("worker").email
    answers = [enter(worker, WRONG, at=f"2001:db8:5:6::{number:x}") for number in range(1, 13)]
    assert [refused(each) for each in answers].count(False) <= 6
    assert enter(worker, at="2001:db8:5:7::1").status_code == 302  # who lives next door is another


def test_addresses_of_ipv4_written_as_of_ipv6_are_not_all_one(person: Any) -> None:
    """As nginx writes them where one socket hears both."""
    worker = person("worker").email
    for _ in range(8):
        enter(worker, WRONG, at="::ffff:198.51.100.7")
    assert refused(enter(worker, at="::ffff:198.51.100.7"))
    assert enter(worker, at="::ffff:192.0.2.10").status_code == 302


@pytest.mark.parametrize("address", ["2001:db8:5:6:7::8", "::ffff:192.0.2.10", "192.0.2.10", "fe80::1%eth0", "unix:"])
def test_the_server_counts_as_one_what_the_doors_count_as_one(address: str) -> None:
    assert visitors.line(address) == ratelimit.truncate_ip(visitors.plain(address))


def test_an_address_from_which_hundreds_fail_closes_to_nobody_who_knows_the_password(person: Any) -> None:
    for number in range(70):
        enter(f"inventata.{number}@raccordo.example", WRONG)
    assert enter(person("worker").email).status_code == 302
    assert enter(person("director").email).status_code == 302


def test_at_such_an_address_nobody_guesses_at_one_person_more_than_once_a_minute(person: Any) -> None:
    for number in range(61):
        enter(f"inventata.{number}@raccordo.example", WRONG)
    answers = [enter(person("worker").email, WRONG) for _ in range(5)]
    assert [refused(each) for each in answers] == [False, True, True, True, True]
    assert refused(enter(person("worker").email))  # for a minute; a browser that knows the person does not wait
    assert enter(person("director").email).status_code == 302


def test_a_right_password_is_not_counted_as_a_wrong_one(person: Any) -> None:
    answers = [enter(person("worker").email) for _ in range(20)]
    assert {each.status_code for each in answers} == {302}


def test_a_flood_holds_up_strange_browsers_and_no_known_one(person: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = own.ACCOUNT_RATE_LIMITS | {"login_unknown": "10/m/ip"}
    browser = Client()
    assert enter(person("worker").email, client=browser).status_code == 302
    browser.post("/accesso/logout/")
    for number in range(10):
        enter(f"inventata.{number}@raccordo.example", WRONG)
    assert refused(enter(person("director").email))
    assert enter(person("worker").email, client=browser).status_code == 302
    assert enter(person("director").email, at=ELSEWHERE).status_code == 302


FLOODED = """
import django
django.setup()
from django.core.cache import cache
cache.set("tries", 6, 60)
for number in range(1500):
    cache.set(f"invented-{number}", 1, 60)
print(cache.get("tries"))
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_whoever_invents_many_names_makes_no_count_of_wrong_passwords_be_forgotten(
    processes: str, tmp_path: Path
) -> None:
    """Of one process or of several, who count together: what is full forgets the oldest, and is full late."""
    done = start(tmp_path, "-c", FLOODED, **SOUND, WEB_PROCESSES=processes)
    assert done.stdout.split()[-1:] == ["6"], done.stderr


def test_of_what_several_processes_count_the_oldest_is_forgotten_first(tmp_path: Path) -> None:
    counters = Counters(str(tmp_path), {"OPTIONS": {"MAX_ENTRIES": 12}})
    for number in range(12):
        counters.set(f"key-{number}", number)
        os.utime(counters._key_to_file(f"key-{number}"), (number, number))
    counters.set("key-0", "again")  # its last try is the newest of all
    left = [number for number in range(12) if counters.get(f"key-{number}") is not None]
    assert left == [0, 4, 5, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("problem", [errno.EROFS, errno.ENOSPC])
def test_what_several_processes_count_is_counted_by_each_while_the_disk_takes_nothing(
    problem: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads, searches above all, must not be told that nothing can be written."""
    counters = Counters(str(tmp_path), {})
    counters.here.clear()
    counters.set("kept", 1)
    counters.set("over", 1, 60)
    now = time.time()

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError(problem, "niente da fare")

    with monkeypatch.context() as patch:
        patch.setattr(filebased.tempfile, "mkstemp", refuse)
        patch.setattr(filebased.os, "remove", refuse)
        patch.setattr(filebased.time, "time", lambda: now + 100)  # what is over cannot be taken away
        assert counters.get("over") is None and not counters.has_key("over")
        counters.set("tries", 3)
        assert counters.add("once", 1) and not counters.add("once", 1)
        counters.set("kept", 2)
        assert [counters.get(key) for key in ("tries", "kept")] == [3, 2]
    counters.set("tries", 4)
    assert Counters(str(tmp_path), {}).get("tries") == counters.get("tries") == 4


# --- A new password --------------------------------------------------------------------------------------


def ask(email: str) -> Any:
    return Client().post(RESET, {"email": email})


def work() -> None:
    for job in Job.objects.filter(function="portal.accounts.password_reset.send_password_link", state="attesa"):
        jobs.run(job.pk)


def test_the_link_comes_by_a_job_and_sets_a_new_password(person: Any, mailoutbox: list[Any], settings: Any) -> None:
    settings.BASE_URL = "https://portale.example:8443"
    worker = person("worker")
    assert ask(worker.email).status_code == 302
    assert mailoutbox == []
    work()
    (mail,) = mailoutbox
    assert mail.to == [worker.email]
    (link,) = re.findall(r"https://portale\.example:8443(/\S+)", mail.body)
    client = Client()
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "una-frase-lunga-9", "password2": "una-frase-lunga-9"})
    assert User.objects.get(pk=worker.pk).check_password("una-frase-lunga-9")
    assert "token_fail" in Client().get(link, follow=True).context  # it holds once
    assert Client().get(link, follow=True).context["token_fail"]


def test_no_row_of_the_queue_holds_what_opens_the_account(person: Any, mailoutbox: list[Any]) -> None:
    worker = person("worker")
    ask(worker.email)
    work()
    key = re.findall(r"/key/(\S+)/", mailoutbox[0].body)[0]
    (job,) = Job.objects.filter(function="portal.accounts.password_reset.send_password_link")
    assert job.args == [[worker.pk]]
    assert key not in f"{job.key} {job.args} {job.problem}" and worker.email not in job.key


@pytest.mark.parametrize("ending", ["inactive", "unknown"])
def test_whoever_has_no_account_that_enters_gets_no_mail(ending: str, person: Any, mailoutbox: list[Any]) -> None:
    email = "nessuno@raccordo.example"
    if ending == "inactive":
        User.objects.filter(pk=person("worker").pk).update(is_active=False)
        email = person("worker").email
    assert ask(email).status_code == 302
    work()
    assert mailoutbox == []


def test_a_known_address_is_told_from_an_unknown_one_neither_by_answer_nor_by_work(person: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens

    def measured(email: str) -> tuple[int, str, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            response = ask(email)
        words = [re.sub(r"'[^']*'|\d+", "?", query["sql"]).split(" WHERE")[0][:60] for query in queries]
        return response.status_code, response["Location"], words

    known, unknown = measured(person("worker").email), measured("nessuno@raccordo.example")
    assert known[:2] == unknown[:2] == (302, "/accesso/password/reset/done/")
    assert len(known[2]) - len(unknown[2]) <= 1
    began = time.monotonic()
    ask(person("director").email)
    assert time.monotonic() - began < 5


# --- A second factor -------------------------------------------------------------------------------------


def enrols(client: Client) -> bool:
    response = client.get("/accesso/secondo-fattore/totp/activate/", follow=True)
    return response.status_code == 200 and "form" in response.context and "verificato" not in response.content.decode()


def test_a_reset_asked_by_a_stranger_does_not_close_the_second_factor(
    person: Any, as_: Callable[[str], Client]
) -> None:
    worker = person("worker")
    ask(worker.email)
    password_reset.send_password_link([worker.pk])
    assert EmailAddress.objects.get(user=worker).verified
    client = Client()
    enter(worker.email, client=client)
    assert enrols(client)


def test_a_former_address_enters_no_more(person: Any) -> None:
    worker, former = person("worker"), person("worker").email
    password_reset.send_password_link([worker.pk])  # allauth keeps the address in a row of its own
    worker.email = "elena.nuova@raccordo.example"
    worker.save()
    assert enter(former).status_code == 200
    assert enter(worker.email).status_code == 302
    assert not EmailAddress.objects.filter(email=former).exists()
