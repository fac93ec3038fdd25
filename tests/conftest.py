"""The demo network, loaded once, and its cast: the same people in every test."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.template import Template
from django.test import Client
from django.test.client import ClientHandler
from django.test.signals import setting_changed

from tests import elastic, installation

CAST = {
    "coordinator": "chiara.bonacchi",
    "director": "paolo.vannini",
    "office": "franca.giuntoli",
    "worker_minors": "nadia.elamrani",
    "worker_minors_plain": "davide.tesi",
    "worker_mountain": "sara.begliomini",
    "worker": "elena.fedi",
    "newcomer": "tommaso.lenzi",
    "trainee": "giulia.petrucci",
    "hospital_worker": "irene.maestripieri",
    "health_manager": "andrea.salvestrini",
    "partner": "rosanna.cioni",
    "partner_coop": "youssef.haddad",
    "administrator": "admin",
}
# Those that take long, some waiting and some working: begun first, so that at the end no process works alone.
LONG = [
    "test_elastic_node.py", "test_leaks.py", "test_rights_that_end.py",
    "test_launcher.py", "test_doors.py", "test_upgrade.py", "test_backup.py", "test_leaks_files.py",
    "test_proxy.py", "test_obligations.py", "test_races.py", "test_every_screen.py", "test_lanes.py", "test_access.py",
    "test_query_counts.py", "test_many_spaces.py", "test_together.py", "test_migrations.py", "test_web_processes.py",
    "test_every_page.py", "test_writing.py", "test_first_hour.py",
]  # fmt: skip


# What a test may ask that waits until an installation is made.
INSTALLED = {"db", "transactional_db", "prepared_in"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONG)}
    elastic.skip_without_server(items)
    waiting = {item.path for item in items if _waits(item)}

    def turn(item: pytest.Item) -> tuple[int, int]:
        """One file has the demo made; meanwhile the other processes do what needs none."""
        number = place.get(item.path.name, len(LONG))
        return (number, 0) if item.path in waiting else (min(number, 1), 1)

    items.sort(key=turn)


def _waits(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", "e2e"))
    return marked or bool(INSTALLED & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def prepared_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None, prepared_in: Path) -> bool:
    """Every test starts from the demo network, and leaves it as it was (each runs in a transaction)."""
    installation.fill(connection, prepared_in, Path(settings.DATA_DIR))
    return True


@pytest.fixture(scope="session", autouse=True)
def _little_collection() -> None:
    """What a run imports stays to its end: looking through it again and again for garbage is a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _one_server() -> Iterator[None]:
    """Each `Client` is a server that starts, and a test has many: they share its middleware until a setting changes."""
    load, kept = ClientHandler.load_middleware, {}
    loaded = ("_middleware_chain", "_view_middleware", "_template_response_middleware", "_exception_middleware")

    def once(handler: ClientHandler, is_async: bool = False) -> None:
        if not kept:
            load(handler, is_async)
            kept.update({name: getattr(handler, name) for name in loaded})
        handler.__dict__.update(kept)

    def anew(**kwargs: Any) -> None:
        kept.clear()

    setting_changed.connect(anew)
    with pytest.MonkeyPatch.context() as shared:
        shared.setattr(ClientHandler, "load_middleware", once)
        yield
    setting_changed.disconnect(anew)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _plain_templates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's tests copy the context of each template, a fifth of a request's time: only for who looks into it."""
    if not request.node.get_closest_marker("contexts"):
        monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))


@pytest.fixture
def person(db: None) -> Callable[[str], Any]:
    """`person("worker")` → the User of the cast, read anew."""
    from portal.models import User

    return lambda name: User.objects.get(email=f"{CAST.get(name, name)}@raccordo.example")


@pytest.fixture
def as_(person: Callable[[str], Any]) -> Callable[[str], Client]:
    """`as_("worker").get(...)`; "anonymous" for somebody who has not entered."""

    def enter(name: str) -> Client:
        client = Client()
        if name != "anonymous":
            client.force_login(person(name))
        return client

    return enter


class Undone(Exception):
    """Takes back what was made for a module."""


@contextmanager
def for_a_module(blocker: Any) -> Iterator[None]:
    """What a fixture makes in here is there for all the tests of a module, and gone afterwards."""
    with blocker.unblock(), suppress(Undone), transaction.atomic():
        yield
        raise Undone


@pytest.fixture(scope="module")
def small(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A small network, the same for all tests of a module: `person("editor")`, `as_("guest")` are its persons."""
    from tests import network

    with for_a_module(django_db_blocker):
        yield network.small()


@pytest.fixture(scope="session")
def indices() -> Iterator[elastic.Indices]:
    with elastic.indices(elastic.SERVER) as made:
        yield made


@pytest.fixture(scope="session")
def demo_on_a_server(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Any:
    """What a test's index begins with, where SEARCH_URL names a server; else it is a copy of the demo's folder."""
    if not elastic.SERVER:
        return None
    from tests.own_index import OnAServer

    with django_db_blocker.unblock():
        return OnAServer.read(request.getfixturevalue("indices"))


@pytest.fixture
def index(db: None, demo_on_a_server: Any, tmp_path: Path) -> Iterator[Any]:
    """An index for this test alone; `index.refresh()` applies the rows written so far."""
    from search import index as search_index
    from tests import own_index

    class Index:
        @staticmethod
        def refresh() -> None:
            search_index.apply_pending()

    with own_index.of_demo(tmp_path / "index", demo_on_a_server):
        yield Index
