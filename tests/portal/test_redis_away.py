"""Redis that is away or hangs takes neither reading nor writing away: what it would do is done when it is back."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from redis.exceptions import ConnectionError as RedisAway

from portal import settings as own
from portal.accounts.counters import CountersInRedis, RedisOrHere
from portal.background import jobs, launcher
from portal.models import Job, ProblemReport
from portal.models.jobs import JobState, Lane
from portal.upkeep import doctor
from tests.running import wait_for

pytestmark = pytest.mark.django_db
NOBODY = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _a_first_time() -> Iterator[None]:
    RedisOrHere.away_until = 0.0
    yield
    RedisOrHere.away_until = 0.0
    RedisOrHere.here.clear()


@pytest.fixture(params=["away", "hangs"])
def redis(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where nobody listens, or where somebody takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield NOBODY if request.param == "away" else f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


def counted_in(settings: Any, url: str) -> None:
    settings.CACHES = {"default": {"BACKEND": "portal.accounts.counters.CountersInRedis", "LOCATION": url}}


def test_without_it_people_read_search_and_enter_and_guessing_stays_slow(
    redis: str, as_: Any, person: Any, index: Any, settings: Any
) -> None:
    counted_in(settings, redis)
    settings.ACCOUNT_RATE_LIMITS = own.ACCOUNT_RATE_LIMITS
    client, stranger = as_("worker"), as_("anonymous")
    began = time.monotonic()
    for path in ("/", "/p/PR-02/", "/cerca/?q=assistenza", "/admin/"):
        assert client.get(path).status_code == 200, path
    assert stranger.get("/cerca/?q=assistenza").status_code == 200
    assert time.monotonic() - began < 15
    typed = {"login": person("worker").email, "password": "sbagliata-di-certo"}
    answers = [stranger.post("/accesso/login/", typed).content.decode() for _ in range(9)]
    assert "Troppi tentativi" not in answers[0] and "Troppi tentativi" in answers[-1]
    typed |= {"login": person("director").email, "password": own.DEMO_PASSWORD}
    assert as_("anonymous").post("/accesso/login/", typed).status_code == 302


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="it is where the whole proof is run")
def test_once_it_is_back_all_processes_count_together_again(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    counted_in(settings, f"redis://127.0.0.1:{port}/0")
    monkeypatch.setattr(RedisOrHere, "AGAIN", 0.2)
    cache.set("tries", 5)
    assert cache.get("tries") == 5  # of this process alone
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: cache.get("tries") is None, "it is asked again")
        cache.set("tries", 1)
        elsewhere = CountersInRedis(f"redis://127.0.0.1:{port}/0", {})
        assert elsewhere.get("tries") == 1
    finally:
        server.terminate()
        server.wait()


# --- The queue -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [RedisAway("refused"), OperationalError("database is locked")])
def test_what_was_saved_is_answered_as_saved_though_its_work_cannot_be_queued(
    problem: Exception, as_: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """Else whoever was told to try again would do it twice."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise problem

    monkeypatch.setattr(jobs, "async_task", refuse)
    before = set(Job.objects.values_list("pk", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_("worker").post("/segnala/", {"page": "/p/PR-02/", "text": "Manca un numero."})
    assert answer.status_code == 302
    assert ProblemReport.objects.filter(text="Manca un numero.").count() == 1
    (job,) = Job.objects.exclude(pk__in=before)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_what_could_not_be_queued_is_asked_for_again_by_the_workers_when_the_queue_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not by the launcher itself: there may be hundreds, and meanwhile it would watch nobody."""
    OrmQ.objects.all().delete()
    Job.objects.all().delete()
    work = "portal.background.heartbeat.beat"
    left = [Job.objects.create(key=f"rimasto-{n}", function=work, lane=Lane.QUICK) for n in range(30)]
    parent = launcher.Launcher("127.0.0.1", 0, say=print)
    answers = iter([False, None, True, True])
    monkeypatch.setattr(parent, "_send_beats", lambda: next(answers))
    monkeypatch.setattr(launcher, "close_old_connections", lambda: None)  # the test's own would end with its rows
    parent._look_at_queue()
    parent._look_at_queue()
    assert not OrmQ.objects.exists()
    parent._look_at_queue()
    asked = [task.task for task in OrmQ.objects.all()]
    assert [(task["func"], task["args"]) for task in asked] == [(launcher.RECOVER, (lane,)) for lane in Lane.in_use()]
    parent._look_at_queue()
    assert OrmQ.objects.count() == len(asked)
    OrmQ.objects.all().delete()
    for task in asked:
        import_string(task["func"])(*task["args"])
    assert {task.task["args"][0] for task in OrmQ.objects.all()} == {job.pk for job in left}


def test_the_doctor_says_so(redis: str, settings: Any) -> None:
    settings.REDIS_URL = redis
    Job.objects.all().delete(), OrmQ.objects.all().delete()  # what the demonstration left to do, some time ago
    began = time.monotonic()
    (fault,) = doctor.examine({"queue"})
    assert "La coda su Redis non risponde" in fault.what and "REDIS_URL" in fault.remedy and fault.is_grave
    assert time.monotonic() - began < 10


def test_a_queue_that_hangs_is_not_waited_for_for_ever() -> None:
    assert own.patient("redis://x:1/0") == "redis://x:1/0?socket_connect_timeout=2&socket_timeout=5"
    assert own.patient("rediss://x:1/0?ssl_cert_reqs=none").endswith("none&socket_connect_timeout=2&socket_timeout=5")
