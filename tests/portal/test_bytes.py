"""What a page costs the line it comes by, and the database: compressed, small, and read without a write."""

import gzip
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import Document, Space

pytestmark = pytest.mark.django_db
READ = ["/", "/p/PR-01/", "/spazi/rete/", "/protocolli/", "/riunioni/", "/rubrica/", "/novita/", "/cerca/?q=assistenza"]
FIRST, NEXT = 100_000, 20_000


def static(address: str) -> bytes:
    with open(str(finders.find(address.removeprefix("/static/"))), "rb") as file:
        return file.read()


@pytest.mark.parametrize("address", READ)
def test_a_next_page_comes_compressed_in_under_twenty_kilobytes(as_: Any, index: Any, address: str) -> None:
    answer = as_("coordinator").get(address, HTTP_ACCEPT_ENCODING="gzip")
    assert answer.status_code == 200
    assert answer["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.content)
    assert len(answer.content) < NEXT


def test_a_first_page_comes_in_under_a_hundred_kilobytes_letters_and_all(as_: Any) -> None:
    answer = as_("coordinator").get("/p/PR-01/", HTTP_ACCEPT_ENCODING="gzip")
    page = gzip.decompress(answer.content).decode()
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', page))
    assert len(named) > 5
    letters = re.findall(r"url\(\.\./\.\./(fonts/[^)]+)\)", static("/static/portal/css/tokens.css").decode())
    assert len(letters) == 4
    compressed = sum(len(gzip.compress(static(each))) for each in named)
    assert len(answer.content) + compressed + sum(len(static(each)) for each in letters) < FIRST


def test_the_length_of_a_page_tells_nothing(as_: Any) -> None:
    client = as_("coordinator")
    lengths = {len(client.get("/p/PR-01/", HTTP_ACCEPT_ENCODING="gzip").content) for _ in range(12)}
    assert len(lengths) > 2


def test_a_file_goes_out_as_it_is_with_its_length(as_: Any) -> None:
    collection = Space.objects.get(code="SP-RETE").collection
    file = Document.objects.create(title="F", collection=collection, file=ContentFile(b"testo " * 999, name="file.txt"))
    answer = as_("coordinator").get(f"/documenti/{file.pk}/{file.filename}", HTTP_ACCEPT_ENCODING="gzip")
    assert answer.status_code == 200
    assert not answer.has_header("Content-Encoding")
    assert b"".join(answer.streaming_content) == b"testo " * 999


def test_no_letters_that_come_late_move_a_text() -> None:
    faces = re.findall(r"@font-face \{(.*?)\}", static("/static/portal/css/tokens.css").decode(), flags=re.DOTALL)
    assert len(faces) == 4
    assert all("font-display: optional" in face for face in faces)


@pytest.mark.parametrize("address", [*READ, "/spazi/rete/condivisione/", "/?pagina=2", "/protocolli/?pagina=2"])
def test_whoever_reads_writes_nothing(as_: Any, index: Any, address: str) -> None:
    client = as_("coordinator")
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    asked = [query["sql"] for query in queries.captured_queries]
    assert asked
    assert not [sql for sql in asked if not sql.startswith("SELECT")]


def test_last_searches_come_back_to_who_made_them_and_to_nobody_who_enters_after(as_: Any, index: Any) -> None:
    client = as_("worker")
    client.get("/cerca/?q=sfratto")
    client.get("/cerca/?q=assegno")
    home = client.get("/").content.decode()
    assert home.index("/cerca/?q=assegno") < home.index("/cerca/?q=sfratto")
    kept = client.cookies["raccordo_cercati"].value
    other = as_("coordinator")
    other.cookies["raccordo_cercati"] = kept
    assert "/cerca/?q=assegno" not in other.get("/").content.decode()


# --- Long lists ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/novita/", "/protocolli/", "/riunioni/"])
def test_a_long_list_comes_a_piece_at_a_time_and_every_row_is_reached(as_: Any, monkeypatch: Any, address: str) -> None:
    piece = 3

    def rows(html: str) -> list[str]:
        main = html[html.index("<main") : html.index("</main")]
        return re.findall(r'<a\s+class="what"\s+href="([^"]+)"', main)

    client = as_("coordinator")
    whole = rows(client.get(address).content.decode())
    assert len(whole) > piece
    monkeypatch.setattr("portal.paging.part.__defaults__", (piece, "pagina"))
    found: list[str] = []
    places = [address]
    for place in places:  # more come on as they are met: a page may hold two lists
        html = client.get(place).content.decode()
        found += rows(html)
        following = map(unescape, re.findall(r'rel="next"\s+href="([^"#]+)', html))
        places += [each for each in following if each not in places]
    assert len(places) > 1
    assert sorted(set(found)) == sorted(whole)
    if address != "/riunioni/":  # which holds two lists
        assert found == whole
