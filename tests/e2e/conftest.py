"""A real site with its worker on a data folder of its own, a real mail server, a real Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.e2e.desk import ROOT, SIZES, Mailbox, Site, Watch, Window
from tests.installation import installation

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_PATIENCE = 120.0
# Seconds until a page that does not come is called missing: a machine at work may be many times slower than a person's.
PATIENCE = 60.0
# Without its windows Chromium draws the same pages for a quarter of the processor's time.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.e2e)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, or the one that CHROMIUM names; without one, a failure in CI and a loud skip elsewhere."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        words = "PROVE NEL BROWSER NON ESEGUITE: manca Chromium"
        words += " (apt install chromium-headless-shell, oppure CHROMIUM=/percorso)"
        if os.environ.get("CI"):
            pytest.fail(words, pytrace=False)
        sys.stderr.write(f"\n\n*** {words} ***\n\n")
        pytest.skip(words)
    return path


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    found = Mailbox(free_port())
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


@pytest.fixture(scope="session")
def site(chromium: str, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo network, migrated, loaded and served as `make run` does."""
    port, data_dir = free_port(), tmp_path_factory.mktemp("raccordo")
    kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL", "DEBUG"}}
    kept.pop("DJANGO_SETTINGS_MODULE", None)  # pytest-django's own
    url = f"http://127.0.0.1:{port}"
    env = {**kept, "DATA_DIR": str(data_dir), "DEMO": "1", "PORT": str(port), "BASE_URL": url,
           "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}"}  # fmt: skip
    found = Site(url, data_dir, env)
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    shutil.copytree(installation("served", shared), data_dir, dirs_exist_ok=True)
    with (data_dir / "serve.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait_for(found, process)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_for(site: Site, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_PATIENCE
    while not (site.answers() and (site.data_dir / "heartbeat.raccordo").exists()):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail("il sito non è partito:\n" + (site.data_dir / "serve.log").read_text())
        time.sleep(0.5)


# --- The browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def new_context(browser: Browser) -> Callable[..., BrowserContext]:
    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(locale="it-IT", timezone_id="Europe/Rome", **{"viewport": SIZES[1280], **options})
        context.set_default_timeout(PATIENCE * 1000)
        return context

    return make


@pytest.fixture(scope="session")
def session_of(site: Site, new_context: Callable[..., BrowserContext]) -> Callable[[str], Any]:
    """The cookies of a person who has entered, by the real form, once."""
    kept: dict[str, Any] = {}

    def cookies(person: str) -> Any:
        if person not in kept:
            context = new_context()
            Window(site, context.new_page(), Watch(site)).log_in(person)
            kept[person] = context.storage_state()
            context.close()
        return kept[person]

    return cookies


@pytest.fixture
def open_as(
    site: Site, new_context: Callable[..., BrowserContext], session_of: Callable[[str], Any]
) -> Iterator[Callable[..., Window]]:
    """`open_as("worker")` → a Window; at the end none of them may have misbehaved."""
    windows: list[Window] = []

    def enter(person: str, width: int = 1280) -> Window:
        state = {} if person == "anonymous" else {"storage_state": session_of(person)}
        context = new_context(viewport=SIZES[width], **state)
        watch = Watch(site)
        watch.over(context)
        windows.append(Window(site, context.new_page(), watch))
        return windows[-1]

    yield enter
    for window in windows:
        window.page.context.close()
    assert not [problem for window in windows for problem in window.watch.problems]
