"""A node of Elasticsearch that is stalled, then killed, and comes back: nothing is lost, search catches up by itself.

SEARCH_NODE names the script that starts and stops a node; this one is another than the one of the other tests.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.demo import body_of, publish, space
from portal.models.pages import TextPage
from search import index as search_index
from search.engines.elastic import server
from search.models import SearchDocument
from tests import elastic, own_index

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.elastic,
    pytest.mark.skipif(
        not os.environ.get("CI") and "SEARCH_NODE" not in os.environ, reason="SEARCH_NODE names no node"
    ),
]
DOWN = "La ricerca nel testo ora non funziona."


@pytest.fixture
def node() -> Iterator[Callable[[str], str]]:
    port = str(int(os.environ.get("ES_PORT", "9200")) + 1)

    def tell(command: str) -> str:
        asked = [os.environ["SEARCH_NODE"], command]
        told = subprocess.run(
            asked, env={**os.environ, "ES_PORT": port}, check=True, timeout=120, stdout=subprocess.PIPE
        )
        return told.stdout.decode().strip()

    try:
        yield tell
    finally:
        tell("wipe")


@pytest.fixture
def index(db: None, node: Callable[[str], str], tmp_path: Path) -> Iterator[None]:
    indices = elastic.Indices(node("start"))
    with own_index.of_demo(tmp_path / "index", own_index.OnAServer.read(indices)):
        search_index.engine()  # fills it
        yield


def asked(client: Any, words: str) -> tuple[list[str], bool]:
    """The titles found, and whether the page says that the engine is away."""
    found = client.get("/cerca/", {"q": words, "format": "json"}).json()["results"]
    return [each["title"] for each in found], DOWN in client.get("/cerca/", {"q": words}).content.decode()


def test_a_node_that_stops_and_returns_finds_what_was_published_meanwhile(
    as_: Any, index: None, node: Callable[[str], str], person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PAUSE", 0.1)
    before, is_down = asked(as_("worker"), "dimissioni protette")
    assert len(before) > 5 and not is_down
    for away, back in (("pause", "resume"), ("kill", "start")):
        node(away)
        page = TextPage(title=f"Flautisti, {away}", body=body_of([{"heading": "Dove", "text": f"Zufolamento {away}."}]))
        page = publish(space("SP-RETE").root_page, page, on=-1, by=person("coordinator"))
        assert asked(as_("worker"), f"flautisti, {away}") == ([page.title], True)
        assert asked(as_("partner"), f"flautisti, {away}") == ([], True)
        search_index.apply_pending()
        waiting = SearchDocument.objects.filter(page_id=page.pk, pending=True)
        assert waiting.exists()
        node(back)
        until = time.monotonic() + 30
        while waiting.exists() and time.monotonic() < until:
            search_index.apply_pending()
            time.sleep(0.1)
        titles, is_down = asked(as_("worker"), f"zufolamento {away}")
        assert titles[0] == page.title and not is_down
    titles, is_down = asked(as_("worker"), "dimissioni protette")
    assert titles[:3] == before[:3] and not is_down
