"""The engine held back: what one may no longer see is neither shown nor counted nor hinted at, whatever it holds."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from portal.demo import body_of, publish, space
from portal.models import Document as File
from portal.models import Membership, Space
from portal.models.pages import TextPage
from portal.spaces import shares
from search import index as search_index
from search.engines.contract import Document
from search.models import SearchDocument
from tests.shown import body

pytestmark = pytest.mark.django_db
WORD = "zufolamento"


def make(title: str, by: Any, home: str = "SP-RETE", text: str = f"Il {WORD} notturno.") -> TextPage:
    page = TextPage(title=title, body=body_of([{"heading": "Dove", "text": text}]))
    return publish(space(home).root_page, page, on=-1, by=by, note="Una nota.")


@pytest.fixture
def page(person: Any, index: Any) -> TextPage:
    """A page of SP-RETE, shared with SP-TERZO, in the index; what follows does not reach the index."""
    made = make("Flautisti di notte", person("coordinator"))
    shares.share_page(made, space("SP-TERZO"), by=person("coordinator"))
    index.refresh()
    return made


def unshare(page: Page, person: Any) -> None:
    shares.unshare_page(page.shares.get(), by=person("coordinator"))


def withdraw(page: Page, person: Any) -> None:
    page.unpublish()


def move(page: Page, person: Any) -> None:
    page.move(space("SP-COORD").root_page, pos="last-child")


def delete(page: Page, person: Any) -> None:
    Page.objects.get(pk=page.pk).delete()


def take_roles(page: Page, person: Any) -> None:
    Membership.objects.filter(space=space("SP-TERZO")).delete()


def told(client: Any, words: str = WORD) -> dict[str, Any]:
    """Everything that search tells: page, JSON and suggestions."""
    data = client.get("/cerca/", {"q": words, "format": "json"}).json()
    return {
        "total": data["total"],
        "titles": [each["title"] for each in data["results"]],
        "facets": [count for values in data["facets"].values() for count in values],
        "corrected": data["corrected"],
        "page": "Flautisti" in client.get("/cerca/", {"q": words}).content.decode(),
        "suggested": "Flautisti" in client.get("/cerca/suggerimenti/?q=flautis").content.decode(),
    }


NOTHING = {"total": 0, "titles": [], "facets": [], "corrected": None, "page": False, "suggested": False}


@pytest.mark.parametrize("act", [unshare, withdraw, move, delete, take_roles])
def test_a_page_closed_a_moment_ago_is_nowhere_in_search_while_the_engine_still_holds_it(
    page: TextPage, person: Any, as_: Any, act: Callable[[Any, Any], None]
) -> None:
    before = told(as_("partner"))
    assert (before["total"], before["page"], before["suggested"]) == (1, True, True)
    act(page, person)
    assert told(as_("partner")) == NOTHING


@pytest.mark.parametrize(("act", "reader"), [(withdraw, "worker"), (move, "worker"), (delete, "administrator")])
def test_so_it_is_for_the_readers_of_its_own_space(
    page: TextPage, person: Any, as_: Any, act: Callable[[Any, Any], None], reader: str
) -> None:
    assert told(as_(reader))["total"] == 1
    act(page, person)
    assert told(as_(reader)) == NOTHING


def test_a_busy_writer_opens_nothing(page: TextPage, person: Any, as_: Any, index: Any) -> None:
    rows = [search_index._document(row) for row in SearchDocument.objects.filter(gone=False)]

    def while_the_index_is_rebuilt() -> Iterator[Document]:
        unshare(page, person)
        index.refresh()
        assert told(as_("partner")) == NOTHING
        yield from rows

    search_index.engine().rebuild(while_the_index_is_rebuilt(), None, search_index._account)
    assert told(as_("partner")) == NOTHING
    index.refresh()
    assert told(as_("partner")) == NOTHING
    assert told(as_("worker"))["total"] == 1


def test_what_one_was_never_let_read_answers_as_if_it_were_not_there(person: Any, as_: Any, index: Any) -> None:
    make("Flautisti riservati", person("coordinator"), home="SP-COORD")
    index.refresh()
    assert told(as_("coordinator"))["total"] == told(as_("coordinator"), "zufolamnto")["total"] == 1
    for reader in ("partner", "worker"):
        assert told(as_(reader)) == told(as_(reader), "zufolamnto") == NOTHING
    assert told(as_("worker"), f"dimissioni -{WORD}") == told(as_("worker"), "dimissioni -zqxwvk")


def test_what_is_closed_corrects_no_word(page: TextPage, person: Any, as_: Any) -> None:
    assert told(as_("worker"), "zufolamnto")["corrected"] == WORD
    withdraw(page, person)
    assert told(as_("worker"), "zufolamnto") == NOTHING


def test_pages_of_results_and_facets_count_what_is_listed(page: TextPage, person: Any, as_: Any, index: Any) -> None:
    others = [make(f"Altro {n}", person("coordinator")) for n in range(12)]
    index.refresh()
    for each in others[:3]:
        each.unpublish()
    first = as_("worker").get("/cerca/", {"q": WORD, "format": "json"}).json()
    second = as_("worker").get("/cerca/", {"q": WORD, "format": "json", "pagina": 2}).json()
    assert first["total"] == second["total"] == 10
    assert (len(first["results"]), len(second["results"])) == (10, 0)
    assert [each["count"] for each in first["facets"]["space"]] == [10]
    assert "10 risultati" in body(as_("worker").get("/cerca/", {"q": WORD}))


def test_an_edition_is_closed_with_its_page(person: Any, as_: Any, index: Any) -> None:
    from protocols.models import ProtocolPage

    rule = ProtocolPage(
        title="Visite",
        code="PR-77",
        version="1.0",
        summary="Come si va.",
        valid_from=timezone.localdate() - timedelta(days=9),
    )
    rule.body = body_of([{"heading": "Che cosa", "text": f"Il {WORD} di prima."}])
    rule = publish(space("SP-RETE").root_page, rule, on=-9, by=person("coordinator"), note="Prima.")
    rule.version, rule.change_note, rule.valid_from = "2.0", "Senza.", timezone.localdate()
    rule.body = body_of([{"heading": "Che cosa", "text": "Altro."}])
    rule.save_revision(user=person("coordinator")).publish()
    index.refresh()
    assert told(as_("worker"))["total"] == 1
    rule.unpublish()
    assert told(as_("worker")) == NOTHING


def test_a_file_is_closed_with_the_page_that_opened_it(person: Any, as_: Any, index: Any) -> None:
    home = space("SP-RETE")
    file = File.objects.create(
        title=f"Flautisti e {WORD}", file=ContentFile(b"testo", name="p.txt"), collection=home.collection
    )
    carrying = make("Che porta", person("coordinator"), text="Altro.")
    link = f'<a linktype="document" id="{file.pk}">file</a>'
    carrying.body = [("section", {"heading": "File", "text": f"<p>{link}</p>", "rows": []})]
    carrying.save_revision().publish()
    shares.share_page(carrying, space("SP-TERZO"), by=person("coordinator"))
    index.refresh()
    assert told(as_("partner"))["total"] == 1
    carrying.unpublish()
    assert as_("partner").get(file.url).status_code == 404
    assert told(as_("partner")) == NOTHING


# --- Spaces that one may not read ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["SP-RETE", "SP-COORD", "SP-CHE-NON-ESISTE"])
def test_a_space_that_one_may_not_read_is_no_filter_as_one_that_never_was(page: TextPage, as_: Any, code: str) -> None:
    client = as_("partner")
    plain = client.get("/cerca/", {"q": WORD, "format": "json"}).json()
    assert client.get("/cerca/", {"q": WORD, "format": "json", "spazio": code}).json() == plain
    assert code not in client.get("/cerca/", {"q": WORD, "spazio": code}).content.decode().replace(f"spazio={code}", "")


def test_a_space_of_ones_own_is_a_filter(page: TextPage, as_: Any) -> None:
    narrowed = as_("worker").get("/cerca/", {"q": "dimissioni", "format": "json", "spazio": "SP-INTEGRA"}).json()
    assert {each["space"] for each in narrowed["results"]} == {Space.objects.get(code="SP-INTEGRA").name}


def test_spaces_that_one_may_not_read_are_not_counted(page: TextPage, person: Any, as_: Any, index: Any) -> None:
    for code in ("SP-COORD", "SP-MINORI"):
        hidden = make(f"Di {code}", person("coordinator"), home=code)
        shares.share_page(hidden, space("SP-TERZO"), by=person("coordinator"))
    make("Di casa", person("coordinator"), home="SP-TERZO")
    make("Per tutti", person("coordinator"), home="SP-PUBBLICO")
    index.refresh()
    shown = body(as_("partner").get("/cerca/", {"q": WORD}))
    assert "5 risultati in 2 spazi e fra le pagine condivise con te" in shown


# --- What it costs ---------------------------------------------------------------------------------------


def test_asking_again_costs_the_same_for_one_result_as_for_many(
    page: TextPage, person: Any, as_: Any, index: Any
) -> None:
    def queries(words: str) -> int:
        client = as_("worker")
        client.get("/cerca/", {"q": words})
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/cerca/", {"q": words}).status_code == 200
        return len(asked)

    one = queries(WORD)
    for number in range(9):
        make(f"Altro {number}", person("coordinator"))
    index.refresh()
    assert queries(WORD) == one
