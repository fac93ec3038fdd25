"""Requests a second through the real server at 8 and 32 clients, beside a bare Wagtail on the same server.

`python -m tests.bench.throughput`: both sites serve from as many processes as there are processors; rounds alternate.
Then the same with a client that sends drop by drop, and one that takes a page as slowly: neither may be in the way.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from tests import installation

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = os.cpu_count() or 1
REQUESTS, ROUNDS, CLIENTS = 160, 3, (8, 32)
STARTS_WITHIN = 90.0
READER, PASSWORD = "elena.fedi@raccordo.example", "raccordo-demo"  # noqa: S105  the demonstration's
PAGES = [
    ("page of a protocol", "/p/PR-01/", "/pr-01/"),
    ("search, ten results", "/cerca/?q=assistenza", "/search/?q=assistenza"),
]


class Site:
    """A site on the portal's own server, asked over the network as a browser asks."""

    def __init__(self, settings: str, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings,
            "DATA_DIR": str(data),
            "DEMO": "1",
            "LOG_LEVEL": "ERROR",
        }
        server = ["-m", "portal.background.web", str(PROCESSES), "127.0.0.1", str(self.port), "--threads=8"]
        server += ["--connection-limit=1000", "--asyncore-use-poll", "--call", "django.core.wsgi:get_wsgi_application"]
        self.process = subprocess.Popen([sys.executable, *server], cwd=ROOT, env=env)
        self.cookie = ""
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            with suppress(OSError, HTTPException):
                if self.get(HTTPConnection("127.0.0.1", self.port, timeout=30), "/")[0] < 500:
                    return
            time.sleep(0.2)
        raise TimeoutError(settings)

    def get(self, line: HTTPConnection, path: str) -> tuple[int, str, str]:
        line.request("GET", path, headers={"Host": f"localhost:{self.port}", "Cookie": self.cookie})
        answer = line.getresponse()
        return answer.status, answer.read().decode(errors="replace"), answer.headers.get("Set-Cookie", "")

    def enter(self) -> None:
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        _status, page, cookie = self.get(line, "/accesso/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        fields = {"login": READER, "password": PASSWORD, "csrfmiddlewaretoken": found[1] if found else ""}
        line.request("POST", "/accesso/login/", urlencode(fields), {
            "Host": f"localhost:{self.port}", "Cookie": cookie.split(";")[0],
            "Content-Type": "application/x-www-form-urlencoded",
        })  # fmt: skip
        answer = line.getresponse()
        answer.read()
        self.cookie = "; ".join(each.split(";")[0] for each in answer.headers.get_all("Set-Cookie", []))

    def rate(self, path: str, clients: int) -> float:
        """Requests a second, each client on a connection of its own."""

        def ask(count: int) -> None:
            line = HTTPConnection("127.0.0.1", self.port, timeout=120)
            for _ in range(count):
                status, page, _cookie = self.get(line, path)
                assert status == 200, (path, status, page[:300])

        with ThreadPoolExecutor(clients) as together:
            began = time.perf_counter()
            for each in [together.submit(ask, REQUESTS // clients) for _ in range(clients)]:
                each.result()
            return REQUESTS // clients * clients / (time.perf_counter() - began)

    @contextmanager
    def slow_ones(self) -> Iterator[None]:
        """Somebody who sends a letter a second, and somebody who takes a page as slowly."""
        over = threading.Event()

        def drop_by_drop() -> None:
            with socket.create_connection(("127.0.0.1", self.port)) as line, suppress(OSError):
                for letter in f"GET / HTTP/1.1\r\nHost: localhost:{self.port}\r\nX-Slow: {'x' * 999}".encode():
                    line.sendall(bytes([letter]))
                    if over.wait(1):
                        return

        def sip() -> None:
            with socket.create_connection(("127.0.0.1", self.port)) as line, suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                line.sendall(
                    f"GET /p/PR-01/ HTTP/1.1\r\nHost: localhost:{self.port}\r\nCookie: {self.cookie}\r\n\r\n".encode()
                )
                while not over.wait(1):
                    line.recv(64)

        slow = [threading.Thread(target=each, daemon=True) for each in (drop_by_drop, sip)]
        for each in slow:
            each.start()
        yield
        over.set()
        for each in slow:
            each.join()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def beside(label: str, portal: Site, bare: Site, ours: str, theirs: str, clients: int) -> None:
    for site, path in ((portal, ours), (bare, theirs)):
        site.rate(path, clients)  # the first one fills the caches of all processes
    rounds = [(portal.rate(ours, clients), bare.rate(theirs, clients)) for _ in range(ROUNDS)]
    with portal.slow_ones():
        disturbed = statistics.median(portal.rate(ours, clients) for _ in range(ROUNDS))
    alone, other = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    print(
        f"{label:<36}{clients:>4}{alone:>10.0f}/s{other:>10.0f}/s{ratio:>8.2f}×{disturbed / alone:>12.2f}×", flush=True
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        installation.copy("served", folder, folder / "portal")
        (folder / "bare").mkdir()
        bare_env = {
            **os.environ,
            "DATA_DIR": str(folder / "bare"),
            "DJANGO_SETTINGS_MODULE": "tests.bench.bare.settings",
        }
        load = "import django; django.setup(); from tests.bench.worker import bare_acts as acts; "
        load += "acts()['migrate'](), acts()['load']()"
        subprocess.run([sys.executable, "-c", load], cwd=ROOT, env=bare_env, check=True)
        portal, bare = Site("portal.settings", folder / "portal"), Site("tests.bench.bare.settings", folder / "bare")
        portal.enter()
        print(f"\n{PROCESSES} processes{'clients':>29}{'Raccordo':>12}{'bare':>12}{'ratio':>9}{'with slow':>13}")
        try:
            for label, ours, theirs in PAGES:
                for clients in CLIENTS:
                    beside(label, portal, bare, ours, theirs, clients)
        finally:
            portal.close()
            bare.close()


if __name__ == "__main__":
    main()
