"""The search engine inside the application: tantivy on the local disk, no server to run."""

import errno
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import tantivy

from search.engines.contract import (
    Admits,
    Document,
    EngineDown,
    EngineFull,
    Explained,
    IndexBusy,
    IndexDamaged,
    IndexOutdated,
    Progress,
    Query,
    Results,
    Suggestion,
    Turn,
    everybody,
    unstamped,
)
from search.engines.embedded import meanings, seal
from search.engines.embedded.meanings import Meanings
from search.engines.embedded.reader import EmbeddedReader
from search.engines.embedded.tantivy_index import META, lacking, open_index, stored, to_tantivy
from search.engines.embedded.versions import Versions
from search.engines.entries import SCHEMA
from search.engines.explaining import explained
from search.engines.older import OlderReader, as_far_as_it_goes
from search.engines.person_search import Names, PersonSearch, without_refused
from search.engines.reader import Reader
from search.engines.spelling import Vocabulary
from search.engines.suggestions import suggest

logger = logging.getLogger(__name__)

WRITE_HEAP = 64_000_000
REBUILD_HEAP = 256_000_000
PROGRESS_EVERY = 1000
OPEN_ATTEMPTS = 5
NO_LOCK = "Failed to acquire Lockfile: IoError"  # what tantivy says where it can write none
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A new word may wait this many times what reading the vocabulary took, before it is read again.
VOCABULARY_PATIENCE = 20
VOCABULARY_CHEAP = 0.05


@dataclass(frozen=True)
class Opened:
    """A version of the index, as a process has it open."""

    directory: Path
    index: tantivy.Index
    is_outdated: bool
    lacking: frozenset[str] = frozenset()  # of another schema, the fields that it has not


@dataclass(frozen=True)
class Moment:
    """It at one moment, which stays while it is read."""

    opened: Opened
    searcher: tantivy.Searcher


@contextmanager
def _nobody_writes() -> Iterator[None]:
    """Where the disk gives no lock to look for news there are none: what is open is the index as it is."""
    try:
        yield
    except ValueError as problem:
        if NO_LOCK not in str(problem):
            raise


class EmbeddedEngine:
    def __init__(self, path: Path) -> None:
        self._versions = Versions(Path(path), SCHEMA)
        self._lock = Lock()
        self._watch = seal.Watch()
        self._opened: Opened | None = None
        self._words_lock = Lock()
        self._words: tuple[tuple[str, int], Vocabulary] | None = None
        self._words_due = 0.0
        self._names: Names = {}
        self._meanings_lock = Lock()
        self._meanings: tuple[Path, Meanings] | None = None

    # Reading

    def search(self, query: Query) -> Results:
        with self._reading() as now:
            if now is None:
                return Results()
            return replace(self._person_search(now, query).results(), outdated=now.opened.is_outdated)

    def explain(self, query: Query, limit: int) -> list[Explained]:
        with self._reading() as now:
            return explained(self._person_search(now, query), limit) if now else []

    def _person_search(self, now: Moment, query: Query) -> PersonSearch:
        known = self._meanings_of(now.opened.directory) if query.meant else None

        def reader(refused: Iterable[int]) -> Reader:
            return self._reader(now, query.tokens, refused, known)

        # What an older index calls by a number need not be what this one does.
        return without_refused(reader, query, {} if now.opened.is_outdated else self._names)

    def _reader(
        self, now: Moment, tokens: Iterable[str], refused: Iterable[int] = (), known: Meanings | None = None
    ) -> Reader:
        made = EmbeddedReader(
            now.searcher, now.opened.index.schema, tokens, refused, lambda: self._vocabulary(now), known
        )
        return OlderReader(made, now.opened.lacking) if now.opened.lacking else made

    def suggest(
        self, prefix: str, tokens: frozenset[str], limit: int = 8, admits: Admits = everybody
    ) -> list[Suggestion]:
        with self._reading() as now:
            return suggest(self._reader(now, tokens), prefix, limit, admits) if now and tokens else []

    def is_outdated(self) -> bool:
        return self._versions.is_outdated()

    def stamp(self) -> str | None:
        directory = self._versions.current()
        if directory is None:
            return None
        try:
            if self._versions.is_of_another(directory):
                lacking(directory)
            return self._compare(directory).stamp
        except (IndexDamaged, IndexOutdated) as damage:
            logger.error("The search index cannot be read: %s", damage)
            return None

    def count(self) -> int:
        now = self._own()
        return now.searcher.num_docs if now else 0

    def held(self) -> Iterator[tuple[str, str]]:
        now = self._own()
        if now and now.searcher.num_docs:
            for _, address in now.searcher.search(tantivy.Query.all_query(), now.searcher.num_docs).hits:
                document = now.searcher.doc(address)
                yield stored(document, "id"), stored(document, "fingerprint")

    def meant(self) -> int:
        """Every one is looked at again: a disk may change what was whole when it was read first."""
        now = self._own()
        if now is None:
            return 0
        found = Meanings(now.opened.directory)
        return found.known(_meanings_named(now.searcher)) if found.are_whole else 0

    def check_room(self) -> None:
        """The disk is the data folder's, which is looked after by itself."""

    # Writing

    def write(self, add: Iterable[Document], remove: Iterable[str] = (), turn: Turn = unstamped) -> None:
        documents = {document.id: document for document in add}
        with _full_disk_told(), self._versions.lock():
            if self._versions.is_outdated():
                raise IndexOutdated(str(self._versions.path))
            with turn(self.stamp()) as stamp:
                directory = self._versions.current() or self._start()
                self._compare(directory)
                meanings.append(directory, (document.meaning for document in documents.values()))
                _fill(directory, [*remove, *documents], map(to_tantivy, documents.values()))
                seal.write(directory, stamp)
                self._tidy(directory)

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None, turn: Turn = unstamped) -> None:
        with _full_disk_told(), self._versions.lock(), turn(self.stamp()) as stamp:
            self._versions.remove_others()
            directory = self._versions.new()
            writer = open_index(directory, create=True).writer(REBUILD_HEAP)
            for number, document in enumerate(documents, start=1):
                meanings.append(directory, [document.meaning])
                writer.add_document(to_tantivy(document))
                if progress and number % PROGRESS_EVERY == 0:
                    progress(number)
            writer.commit()
            writer.wait_merging_threads()
            seal.write(directory, stamp)
            self._versions.switch(directory)
            self._versions.remove_others()

    def _tidy(self, directory: Path) -> None:
        searcher = open_index(directory).searcher()
        if meanings.has_grown(directory, searcher.num_docs):
            meanings.keep(directory, _meanings_named(searcher))

    def _start(self) -> Path:
        directory = self._versions.new()
        open_index(directory, create=True)
        self._versions.switch(directory)
        return directory

    # The index as it is now

    @contextmanager
    def _reading(self) -> Iterator[Moment | None]:
        now = self._now()
        if now is None or not now.opened.is_outdated:
            yield now
            return
        with as_far_as_it_goes(now.opened.directory.name):
            yield now

    def _own(self) -> Moment | None:
        """None where another schema made what there is."""
        return None if self._versions.is_outdated() else self._now()

    def _now(self) -> Moment | None:
        """Reloaded, so that every commit is seen at once; a rebuild may switch directories meanwhile."""
        for _ in range(OPEN_ATTEMPTS):
            directory = self._versions.current()
            if directory is None:
                return None
            try:
                self._compare(directory)
                opened = self._open(directory)
                with _nobody_writes():
                    opened.index.reload()
                return Moment(opened, opened.index.searcher())
            except (IndexDamaged, OSError, ValueError) as error:
                if NO_LOCK in str(error):
                    raise EngineDown(f"{directory}: no lock to read it") from error
                if directory == self._versions.current():
                    raise IndexDamaged(str(directory)) from error
        raise IndexBusy(str(self._versions.path))

    def _compare(self, directory: Path) -> seal.Seal:
        with self._lock:
            return self._watch.compare(directory)

    def _open(self, directory: Path) -> Opened:
        with self._lock:
            if self._opened is None or self._opened.directory != directory:
                is_outdated = self._versions.is_of_another(directory)
                lacks = lacking(directory) if is_outdated else frozenset()
                self._opened = Opened(directory, open_index(directory), is_outdated, lacks)
            return self._opened

    def _meanings_of(self, directory: Path) -> Meanings | None:
        """None where there are none, or not as they were written: then one searches by words alone."""
        with self._meanings_lock:
            before = self._meanings[1] if self._meanings and self._meanings[0] == directory else None
            if before is None or before.state != meanings.state_of(directory):
                self._meanings = directory, Meanings(directory, before)
            found = self._meanings[1] if self._meanings else None
        if found and not found.are_whole:
            logger.error("The meanings of the search index are damaged: %s", directory)
        return found if found and found.count and found.are_whole else None

    def _vocabulary(self, now: Moment) -> Vocabulary:
        """Read again after each commit when that is quick, less often when it is not."""
        with self._words_lock:
            state = _state(now.opened.directory)
            if self._words is None or (self._words[0] != state and time.monotonic() >= self._words_due):
                started = time.monotonic()
                self._words = state, Vocabulary(word for word, _ in now.searcher.terms_with_prefix("text_exact", ""))
                took = time.monotonic() - started
                self._words_due = time.monotonic() + (took * VOCABULARY_PATIENCE if took > VOCABULARY_CHEAP else 0)
            return self._words[1]


def _state(directory: Path) -> tuple[str, int]:
    """What changes with each commit."""
    try:
        return directory.name, (directory / META).stat().st_mtime_ns
    except FileNotFoundError:
        return directory.name, 0


def _meanings_named(searcher: tantivy.Searcher) -> list[int]:
    found = searcher.search(tantivy.Query.all_query(), max(searcher.num_docs, 1), count=False).hits
    numbers: Any = searcher.fast_field_values("meaning_no", [address for _, address in found]) if found else []
    return [number for number in numbers if number]


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """tantivy says with a ValueError what the system told it."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = str(error)
        if any(f"os error {number})" in said or getattr(error, "errno", None) == number for number in FULL):
            raise EngineFull(said) from error
        raise


def _fill(directory: Path, removed: Iterable[str], added: Iterable[tantivy.Document]) -> None:
    """Deletes first, then additions, one commit."""
    ready = list(added)  # a document that cannot be indexed raises before anything is opened
    # One thread, one segment per commit; the merges must be waited for or they never happen.
    writer = open_index(directory).writer(WRITE_HEAP, 1)
    for identifier in removed:
        writer.delete_documents_by_term("id", identifier)
    for document in ready:
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
