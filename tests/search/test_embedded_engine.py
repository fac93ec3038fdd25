"""The embedded engine's own: its folder, its versions, and writers that are killed."""

import multiprocessing
import os
import resource
import signal
import time
from pathlib import Path

import pytest

from search.engines.clauses import Everything, Term
from search.engines.contract import EngineFull, IndexDamaged, IndexOutdated
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.embedded.reader import BITS
from search.engines.entries import entry_of
from search.engines.reader import Reader
from tests.library import HIDDEN, LIBRARY, document, search
from tests.search import older


@pytest.fixture
def engine(tmp_path: Path) -> EmbeddedEngine:
    made = EmbeddedEngine(tmp_path / "index")
    made.write([*LIBRARY, *HIDDEN])
    return made


def test_an_index_of_another_schema_asks_to_be_rebuilt(engine, tmp_path):
    (tmp_path / "index" / "current").write_text("v0-old")
    assert engine.is_outdated() and engine.stamp() is None and engine.count() == 0
    with pytest.raises(IndexDamaged):  # nothing is there
        search(engine, "dimissioni")
    with pytest.raises(IndexOutdated):
        engine.write(LIBRARY)
    engine.rebuild(LIBRARY)
    assert search(engine, "dimissioni").total == 2


def test_old_versions_and_debris_are_removed(engine, tmp_path):
    (tmp_path / "index" / "v1-killed").mkdir()
    engine.rebuild(LIBRARY)
    directories = [entry for entry in (tmp_path / "index").iterdir() if entry.is_dir()]
    assert len(directories) == 1


def test_the_folder_of_another_schema_is_kept_until_the_swap_and_no_longer(engine, tmp_path):
    older.write(engine, LIBRARY)
    [before] = [each for each in (tmp_path / "index").iterdir() if each.is_dir()]
    seen = []

    def documents():
        yield from LIBRARY
        seen.extend(each.name for each in (tmp_path / "index").iterdir() if each.is_dir())

    engine.rebuild(documents())
    [after] = [each for each in (tmp_path / "index").iterdir() if each.is_dir()]
    assert before.name.startswith(f"{older.SCHEMA}-") and not after.name.startswith(f"{older.SCHEMA}-")
    assert sorted(seen) == sorted([before.name, after.name])


def test_a_full_disk_refuses_the_write_and_leaves_the_index_as_it_was(engine):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for write in (engine.write, engine.rebuild):
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
        try:
            with pytest.raises(EngineFull):
                write([document("page:62", "Nuovo", "parole " * 3000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (search(engine, "dimissioni").total, search(engine, "nuovo").total) == (2, 0)
    engine.write([document("page:62", "Nuovo", "parole " * 3000)])
    assert (search(engine, "dimissioni").total, search(engine, "nuovo").total) == (2, 1)


def write_until_killed(path: Path, acknowledged) -> None:
    engine = EmbeddedEngine(path)
    for number in range(100_000):
        engine.write([document(f"page:{number}", "Ricevuta", f"Ricevuta numero {number}.")])
        acknowledged.value = number


class TestCrashes:
    def test_a_killed_writer_loses_nothing_committed_and_frees_the_index(self, tmp_path):
        context = multiprocessing.get_context("spawn")
        for attempt in range(3):
            path = tmp_path / str(attempt)
            acknowledged = context.Value("i", -1, lock=False)
            writer = context.Process(target=write_until_killed, args=(path, acknowledged))
            writer.start()
            deadline = time.monotonic() + 60
            while acknowledged.value < 3 + attempt and time.monotonic() < deadline:
                time.sleep(0.003)
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
            engine = EmbeddedEngine(path)
            assert acknowledged.value >= 3
            assert engine.count() in (acknowledged.value + 1, acknowledged.value + 2)
            engine.write([document("page:after", "Dopo")])
            assert search(engine, "dopo").total == 1


def test_many_things_counted_at_once_are_as_many_as_each_by_itself(engine):
    """Their bits must never run into each other, however many documents have however many of them."""
    words = [Term(field, word) for field in ("text", "title") for word in words_in(engine)]
    assert len(words) > 3 * BITS
    together = reader_of(engine).counts([*words, Everything(), words[0]])
    alone = [reader_of(engine).counts([clause])[0] for clause in [*words, Everything(), words[0]]]
    assert together == alone and max(together) == len(LIBRARY) and 0 in together


def words_in(engine: EmbeddedEngine) -> list[str]:
    """Of the hidden documents too."""
    return sorted(
        {word for each in (*LIBRARY, *HIDDEN) for words in entry_of(each).words["text"] for word in words.split()}
    )


def reader_of(engine: EmbeddedEngine) -> Reader:
    now = engine._now()
    assert now is not None
    return engine._reader(now, {"public"})
