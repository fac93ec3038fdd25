"""In production, behind a proxy: the real server, asked as a proxy asks it, and as somebody who goes round it."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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

    def ask(
        self, method: str, path: str, body: str = "", peer: str = "127.0.0.1", **headers: str
    ) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(peer, 0))
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


def test_what_never_changes_under_its_name_is_kept_by_browsers_for_ever(served: Served) -> None:
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', served.through_proxy("GET", "/")[1])
    for sheet in sheets:
        kept = served.through_proxy("GET", sheet)[0].getheader("Cache-Control") or ""
        assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
        assert kept == "max-age=315360000, public, immutable"


def test_what_comes_without_https_is_sent_there_once(served: Served) -> None:
    answer, _page = served.ask("GET", "/accesso/login/", X_Forwarded_Proto="http", X_Forwarded_For="192.0.2.10")
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/accesso/login/")


def test_who_is_no_trusted_proxy_is_not_believed_to_speak_for_one(served: Served) -> None:
    said = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "192.0.2.10"}
    answer, _page = served.ask("GET", "/accesso/login/", peer="127.0.0.2", **said)
    assert answer.status == 301  # as if nothing had been said
    assert served.ask("GET", "/accesso/login/", **said)[0].status == 200


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


# --- The examples of deploy/, before the same server -----------------------------------------------------

DEPLOY = ROOT / "deploy"


def certificate(folder: Path, host: str = HOST) -> tuple[Path, Path]:
    """One that the machine signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1)).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
    )
    pem, private = folder / "fullchain.pem", folder / "privkey.pem"
    pem.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return pem, private


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Front:
    """A real proxy, as the example sets it up, before the server; only ports and certificate are others."""

    def __init__(self, command: list[str], plain: int, tls: int, folder: Path) -> None:
        self.plain, self.tls = plain, tls
        self.log = (folder / "front.log").open("w+")
        own = {"HOME": str(folder), "PATH": ""}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=own)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", tls)).close()
                return
            time.sleep(0.1)
        raise AssertionError((self.log.seek(0), self.log.read())[1])

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        line = socket.create_connection(("127.0.0.1", self.tls), timeout=30)
        return context.wrap_socket(line, server_hostname=HOST)

    def ask(self, request: str, body: bytes = b"") -> str:
        """The answer to a request written by hand; one that is refused is not sent to its end."""
        answer = b""
        with self.connect() as line:
            with suppress(OSError):
                line.sendall(request.encode())
                line.sendall(body)
            with suppress(OSError):
                while piece := line.recv(65536):
                    answer += piece
        return answer.decode(errors="replace")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def nginx(served: Served, folder: Path, otherwise: dict[str, str] | None = None) -> Front:
    """Where the example is to say something otherwise, a visitor comes from where a header says, too."""
    plain, tls = free_port(), free_port()
    pem, key = certificate(folder)
    site = (DEPLOY / "nginx.conf").read_text()
    for said, here in {
        "127.0.0.1:8000": f"127.0.0.1:{served.port}", "listen 80": f"listen 127.0.0.1:{plain}",
        "listen 443": f"listen 127.0.0.1:{tls}", "client_header_timeout 10s": "client_header_timeout 2s",
        "/etc/letsencrypt/live/portale.rete.example/fullchain.pem": str(pem),
        "/etc/letsencrypt/live/portale.rete.example/privkey.pem": str(key),
        # Not every machine on which tests run has IPv6.
        "    listen [::]:80;\n": "", "    listen [::]:443 ssl http2;\n": "", **(otherwise or {}),
    }.items():  # fmt: skip
        assert said in site
        site = site.replace(said, here)
    (folder / "site.conf").write_text(site)
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whence = "set_real_ip_from 127.0.0.1; real_ip_header X-Visitor;" if otherwise else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{ }}\n"
        f"http {{ access_log off; {whence} {places} include {folder}/site.conf; }}"
    )
    command = [shutil.which("nginx") or "", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0 and "warn" not in tested.stderr, tested.stderr
    return Front(command, plain, tls, folder)


@pytest.fixture(scope="module")
def counting(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    if shutil.which("nginx") is None and not os.environ.get("CI"):
        pytest.skip("not installed here; it is where the whole proof is run")
    few = {
        "limit_conn raccordo_connections 200": "limit_conn raccordo_connections 4",
        "rate=30r/s": "rate=1r/m", "burst=200": "burst=6",
    }  # fmt: skip
    made = nginx(served, tmp_path_factory.mktemp("counting"), few)
    yield made
    made.end()


def caddy(served: Served, folder: Path) -> Front:
    plain, tls = free_port(), free_port()
    pem, key = certificate(folder)
    file = (DEPLOY / "Caddyfile").read_text()
    for said, here in {
        "127.0.0.1:8000": f"127.0.0.1:{served.port}", "read_header 10s": "read_header 2s",
        "\tservers {": f"\tadmin off\n\thttp_port {plain}\n\thttps_port {tls}\n\tservers {{",
        f"{HOST} {{": f"{HOST} {{\n\ttls {pem} {key}",
    }.items():  # fmt: skip
        assert said in file
        file = file.replace(said, here)
    (folder / "Caddyfile").write_text(file)
    options = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    program = shutil.which("caddy") or ""
    tested = subprocess.run(
        [program, "validate", *options], capture_output=True, text=True, check=False, env={"HOME": str(folder)}
    )
    assert tested.returncode == 0, tested.stderr
    return Front([program, "run", *options], plain, tls, folder)


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    if shutil.which(request.param.__name__) is None and not os.environ.get("CI"):
        pytest.skip("not installed here; it is where the whole proof is run")
    made = request.param(served, tmp_path_factory.mktemp(request.param.__name__))
    yield made
    made.end()


LAST = "Connection: close\r\n"


def test_through_the_example_a_page_comes_by_https_and_from_http_one_is_sent_there_once(front: Front) -> None:
    answer = front.ask(f"GET /accesso/login/ HTTP/1.1\r\nHost: {HOST}\r\n{LAST}\r\n")
    assert answer.startswith("HTTP/1.1 200") and "Strict-Transport-Security" in answer.title()
    assert "__Host-csrftoken" in answer
    line = HTTPConnection("127.0.0.1", front.plain, timeout=30)
    line.request("GET", "/accesso/login/", headers={"Host": HOST})
    sent = line.getresponse()
    line.close()
    assert sent.status in {301, 308}
    assert re.fullmatch(rf"https://{HOST}(:\d+)?/accesso/login/", sent.getheader("Location") or "")


def test_the_example_refuses_a_body_and_headers_without_measure_before_the_portal_reads_them(front: Front) -> None:
    size = 61_000_000
    huge = f"POST /segnala/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n{LAST}\r\n"
    assert front.ask(huge, b"a" * size).startswith("HTTP/1.1 413")
    long = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Lungo: {'a' * 60_000}\r\n{LAST}\r\n"
    assert front.ask(long)[:12] in {"HTTP/1.1 400", "HTTP/1.1 431"}


def test_the_example_lets_go_of_whoever_begins_and_sends_nothing(front: Front) -> None:
    with ExitStack() as open_lines:
        lines = [open_lines.enter_context(front.connect()) for _ in range(30)]
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\n")
        assert front.ask(f"GET /salute/ HTTP/1.1\r\nHost: {HOST}\r\n{LAST}\r\n").startswith("HTTP/1.1 200")
        began = time.monotonic()
        lines[0].settimeout(20)
        with suppress(OSError):
            while lines[0].recv(4096):
                pass
        assert time.monotonic() - began < 15


def asks_from(front: Front, visitor: str) -> int:
    said = f"GET /salute/ HTTP/1.1\r\nHost: {HOST}\r\nX-Visitor: {visitor}\r\n{LAST}\r\n"
    return int(front.ask(said).split()[1])


@pytest.mark.parametrize(
    ("several", "another"),
    [
        ([f"2001:db8:5:6:{number:x}::1" for number in range(1, 5)], "2001:db8:5:7::1"),
        (["192.0.2.10"] * 4, "192.0.2.11"),
        (["::ffff:198.51.100.7"] * 4, "::ffff:198.51.100.8"),
    ],
    ids=["a line of IPv6", "IPv4", "IPv4 written as IPv6"],
)
def test_the_example_counts_requests_and_connections_as_the_portal_does(
    counting: Front, several: list[str], another: str
) -> None:
    half = f"POST /segnala/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100\r\n"
    with ExitStack() as open_lines:
        for visitor in several:
            open_lines.enter_context(counting.connect()).sendall(f"{half}X-Visitor: {visitor}\r\n\r\n".encode())
        time.sleep(0.5)
        assert asks_from(counting, several[0]) == 429  # of connections
        assert asks_from(counting, another) == 200
    time.sleep(0.5)
    answers = [asks_from(counting, visitor) for visitor in several]
    assert (answers[0], answers[-1]) == (200, 429)  # of requests
    assert asks_from(counting, another) == 200
