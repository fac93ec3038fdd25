"""What the journeys are made of: the site, the mails that left it, and a tab in which one person is at work."""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as mail_policy
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

from tests.installation import DATABASE

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "raccordo-demo"
PEOPLE = {
    "coordinator": "chiara.bonacchi",
    "director": "paolo.vannini",
    "office": "franca.giuntoli",
    "worker": "elena.fedi",
    "health_manager": "andrea.salvestrini",
    "newcomer": "tommaso.lenzi",
    "trainee": "giulia.petrucci",
    "partner": "rosanna.cioni",
    "administrator": "admin",
}
SIZES = {1280: {"width": 1280, "height": 900}, 390: {"width": 390, "height": 844}}


def eventually(ask: Callable[[], Any], within: float, what: str) -> Any:
    """The first true answer; fails after so many seconds."""
    end = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > end:
            pytest.fail(f"dopo {within:.0f} secondi ancora no: {what}")
        time.sleep(0.2)
    return answer


@dataclass
class Mailbox:
    """Every mail that really left, in the order of arrival."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(BytesParser(policy=mail_policy).parsebytes(envelope.content))
        return "250 OK"

    def to(self, person: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == f"{PEOPLE[person]}@raccordo.example"]

    def wait_for(self, person: str, said: str = "", after: int = 0) -> EmailMessage:
        """The first mail to this person, from the given place on, whose subject or text contains the words."""

        def found() -> EmailMessage | None:
            return next(
                (mail for mail in self.to(person)[after:] if said in f"{mail['Subject']}\n{text_of(mail)}"), None
            )

        return eventually(found, 30, f"una mail a {person} che dice «{said}»")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""


@dataclass
class Site:
    """`manage.py serve` on its own data folder."""

    url: str
    data_dir: Path
    env: dict[str, str]

    def manage(self, *words: str) -> str:
        """Run a command on the data of the site; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True,
            timeout=600,  # only ends what hangs: all migrations of a new network take minutes beside other tests
        )  # fmt: skip
        assert done.returncode == 0, f"manage.py {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def wait_for_work(self) -> None:
        """Until nothing that was asked for is left to do."""
        eventually(lambda: self._jobs_left() == 0, 60, "i lavori sono fatti")

    def _jobs_left(self) -> int:
        """Asked of the database itself: a command takes longer to start than the work to be done."""
        with closing(sqlite3.connect(self.data_dir / DATABASE)) as database:
            ((left,),) = database.execute("SELECT count(*) FROM portal_job WHERE state = 'attesa'")
        return int(left)

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/accessibilita/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            return False


@dataclass
class Watch:
    """What a page must never do: complain in the console, miss a file, speak to somebody else."""

    site: Site
    problems: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"errore in pagina: {error.error}"))
        context.on("request", self._on_request)
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refused answer is judged by _on_response: a page that is not there is no fault of the site.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(self.site.url).netloc:
            self.problems.append(f"richiesta a un altro sito: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.problems.append(f"{response.status} {response.url}")


@dataclass
class Window:
    """A tab in which one person is at work."""

    site: Site
    page: Page
    watch: Watch

    def go(self, path: str) -> Response:
        answer = self.page.goto(f"{self.site.url}{path}")
        assert answer is not None
        return answer

    @property
    def text(self) -> str:
        """What the person reads in the body of the page."""
        return self.page.locator("main").inner_text()

    def search(self, words: str) -> None:
        self.page.locator("#q").fill(words)
        self.page.locator("#q").press("Enter")
        self.page.wait_for_url(re.compile(r"/cerca/\?q="))

    def type(self, field: str, words: str) -> None:
        """Key by key, once the field is to be seen: what is not shown yet takes no focus, and its letters are lost."""
        self.page.locator(field).click()
        expect(self.page.locator(field)).to_be_focused()
        self.page.keyboard.type(words)

    def log_in(self, person: str) -> None:
        self.go("/accesso/login/")
        self.page.get_by_label("E-mail").fill(f"{PEOPLE[person]}@raccordo.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.locator("main").get_by_role("button", name="Entra").click()
        self.page.wait_for_url(f"{self.site.url}/")

    def log_out(self) -> None:
        self.go("/accesso/logout/")
        self.page.locator("main").get_by_role("button", name="Esci").click()
        self.page.wait_for_url(f"{self.site.url}/")


def axe(window: Window) -> list[str]:
    """What axe finds: the rule and the nodes."""
    if not window.page.evaluate("'axe' in window"):
        window.page.evaluate(AXE_SCRIPT)
    violations = window.page.evaluate("axe.run({resultTypes: ['violations']}).then((found) => found.violations)")
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in violations for node in each["nodes"]]


def beyond_the_edge(window: Window) -> list[str]:
    """What makes the page scroll sideways."""
    return window.page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        return [...document.querySelectorAll("body *")]
            .filter((node) => node.getBoundingClientRect().right > width + 0.5)
            .map((node) => `fuori dal margine: ${node.tagName}.${node.className} ${node.innerText.slice(0, 60)}`)
            .slice(0, 8);
    }""")
