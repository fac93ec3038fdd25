"""What is close in meaning: found by whoever may see it, said as such, counted by nobody, on both engines."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from search.engines.contract import Query
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.embedded.meanings import FILE, SIZE
from tests.library import EVERYONE, WARD, document, groups
from tests.search.meanings import vector_of

LAY = "vecchia nonna che torna"


def told(identifier, title, text, **changes):
    """With its meaning."""
    made = document(identifier, title, text, **changes)
    return replace(made, meaning=vector_of(f"{made.title} {made.heading} {made.text}"))


SHELF = [
    told("page:601", "Dimissioni protette", "Dal reparto al domicilio, per anziani soli."),
    told("page:602", "Canile comunale", "Il cane e il gatto."),
    told("page:603", "Affido", "Un minore e la sua famiglia."),
    *[told(f"page:{n}", f"Verbale {n}", f"La seduta numero {n} si apre alle nove.") for n in range(610, 640)],
]


def asked(engine, words, tokens=EVERYONE, **changes):
    return engine.search(Query(words, tokens, meant=vector_of, **changes))


def near(results):
    return [hit.group for hit in results.near]


@pytest.fixture
def shelf(engine):
    engine.write(SHELF)
    return engine


def test_what_has_none_of_the_words_is_found_by_what_it_says_and_counted_by_nobody(shelf):
    found = asked(shelf, LAY)
    assert near(found) == ["page:601"]
    assert (found.total, found.all_words, found.hits) == (0, 0, [])
    assert not any(found.facets.values())
    assert found.near_first
    assert found.near[0].snippet.startswith("Dal reparto")


def test_without_an_encoder_nothing_is_different(shelf):
    found = shelf.search(Query(LAY, EVERYONE))
    assert (found.near, found.hits) == ([], [])


def test_where_something_has_all_the_words_nothing_else_is_offered(shelf):
    shelf.write([told("page:640", "La vecchia nonna", "Torna domani.")])
    found = asked(shelf, LAY)
    assert groups(found) == ["page:640"]
    assert found.near == []


def test_of_what_the_words_find_alike_the_closer_in_meaning_comes_first(shelf):
    shelf.write(
        [
            told("page:650", "Nota", "Un incontro per il cane, e per il gatto."),
            told("page:651", "Nota", "Un incontro per il figlio, e per la famiglia."),
        ]
    )
    first = asked(shelf, "incontro bambino")
    other = asked(shelf, "incontro canile")
    assert [group for group in groups(first) if group in ("page:650", "page:651")] == ["page:651", "page:650"]
    assert [group for group in groups(other) if group in ("page:650", "page:651")] == ["page:650", "page:651"]
    assert first.total == shelf.search(Query("incontro bambino", EVERYONE)).total


def test_a_section_that_is_meant_is_linked(shelf):
    shelf.write([told("page:602#orari", "Canile comunale", "Anziani dal reparto al domicilio.")])
    found = asked(shelf, LAY)
    assert [section.url for hit in found.near if hit.group == "page:602" for section in hit.sections] == [
        "/page:602#orari"
    ]


@pytest.mark.parametrize("words", [f'{LAY} "torna ieri"', f"{LAY} -cane", "PR-02", "pr02 nonna"])
def test_who_says_which_words_are_wanted_gets_no_others(shelf, words):
    assert asked(shelf, words).near == []


def test_what_a_filter_or_the_rights_leave_out_is_not_offered(shelf):
    assert near(asked(shelf, LAY, filters={"kind": "pagina"})) == ["page:601"]
    assert near(asked(shelf, LAY, filters={"kind": "protocollo"})) == []
    assert "page:601" not in near(asked(shelf, LAY, admits=lambda names: set(names) - {"page:601"}))


def test_a_later_page_of_results_repeats_nothing(shelf):
    assert asked(shelf, LAY, page=2).near == []


def test_who_may_not_see_it_is_not_offered_it(shelf):
    shelf.write([told("page:660", "Riservato", "Reparto, domicilio, anziani soli.", audience=("space:7",))])
    assert "page:660" not in near(asked(shelf, LAY))
    assert near(asked(shelf, LAY, WARD))[0] == "page:660"


def test_what_changed_its_audience_or_its_text_is_close_no_longer(shelf):
    shelf.write([replace(SHELF[0], audience=("space:7",))])
    assert near(asked(shelf, LAY)) == []
    shelf.write([SHELF[0]])
    assert near(asked(shelf, LAY)) == ["page:601"]
    shelf.write([replace(SHELF[0], text="Altro.", meaning=vector_of("Altro."))])
    assert near(asked(shelf, LAY)) == []
    shelf.write([SHELF[0]])
    shelf.write([], ["page:601"])
    assert near(asked(shelf, LAY)) == []


def test_a_rebuild_brings_the_meanings_along(shelf):
    assert shelf.meant() == len(SHELF)
    shelf.rebuild(SHELF)
    assert shelf.meant() == len(SHELF)
    assert near(asked(shelf, LAY)) == ["page:601"]
    shelf.rebuild(replace(each, meaning=b"") for each in SHELF)
    assert shelf.meant() == 0
    assert near(asked(shelf, LAY)) == []


def test_half_of_the_documents_having_no_meaning_yet_are_found_as_ever(shelf):
    shelf.write([replace(each, meaning=b"") for each in SHELF[::2]])
    words = "seduta nove"
    assert set(groups(asked(shelf, words, per_page=50))) == set(
        groups(shelf.search(Query(words, EVERYONE, per_page=50)))
    )


# --- Hidden documents ------------------------------------------------------------------------------------

SAID = ["nonna", "casa", "reparto", "cane", "minore", "seduta", "nessuno", "torna", "verbale"]
HIDING = given(
    texts=some.lists(some.lists(some.sampled_from(SAID), min_size=1, max_size=6), min_size=8, max_size=14),
    hidden=some.lists(some.lists(some.sampled_from(SAID), min_size=1, max_size=6), min_size=1, max_size=20),
    words=some.lists(some.sampled_from([*SAID, "dimissione", "abitazione"]), min_size=1, max_size=5),
)
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@HIDING
@settings(max_examples=30, **PATIENT)
def test_whatever_hidden_documents_mean_a_reader_sees_the_same_embedded(tmp_path_factory, texts, hidden, words):
    folder = tmp_path_factory.mktemp("index")
    seen_the_same([EmbeddedEngine(folder / "told"), EmbeddedEngine(folder / "untold")], texts, hidden, words)


@pytest.mark.elastic
@HIDING
@settings(max_examples=6, **PATIENT)
def test_whatever_hidden_documents_mean_a_reader_sees_the_same_elastic(indices, texts, hidden, words):
    seen_the_same([indices.open("meant"), indices.open("unmeant")], texts, hidden, words)


def seen_the_same(engines, texts, hidden, words):
    """With hidden texts that mean what is asked, however many and however long, and without any."""
    said = [told(f"page:{n}", "Nota", " ".join(text), kind=f"tipo{n % 2}") for n, text in enumerate(texts)]
    closed = {"audience": ("space:7",)}
    secret = [told(f"page:{n}", "Nota", " ".join(text), **closed) for n, text in enumerate(hidden, 100)]
    found = []
    for engine, kept in zip(engines, (secret, []), strict=True):
        engine.write([*kept, *said], remove=[f"page:{n}" for n in range(140)])
        query = Query(" ".join(words), EVERYONE, meant=vector_of)
        found.append([engine.search(query), engine.search(replace(query, filters={"kind": "tipo1"})).near])
    assert found[0] == found[1]


# --- The file of the embedded engine ---------------------------------------------------------------------


def file_of(folder: Path) -> Path:
    return folder / (folder / "current").read_text().strip() / FILE


@pytest.fixture
def embedded(tmp_path):
    engine = EmbeddedEngine(tmp_path / "own")
    engine.write(SHELF)
    return engine, file_of(tmp_path / "own")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: SIZE * 3 + 17])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[SIZE + 100] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip, lambda file: file.write_bytes(b"")])
def test_with_a_damaged_file_words_find_as_ever_and_the_loss_is_counted(embedded, tmp_path, damage):
    _, file = embedded
    assert near(asked(embedded[0], LAY)) == ["page:601"]
    damage(file)
    for engine in (embedded[0], EmbeddedEngine(tmp_path / "own")):
        assert engine.search(Query("seduta", EVERYONE, meant=vector_of)).total == 30
        assert engine.meant() < len(SHELF)
    embedded[0].rebuild(SHELF)
    assert embedded[0].meant() == len(SHELF)


def test_what_was_damaged_before_more_was_written_is_found_out(embedded):
    engine, file = embedded
    assert near(asked(engine, LAY)) == ["page:601"]
    flip(file)
    engine.write([told("page:671", "Nuovo", "Il cane.")])
    assert near(asked(engine, LAY)) == ["page:601"]  # one of them is wrong, and harms nobody until it is looked at
    assert engine.meant() == 0


def test_a_line_that_a_killed_process_left_half_is_cut_off_by_the_next_write(embedded, tmp_path):
    engine, file = embedded
    with file.open("ab") as half:
        half.write(b"x" * 50)
    engine.write([told("page:670", "Nuovo", "Anziani soli, dal reparto al domicilio.")])
    assert file.stat().st_size % SIZE == 0
    assert engine.meant() == EmbeddedEngine(tmp_path / "own").meant() == len(SHELF) + 1
    assert set(near(asked(engine, LAY))) == {"page:601", "page:670"}


def test_meanings_that_no_document_has_any_more_are_taken_out(embedded, monkeypatch):
    monkeypatch.setattr("search.engines.embedded.meanings.SPARE", 5)
    engine, file = embedded
    for n in range(40):
        engine.write([replace(SHELF[1], text=f"Il cane {n}.", meaning=vector_of(f"cane {n}"))])
    assert file.stat().st_size // SIZE <= 2 * len(SHELF) + 5
    assert engine.meant() == len(SHELF)
    assert near(asked(engine, LAY)) == ["page:601"]


def test_one_word_that_nobody_wrote_is_close_to_nothing(shelf):
    assert near(asked(shelf, "nonna")) == []
    assert near(asked(shelf, "di nonna")) == []
    assert near(asked(shelf, "nonna torna")) == ["page:601"]


def test_words_of_no_language_are_close_to_nothing_however_many(engine):
    """A vector of nonsense stands near something, as every vector does: the test's own stands near the ward."""
    engine.write(SHELF)
    nonsense = Query("xyzqk qwrtyp", EVERYONE, meant=lambda _words: vector_of("anziani in reparto"))
    assert near(engine.search(nonsense)) == []
    assert near(engine.search(replace(nonsense, words="vecchia xyzqk caduta"))) == ["page:601"]
