"""The search engine on a server of its own: Elasticsearch 8, the same search in front of another index.

`name` is an alias; behind it stands one index at a time, as `name-v6-20261126t101500-1a2b3c`, made by a template. A
rebuild fills the next aside and then moves the alias, in one step.
"""

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from elasticsearch import BadRequestError, NotFoundError
from elasticsearch.helpers import scan, streaming_bulk

from search.engines.contract import (
    Admits,
    Document,
    EngineDown,
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
from search.engines.elastic.lease import Lease
from search.engines.elastic.reader import ElasticReader, IndexSwitched, question_to
from search.engines.elastic.server import NoShard, Server, fault_of, full
from search.engines.elastic.shape import STAMP, lacking, template, writes
from search.engines.entries import SCHEMA
from search.engines.explaining import explained
from search.engines.older import OlderReader, as_far_as_it_goes
from search.engines.person_search import Names, PersonSearch, without_refused
from search.engines.reader import Reader
from search.engines.suggestions import suggest

logger = logging.getLogger(__name__)
ATTEMPTS = 5  # to read an index that is being switched
PROGRESS_EVERY = 1000
LINES = 500  # in one bulk request
GONE = 404  # what is to be deleted may have been
Found = TypeVar("Found")


@dataclass(frozen=True)
class Version:
    """The index behind the alias."""

    index: str
    stamp: str | None  # None where it shows none: it is not as it was written

    @property
    def is_outdated(self) -> bool:
        return f"-{SCHEMA}-" not in self.index


class ElasticEngine:
    def __init__(self, url: str) -> None:
        self._server = Server(url)
        self._names: Names = {}
        self._lacking: dict[str, frozenset[str]] = {}  # of each index, the fields that it has not

    # Reading

    def search(self, query: Query) -> Results:
        def read(version: Version) -> Results:
            return replace(self._person_search(version, query).results(), outdated=version.is_outdated)

        return self._reading(read) or Results()

    def explain(self, query: Query, limit: int) -> list[Explained]:
        return self._reading(lambda version: explained(self._person_search(version, query), limit)) or []

    def _person_search(self, version: Version, query: Query) -> PersonSearch:
        def reader(refused: Iterable[int]) -> Reader:
            return self._reader(version, query.tokens, refused)

        # What an older index calls by a number need not be what this one does.
        return without_refused(reader, query, {} if version.is_outdated else self._names)

    def _reader(self, version: Version, tokens: Iterable[str], refused: Iterable[int] = ()) -> Reader:
        lacks = self._lacking_of(version)
        made = ElasticReader(self._server, version.index, tokens, refused, lacks)
        return OlderReader(made, lacks) if lacks else made

    def suggest(
        self, prefix: str, tokens: frozenset[str], limit: int = 8, admits: Admits = everybody
    ) -> list[Suggestion]:
        def read(version: Version) -> list[Suggestion]:
            return suggest(self._reader(version, tokens), prefix, limit, admits)

        return (self._reading(read) or []) if tokens else []

    def is_outdated(self) -> bool:
        version = self._current()
        return version is not None and version.is_outdated

    def stamp(self) -> str | None:
        version = self._current()
        if version is None:
            return None
        try:
            self._lacking_of(version)
        except (IndexOutdated, IndexSwitched) as problem:
            logger.error("The search index cannot be read: %s", problem)
            return None
        return version.stamp

    def count(self) -> int:
        return self._having("address")

    def meant(self) -> int:
        return self._having("meaning")

    def _having(self, field: str) -> int:
        def read(version: Version) -> int:
            if version.is_outdated:
                return 0
            with self._server.answers():
                texts = self._server.searching.count(index=version.index, query={"exists": {"field": field}})
            return int(texts["count"])

        return self._reading(read) or 0

    def held(self) -> Iterator[tuple[str, str]]:
        version = self._current()
        if version is None or version.is_outdated:
            return
        wanted = {"query": {"exists": {"field": "address"}}, "_source": ["id", "fingerprint"]}
        with self._server.answers():
            for hit in scan(self._server.writing, query=wanted, index=version.index, size=PROGRESS_EVERY):
                yield hit["_source"]["id"], hit["_source"]["fingerprint"]

    def check_room(self) -> None:
        with self._server.answers():
            try:
                found = self._server.searching.indices.get_settings(index=self._server.name, name="index.blocks.*")
            except NotFoundError:
                return
        if any(each["settings"] for each in found.values()):
            raise full(self._server.place)

    def _reading(self, read: Callable[[Version], Found]) -> Found | None:
        """None where there is no index to read. A whole search reads one index, though another may be switched in."""
        for _ in range(ATTEMPTS):
            version = self._current()
            if version is None:
                return None
            if version.stamp is None:
                raise IndexDamaged(version.index)
            with suppress(IndexSwitched):
                if not version.is_outdated:
                    return read(version)
                with as_far_as_it_goes(version.index, BadRequestError):
                    return read(version)
        raise IndexBusy(self._server.name)

    def _lacking_of(self, version: Version) -> frozenset[str]:
        return self._lacking_in(version.index) if version.is_outdated else frozenset()

    def _lacking_in(self, index: str) -> frozenset[str]:
        """Asked once of each index: its fields never change."""
        if index not in self._lacking:
            with question_to(self._server, index):
                mapping = self._server.searching.indices.get_mapping(index=index)
            with as_far_as_it_goes(index):
                self._lacking[index] = lacking(index, mapping[index]["mappings"]["properties"])
        return self._lacking[index]

    # Writing

    def write(self, add: Iterable[Document], remove: Iterable[str] = (), turn: Turn = unstamped) -> None:
        documents = {document.id: document for document in add}
        with Lease(self._server).held():
            version = self._current()
            if version is not None and version.is_outdated:
                raise IndexOutdated(version.index)
            with turn(version.stamp if version else None) as stamp:
                if version is not None and version.stamp is None:
                    raise IndexDamaged(version.index)
                index = version.index if version else self._start()
                removed = (identifier for identifier in remove if identifier not in documents)
                for _done in self._filled(index, iter(documents.values()), removed, stamp):
                    pass

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None, turn: Turn = unstamped) -> None:
        with Lease(self._server).held() as lease, turn(self.stamp()) as stamp:
            self._remove_others()
            index = self._new()
            for number in self._filled(index, iter(documents), iter(()), stamp):
                lease.renew()
                if progress and number % PROGRESS_EVERY == 0:
                    progress(number)
            lease.confirm()
            self._switch(index)
            self._remove_others()

    def _filled(self, index: str, added: Iterator[Document], removed: Iterator[str], stamp: str) -> Iterator[int]:
        """Write, and make it seen; yields the number of each line written."""
        lines = writes(index, added, removed, stamp)
        bulk = streaming_bulk(
            self._server.writing, lines, chunk_size=LINES, raise_on_error=False, raise_on_exception=True
        )
        with self._server.answers():
            for number, (is_done, line) in enumerate(bulk, start=1):
                [answer] = line.values()
                if not is_done and answer["status"] != GONE:
                    said = str(answer.get("error"))
                    raise fault_of(self._server.place, answer["status"], said) or ValueError(said)
                yield number
            self._server.writing.indices.refresh(index=index)

    # Versions

    def _current(self) -> Version | None:
        """The index behind the alias; None where there is none."""
        try:
            with self._server.answers():
                found = self._server.searching.get(index=self._server.name, id=STAMP)
        except NotFoundError as error:
            index = error.body.get("_index")
            return self._known(index, None) if index else None
        except NoShard:
            return self._known(self._unreadable(), None)
        version = self._known(found["_index"], found["_source"]["stamp"])
        return version if self._is_as_made(version) else replace(version, stamp=None)

    def _is_as_made(self, version: Version) -> bool:
        """Whether it has our fields: without our template whoever makes an index by its name makes another."""
        if version.is_outdated:
            return True  # what it lacks is asked when it is read
        try:
            return not self._lacking_in(version.index)
        except IndexOutdated:
            return False
        except IndexSwitched:
            return True  # whoever reads it will see

    def _unreadable(self) -> str:
        """The index, if the server has given up reading it; EngineDown while it may still come."""
        with self._server.answers():
            shards: Any = self._server.searching.cat.shards(
                index=self._server.name, h="index,state,unassigned.reason", format="json"
            )
        for shard in shards:
            if (shard["state"], shard["unassigned.reason"]) == ("UNASSIGNED", "ALLOCATION_FAILED"):
                return str(shard["index"])
        raise NoShard(f"{self._server.place}: the index does not answer")

    def _known(self, index: str, stamp: str | None) -> Version:
        if not self._is_ours(index):
            raise EngineDown(f"{self._server.place}: «{self._server.name}» is the name of an index of somebody else's")
        return Version(index, stamp)

    def _is_ours(self, index: str) -> bool:
        return re.fullmatch(rf"{re.escape(self._server.name)}-v\d+-\d{{8}}t\d{{6}}-[0-9a-f]{{6}}", index) is not None

    def _start(self) -> str:
        index = self._new()
        self._switch(index)
        return index

    def _new(self) -> str:
        name = self._server.name
        index = f"{name}-{SCHEMA}-{datetime.now(UTC):%Y%m%dt%H%M%S}-{uuid.uuid4().hex[:6]}"
        with self._server.answers():
            template(name, f"{name}-{SCHEMA}-*").save(using=self._server.writing)
            self._server.writing.indices.create(index=index)
        return index

    def _switch(self, index: str) -> None:
        """In one step, so that a reader sees the old index or the new one, never both or none."""
        name = self._server.name
        old = [{"remove": {"index": each, "alias": name}} for each in self._behind_the_alias()]
        with self._server.answers():
            self._server.writing.indices.update_aliases(actions=[*old, {"add": {"index": index, "alias": name}}])

    def _behind_the_alias(self) -> list[str]:
        with self._server.answers():
            try:
                return list(self._server.writing.indices.get_alias(name=self._server.name))
            except NotFoundError:
                return []

    def _remove_others(self) -> None:
        """Old versions, and what a killed rebuild left behind."""
        current = self._behind_the_alias()
        with self._server.answers():
            known = self._server.writing.indices.get(index=f"{self._server.name}-v*", features="aliases")
            for index in known:
                if self._is_ours(index) and index not in current:
                    self._server.writing.indices.delete(index=index, ignore_unavailable=True)
