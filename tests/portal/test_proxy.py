"""In production, behind a proxy: the real server, asked as a proxy asks it, and as somebody who goes round it."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.installation import environment
from tests.portal.test_settings import OWN_KEY, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
HOST = "portale.rete.example"
LIMIT = 120
MAKE = f"""
import django
django.setup()
from portal import network
from portal.models import User
network.set_up("Rete di prova")
User.objects.create_superuser("prima@rete.example", "{PASSWORD}")
"""


class Served:
    """`manage.py serve` of a production installation."""

    def __init__(self, prepared_in: Path, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        own = {
            "BEHIND_PROXY": "1", "SECRET_KEY": OWN_KEY, "ALLOWED_HOSTS": HOST, "BASE_URL": f"https://{HOST}",
            "DEMO": "0",
        }  # fmt: skip
        self.env = environment(prepared_in, data, "raccordo_proxy", queue=14) | own
        self.log = (data / "log").open("w+")
        for command in (
            ["manage.py", "collectstatic", "--noinput", "-v0"],
            ["-c", MAKE],
        ):
            assert self._python(*command).wait() == 0, command
        self.process = self._python("manage.py", "serve", f"--port={self.port}")

    def _python(self, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, {"Host": HOST, **named})
            response = connection.getresponse()
            return response, response.read().decode(errors="replace")
        finally:
            connection.close()

    def through_proxy(self, method: str, path: str, body: str = "", visitor: str = "192.0.2.10", **headers: str):
        return self.ask(method, path, body, X_Forwarded_Proto="https", X_Forwarded_For=visitor, **headers)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/")[0].status < 500
        except (OSError, HTTPException):
            return False

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(LIMIT)
        self.log.close()


@pytest.fixture(scope="module")
def served(prepared_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(prepared_in, tmp_path_factory.mktemp("proxy"))
    end = time.monotonic() + LIMIT
    while not made.answers() and time.monotonic() < end:
        time.sleep(0.2)
    assert made.answers(), (made.log.seek(0), made.log.read())[1]
    yield made
    made.end()


def enter(served: Served, email: str, password: str, visitor: str) -> HTTPResponse:
    form, page = served.through_proxy("GET", "/accesso/login/", visitor=visitor)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    cookie = form.getheader("Set-Cookie") or ""
    assert token and "Secure" in cookie
    fields = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
    return served.through_proxy(
        "POST", "/accesso/login/", urlencode(fields), visitor,
        Content_Type="application/x-www-form-urlencoded", Cookie=cookie.split(";")[0], Referer=f"https://{HOST}/",
    )[0]  # fmt: skip


def test_what_comes_by_https_through_the_proxy_is_answered(served: Served) -> None:
    home, page = served.through_proxy("GET", "/")
    assert home.status == 200 and "Raccordo" in page
    assert home.getheader("Strict-Transport-Security")
    assert served.through_proxy("GET", "/accesso/login/")[0].status == 200
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets and {served.through_proxy("GET", sheet)[0].status for sheet in sheets} == {200}


def test_what_comes_without_https_is_sent_there_once(served: Served) -> None:
    answer, _page = served.ask("GET", "/accesso/login/", X_Forwarded_Proto="http", X_Forwarded_For="192.0.2.10")
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/accesso/login/")


def test_people_enter_through_the_proxy_and_wrong_passwords_from_one_place_count_there_alone(served: Served) -> None:
    wrong = [enter(served, "prima@rete.example", "sbagliata", "198.51.100.7").status for _ in range(8)]
    assert set(wrong) == {200}
    # Whoever writes a header of their own is still counted where the proxy saw them.
    assert enter(served, "prima@rete.example", PASSWORD, "192.0.2.99, 198.51.100.7").status == 200
    assert enter(served, "prima@rete.example", PASSWORD, "192.0.2.10").status == 302


def test_the_open_browsers_of_thirty_colleagues_keep_nobody_out(served: Served) -> None:
    """A browser keeps up to six connections open, which ask for nothing while the page is read."""
    with ExitStack() as open_browsers:
        for _ in range(30 * 6):
            open_browsers.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        started = time.monotonic()
        assert served.through_proxy("GET", "/accesso/login/")[0].status == 200
        assert time.monotonic() - started < 10
