"""What a monitor, a log and an administrator learn of the portal's health: each as much as is theirs."""

import json
import logging
import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from portal.background import clock, jobs
from portal.models import Job, User
from portal.models.jobs import JobState, Lane
from portal.notices.emails import KIND
from portal.upkeep import logs, maintenance, notebook
from tests.portal.test_mail import work

pytestmark = pytest.mark.django_db
SEARCHED = "zzparolacercata"


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    Job.objects.all().delete()
    OrmQ.objects.all().delete()


# --- A monitor -------------------------------------------------------------------------------------------


def asked(address: str) -> tuple[int, str]:
    response = Client(raise_request_exception=False).get(address)
    assert "no-store" in response["Cache-Control"] and not response.cookies
    return response.status_code, response.content.decode()


def test_while_all_is_well_a_stranger_reads_ok_and_nothing_else(index: Any) -> None:
    assert asked("/salute/") == (200, "ok\n")
    assert asked("/salute/pronto/") == (200, "ok\n")


def the_queue_stands(settings: Any) -> None:
    job = jobs.ask("prova", "portal.background.clock.settle")
    Job.objects.filter(pk=job.pk).update(asked_at=timezone.now() - timedelta(hours=1))


def the_index_is_gone(settings: Any) -> None:
    shutil.rmtree(settings.SEARCH_INDEX_DIR)


def the_disk_is_gone(settings: Any) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "smontato"


@pytest.mark.parametrize("fault", [the_queue_stands, the_index_is_gone, the_disk_is_gone])
def test_what_is_wrong_is_not_told_to_strangers(fault: Any, index: Any, settings: Any) -> None:
    fault(settings)
    assert asked("/salute/pronto/") == (503, "non ok\n")
    assert asked("/salute/") == (200, "ok\n")


def test_without_a_database_the_site_is_alive_and_not_ready() -> None:
    def down(*args: Any) -> None:
        raise OperationalError("database is locked")

    with connection.execute_wrapper(down):
        assert asked("/salute/") == (200, "ok\n")
        assert asked("/salute/pronto/") == (503, "non ok\n")


def test_a_monitor_that_asks_often_costs_no_query(index: Any, django_assert_num_queries: Any) -> None:
    asked("/salute/pronto/")
    with django_assert_num_queries(0):
        asked("/salute/pronto/")
        asked("/salute/")
    the_queue_stands(None)
    assert asked("/salute/pronto/")[0] == 200
    cache.clear()  # ten seconds later
    assert asked("/salute/pronto/")[0] == 503


# --- The log ---------------------------------------------------------------------------------------------


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(logs.Record().format(record)) for record in caplog.records]


def test_a_request_is_one_record_with_its_number_and_says_nothing_of_the_person_or_the_words(
    as_: Any, index: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client, other = as_("worker"), User.objects.get(email__startswith="davide")
    with caplog.at_level(logging.INFO, logger="portal.requests"):
        found = client.get("/cerca/", {"q": SEARCHED})
        client.get(f"/rubrica/persone/{other.pk}/")
        client.get("/digest/stop/firma-segreta/")
    said = json.dumps(lines(caplog), ensure_ascii=False)
    assert [line["route"] for line in lines(caplog)] == [
        "cerca/", "rubrica/persone/<int:pk>/", "digest/stop/<str:token>/",
    ]  # fmt: skip
    assert {line["status"] for line in lines(caplog)} == {200, 404}
    assert SEARCHED not in said and "elena" not in said.lower() and "firma-segreta" not in said
    assert len(found[logs.HEADER]) == 12


def test_a_fault_stands_in_the_log_under_the_number_of_its_request_without_what_was_asked(
    as_: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logs.Record())
    logging.getLogger().addHandler(handler)
    try:
        client = as_("administrator")
        client.raise_request_exception = False
        response = client.get(reverse("wagtailadmin_error_test"), {"q": SEARCHED, "chi": "anna@rete.example"})
    finally:
        logging.getLogger().removeHandler(handler)
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    faults = [line for line in written if "fault" in line]
    assert response.status_code == 500 and faults
    assert {line["request"] for line in faults} == {response[logs.HEADER]}
    assert SEARCHED not in json.dumps(written) and "anna@" not in json.dumps(written)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("non consegnata a anna.verdi@ente.example: 550", "non consegnata a ‹e-mail›: 550"),
        ("Not Found: /cerca/?q=anna+verdi&tipo=x", "Not Found: /cerca/?…"),
        ("POST /accesso/password/reset/key/3-abc123/", "POST /accesso/password/reset/key/…/"),
        ("Fault: GET /esterni/9aF-b_c/file/3/", "Fault: GET /esterni/…/file/3/"),
        ("Not Found: /invito/9aF-b_c/", "Not Found: /invito/…/"),
        ("DETAIL:  Key (email)=(anna@x.it) already exists.", "DETAIL:  Key (email)=(…) already exists."),
        ("trovato RSSMRA80A01H501U nel testo", "trovato ‹codice fiscale› nel testo"),
        ("è andata bene? sì", "è andata bene? sì"),
    ],
)
def test_what_others_write_into_the_log_is_cleared_of_persons(words: str, kept: str) -> None:
    record = logging.LogRecord("altri", logging.ERROR, "x.py", 1, "%s", (words,), None)
    assert json.loads(logs.Record().format(record))["message"] == kept
    assert logs.Line("{message}", style="{").format(record) == kept


# --- Faults, once each kind ------------------------------------------------------------------------------


def fail(as_: Any, times: int = 1) -> None:
    """A fault of the portal's, met by whoever asks for what must not be told."""
    client = as_("administrator")
    client.raise_request_exception = False
    for _time in range(times):
        client.get(reverse("wagtailadmin_error_test"), {"q": SEARCHED}, headers={"user-agent": "Telefono di Anna"})


def test_of_each_kind_of_fault_administrators_are_told_once_and_of_no_request(
    as_: Any, mailoutbox: list[Any], settings: Any
) -> None:
    fail(as_, times=5)
    for _run in range(3):
        clock.tell_of_faults()
        work()
    (mail,) = mailoutbox
    assert mail.to == ["admin@raccordo.example"] and mail.extra_headers[KIND] == "faults"
    said = f"{mail.subject}\n{mail.body}\n{mail.alternatives}"
    assert "volte" in said and "Exception" in said
    assert SEARCHED not in said and "Anna" not in said and "admin@" not in mail.body

    logging.getLogger("portal.altro").error("Un altro errore di %s", "anna@ente.example")
    clock.tell_of_faults()
    work()
    assert len(mailoutbox) == 2
    assert "Un altro errore di %s" in mailoutbox[1].body and "anna@" not in mailoutbox[1].body

    for kind in notebook.kinds():  # two days later, and again
        kind.told = (timezone.now() - timedelta(days=2)).isoformat()
        notebook.keep(kind)
    clock.tell_of_faults()
    work()
    assert len(mailoutbox) == 3


def test_a_task_that_fails_again_and_again_is_one_kind_whatever_the_queue_calls_it(settings: Any) -> None:
    failed = "Failed 'portal.background.jobs.run' (%s) - %s : Traceback (most recent call last):\n  File … line %d"
    refused = "[Errno 111] Connection refused"
    for line, name in enumerate(("oscar-island-pasta-fourteen", "zebra-oregon-arizona-india", "una-senza-risultato")):
        logging.getLogger("django-q").error(failed % (name, refused, line))
    logging.getLogger("django-q").error(failed % ("sad-fox-lima-two", "no such table", 1))
    found = {kind.what: kind.times for kind in notebook.kinds()}
    job = "Failed 'portal.background.jobs.run'"
    assert found == {f"{job} - {refused}": 3, f"{job} - no such table": 1}


def test_a_flood_of_kinds_is_bounded_on_the_disk_and_in_the_mail(mailoutbox: list[Any], settings: Any) -> None:
    for number in range(300):
        logging.getLogger("portal.altro").error(f"Errore numero {number}")
    assert len(notebook.kinds()) == notebook.MOST
    for _run in range(10):
        clock.tell_of_faults()
        work()
    assert sum(mail.body.count("\n- ") for mail in mailoutbox) == 20
    assert notebook.forget_old() == 0
    for kind in notebook.kinds():
        kind.last = (timezone.now() - timedelta(days=31)).isoformat()
        notebook.keep(kind)
    assert notebook.forget_old() == notebook.MOST and notebook.kinds() == []


def test_a_portal_that_is_busy_or_not_ready_is_no_fault_of_the_programs(settings: Any, index: Any) -> None:
    the_queue_stands(settings)
    assert asked("/salute/pronto/")[0] == 503
    with maintenance.under_way():
        assert Client().get("/").status_code == 503
    assert notebook.kinds() == []


def test_where_nothing_can_be_written_a_fault_is_answered_all_the_same(as_: Any, settings: Any) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "smontato"
    client = as_("administrator")
    client.raise_request_exception = False
    assert client.get(reverse("wagtailadmin_error_test")).status_code == 500


def test_who_is_no_administrator_any_more_is_told_nothing(as_: Any, mailoutbox: list[Any]) -> None:
    fail(as_)
    clock.tell_of_faults()
    User.objects.filter(email="admin@raccordo.example").update(is_active=False)
    work()
    assert mailoutbox == []


# --- The administrator's page ----------------------------------------------------------------------------


def page(as_: Any) -> str:
    return " ".join(as_("administrator").get("/stato/").content.decode().split())


def test_the_page_shows_queue_digests_index_storage_copy_and_version(as_: Any, index: Any, settings: Any) -> None:
    jobs.ask("prova", "portal.background.clock.settle", lane=Lane.FILES)
    shown = page(as_)
    for words in (
        f"Raccordo {settings.VERSION}", "Lettura dei file", "1, il più vecchio dalle", "Testi che aspettano l’indice",
        "Riepiloghi per e-mail", "liberi su", "Ultima copia", "Nell’ultimo mese nessuno",
    ):  # fmt: skip
        assert words in shown


def test_the_page_opens_where_the_disk_is_gone_and_says_so(as_: Any, index: Any, settings: Any) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "smontato"
    shown = page(as_)
    assert "il disco non risponde" in shown and "Non posso scrivere in" in shown


def test_a_failed_job_is_shown_and_tried_again(as_: Any, index: Any) -> None:
    job = Job.objects.create(
        key="read-file:7", function="portal.background.clock.settle", state=JobState.FAILED, attempts=3,
        problem="File illeggibile", lane=Lane.FILES,
    )  # fmt: skip
    assert "File illeggibile" in page(as_)
    client, again = as_("administrator"), f"/stato/lavori/{job.pk}/riprova/"
    assert "di nuovo in coda" in client.post(again, follow=True).content.decode()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lane) == (JobState.WAITING, 0, Lane.FILES)
    assert "non è più tra quelli falliti" in client.post(again, follow=True).content.decode()
    work()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_what_is_wrong_stands_first_with_its_remedy(as_: Any, index: Any) -> None:
    the_queue_stands(None)
    fail(as_)
    shown = page(as_)
    assert "La coda dei lavori è ferma" in shown and "riavvialo" in shown
    assert "Exception" in shown and SEARCHED not in shown
