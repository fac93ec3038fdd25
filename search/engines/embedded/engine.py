"""The search engine inside the application: tantivy on the local disk, no server to run."""

import errno
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import tantivy

from search.engines.contract import (
    Admits,
    Document,
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
from search.engines.embedded.tantivy_index import open_index, stored, to_tantivy
from search.engines.embedded.versions import Versions
from search.engines.entries import SCHEMA
from search.engines.explaining import explained
from search.engines.person_search import Names, PersonSearch, without_refused
from search.engines.spelling import Vocabulary
from search.engines.suggestions import suggest

logger = logging.getLogger(__name__)

WRITE_HEAP = 64_000_000
REBUILD_HEAP = 256_000_000
PROGRESS_EVERY = 1000
OPEN_ATTEMPTS = 5
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A new word may wait this many times what reading the vocabulary took, before it is read again.
VOCABULARY_PATIENCE = 20
VOCABULARY_CHEAP = 0.05


class EmbeddedEngine:
    def __init__(self, path: Path) -> None:
        self._versions = Versions(Path(path), SCHEMA)
        self._lock = Lock()
        self._watch = seal.Watch()
        self._opened: tuple[Path, tantivy.Index] | None = None
        self._words_lock = Lock()
        self._words: tuple[tuple[str, int], Vocabulary] | None = None
        self._words_due = 0.0
        self._written = 0
        self._names: Names = {}
        self._meanings_lock = Lock()
        self._meanings: tuple[Path, Meanings] | None = None

    # Reading

    def search(self, query: Query) -> Results:
        found = self._person_search(query)
        return found.results() if found else Results()

    def explain(self, query: Query, limit: int) -> list[Explained]:
        found = self._person_search(query)
        return explained(found, limit) if found else []

    def _person_search(self, query: Query) -> PersonSearch | None:
        searcher = self._searcher()
        if searcher is None:
            return None

        known = self._meanings_now() if query.meant else None

        def reader(refused: Iterable[int]) -> EmbeddedReader:
            return EmbeddedReader(
                searcher, query.tokens, refused, lambda: self._vocabulary(searcher), self._written, known
            )

        return without_refused(reader, query, self._names)

    def suggest(
        self, prefix: str, tokens: frozenset[str], limit: int = 8, admits: Admits = everybody
    ) -> list[Suggestion]:
        searcher = self._searcher()
        if searcher is None or not tokens:
            return []
        return suggest(EmbeddedReader(searcher, tokens), prefix, limit, admits)

    def stamp(self) -> str | None:
        directory = self._versions.current()
        if directory is None or self._is_unreadable():
            return None
        try:
            return self._compare(directory).stamp
        except IndexDamaged as damage:
            logger.error("The search index is damaged: %s", damage)
            return None

    def count(self) -> int:
        searcher = self._searcher()
        return searcher.num_docs if searcher else 0

    def held(self) -> Iterator[tuple[str, str]]:
        searcher = self._searcher()
        if searcher and searcher.num_docs:
            for _, address in searcher.search(tantivy.Query.all_query(), searcher.num_docs).hits:
                document = searcher.doc(address)
                yield stored(document, "id"), stored(document, "fingerprint")

    def meant(self) -> int:
        """Every one is looked at again: a disk may change what was whole when it was read first."""
        searcher, directory = self._searcher(), self._versions.current()
        if searcher is None or directory is None:
            return 0
        found = Meanings(directory)
        return found.known(_meanings_named(searcher)) if found.are_whole else 0

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

    def _searcher(self) -> tantivy.Searcher | None:
        """Reloaded, so that every commit is seen at once; a rebuild may switch directories meanwhile."""
        for _ in range(OPEN_ATTEMPTS):
            directory = self._versions.current()
            if directory is None or self._is_unreadable():
                return None
            try:
                self._compare(directory)
                index = self._index(directory)
                index.reload()
                self._written = seal.documents(directory)
                return index.searcher()
            except (IndexDamaged, OSError, ValueError) as error:
                if directory == self._versions.current():
                    raise IndexDamaged(str(directory)) from error
        raise IndexBusy(str(self._versions.path))

    def _compare(self, directory: Path) -> seal.Seal:
        with self._lock:
            return self._watch.compare(directory)

    def _is_unreadable(self) -> bool:
        outdated = self._versions.is_outdated()
        if outdated:
            logger.error("The search index in %s is outdated: rebuild it", self._versions.path)
        return outdated

    def _index(self, directory: Path) -> tantivy.Index:
        with self._lock:
            if self._opened is None or self._opened[0] != directory:
                self._opened = directory, open_index(directory)
            return self._opened[1]

    def _meanings_now(self) -> Meanings | None:
        """None where there are none, or not as they were written: then one searches by words alone."""
        directory = self._versions.current()
        if directory is None:
            return None
        with self._meanings_lock:
            before = self._meanings[1] if self._meanings and self._meanings[0] == directory else None
            if before is None or before.state != meanings.state_of(directory):
                self._meanings = directory, Meanings(directory, before)
            found = self._meanings[1] if self._meanings else None
        if found and not found.are_whole:
            logger.error("The meanings of the search index are damaged: %s", directory)
        return found if found and found.count and found.are_whole else None

    def _vocabulary(self, searcher: tantivy.Searcher) -> Vocabulary:
        """Read again after each commit when that is quick, less often when it is not."""
        with self._words_lock:
            state = self._state()
            if self._words is None or (self._words[0] != state and time.monotonic() >= self._words_due):
                started = time.monotonic()
                self._words = state, Vocabulary(word for word, _ in searcher.terms_with_prefix("text_exact", ""))
                took = time.monotonic() - started
                self._words_due = time.monotonic() + (took * VOCABULARY_PATIENCE if took > VOCABULARY_CHEAP else 0)
            return self._words[1]

    def _state(self) -> tuple[str, int]:
        """What changes with each commit."""
        directory = self._opened[0] if self._opened else Path()
        try:
            return directory.name, (directory / "meta.json").stat().st_mtime_ns
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
