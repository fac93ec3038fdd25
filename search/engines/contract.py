"""What a search engine must do, whichever it is: the caller brings documents and a person's tokens.

Nothing here knows Django. A document says who may see it (`audience`), a query says what the person
holds (`tokens`); an engine shows, counts, suggests and corrects only where the two meet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

FACETS = ("kind", "space", "organisation", "year")

# Called with the number of documents written so far.
Progress = Callable[[int], None]

# Of the groups named, those that may be shown at this moment: an index may be older than the rights.
Admits = Callable[[Collection[str]], Collection[str]]

# What is asked, as a vector that can be compared with a document's `meaning`; empty where there is none to be had.
Meant = Callable[[str], bytes]

# Around a write, while no other can happen: told the stamp of the index as it is (None where there is none to
# read), gives the stamp of what will have been written; raises IndexDamaged where it must not be written to.
Turn = Callable[[str | None], AbstractContextManager[str]]


class IndexBusy(Exception):
    """Another writer is at work; nothing was written, try again later."""


class EngineDown(Exception):
    """The engine cannot be reached at all: nothing was written; it is a matter for whoever looks after the machine."""


class EngineFull(EngineDown):
    """It answers, and takes nothing more: its disk is full. What it has can still be read."""


class IndexOutdated(Exception):
    """The index was made by another version of the schema: it takes no write, and cannot be read either where a
    search or a suggestion raises this. Rebuild it."""


class IndexDamaged(Exception):
    """What is on disk is not what was written there, or not what belongs there: rebuild it."""


def everybody(groups: Collection[str]) -> Collection[str]:
    """Where nobody asks again: what the index holds for these tokens is shown."""
    return groups


def unstamped(present: str | None) -> AbstractContextManager[str]:
    """Where nobody keeps account of the writes."""
    return nullcontext("")


@dataclass(frozen=True)
class Document:
    """A page, one section of it, or a part of a file; a page's own document has `id == group`."""

    id: str
    group: str
    audience: tuple[str, ...]
    kind: str
    title: str
    text: str
    url: str
    space: str = ""
    organisation: str = ""
    year: int = 0
    date: int | datetime = 0
    code: str = ""
    heading: str = ""
    place: int = 0  # in the page or file, as one reads: the first of what says as much comes first
    superseded: bool = False  # found after what is in force, and never suggested
    version: str = ""
    page_id: int = 0  # of the page behind it; 0 for a file found alone
    file_id: int = 0  # of the file found alone
    meaning: bytes = b""  # what it says, as a vector of small numbers; empty where nobody has made it yet


_EMPTY: dict[str, Any] = {each.name: "" if each.default is MISSING else each.default for each in fields(Document)}
_EMPTY["audience"] = ()


@dataclass(frozen=True)
class Query:
    words: str
    tokens: frozenset[str]
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int = 1
    per_page: int = 10
    # Word or phrase, by its `phrase_key` → what else it may be called.
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kinds: Mapping[str, Collection[str]] = field(default_factory=dict)  # word, by its key → the kinds that it names
    right: Collection[str] = ()  # folded words that are no mistake although no document has them
    admits: Admits = everybody  # what it leaves out is neither shown nor counted, and corrects nothing
    meant: Meant | None = None  # where what is close in meaning counts too


@dataclass(frozen=True)
class Section:
    heading: str
    url: str


@dataclass(frozen=True)
class OldEdition:
    version: str
    url: str


@dataclass(frozen=True)
class Hit:
    group: str
    code: str
    title: str
    kind: str
    space: str
    url: str
    date: int
    superseded: bool
    version: str
    page_id: int
    file_id: int
    snippet: str = ""  # HTML: text escaped, matches in <mark>
    score: float = 0.0
    sections: list[Section] = field(default_factory=list)
    more: int = 0  # matching sections beyond those listed
    editions: list[OldEdition] = field(default_factory=list)  # superseded ones of the same page, found too


@dataclass(frozen=True)
class Results:
    total: int = 0
    hits: list[Hit] = field(default_factory=list)
    # Counted by page, its old editions with it; each ignores its own filter, so that its other values can be chosen.
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: {name: [] for name in FACETS})
    corrected: str | None = None
    all_words: int = 0  # of those found, how many hold every word
    unfiltered: int = 0  # how many there are without the filters
    # What has not the words and may be what is meant, where nothing has all of them: on the first page, never counted.
    near: list[Hit] = field(default_factory=list)
    near_first: bool = False  # it is closer to what was asked than what the words found
    outdated: bool = False  # from an index of another version, in which what changed since is missing


@dataclass(frozen=True)
class Suggestion:
    group: str
    title: str
    code: str
    kind: str
    url: str


def document_like(values: Mapping[str, Any]) -> Document:
    """Of what an index holds: a value that it has not, or of another kind, is empty."""
    known = {name: value for name, value in values.items() if type(value) is type(_EMPTY.get(name))}
    return Document(**{**_EMPTY, **known})


def shown(kind: type[Hit] | type[Suggestion]) -> list[str]:
    """What of a document is handed on with it: the fields that both have."""
    known = {each.name for each in fields(Document)}
    return [each.name for each in fields(kind) if each.name in known]


def handed_on(document: Document, kind: type[Hit] | type[Suggestion]) -> dict[str, Any]:
    return {name: getattr(document, name) for name in shown(kind)}


@dataclass(frozen=True)
class Reason:
    """What one part of the query adds to a document's score; `weight` is its name in the table of weights."""

    weight: str
    words: str
    adds: float


@dataclass(frozen=True)
class Explained:
    """Why a page is where it is among the results."""

    code: str
    title: str
    kind: str
    url: str
    score: float
    words_score: float  # of the document that holds most, before what follows
    reasons: list[Reason]
    factors: list[tuple[str, float]]  # what the score is multiplied by: the weight's name, and how much


class Engine(Protocol):
    """Whatever is asked of it may raise EngineDown."""

    def write(self, add: Iterable[Document], remove: Iterable[str] = (), turn: Turn = unstamped) -> None:
        """Delete by id, then add, in one commit; raises IndexBusy, IndexOutdated or IndexDamaged."""

    def search(self, query: Query) -> Results:
        """What is found; raises IndexBusy or IndexDamaged, and IndexOutdated where an index of another version cannot
        be read."""

    def explain(self, query: Query, limit: int) -> list[Explained]:
        """The first results of the search, each with what brought it there."""

    def suggest(
        self, prefix: str, tokens: frozenset[str], limit: int = 8, admits: Admits = everybody
    ) -> list[Suggestion]: ...

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None, turn: Turn = unstamped) -> None:
        """Write everything aside, then switch; readers go on meanwhile, in an index of another version too, writers
        get IndexBusy."""

    def is_outdated(self) -> bool:
        """Whether the index there is was made by another version of the schema."""

    def stamp(self) -> str | None:
        """The stamp of the last write; None where there is no index that can be read."""

    def count(self) -> int:
        """How many documents the index holds; 0 also when it is missing or outdated: it is another version's."""

    def held(self) -> Iterator[tuple[str, str]]:
        """Of each document that the index holds its id and its fingerprint, of an outdated one none; may raise
        IndexBusy or IndexDamaged."""

    def meant(self) -> int:
        """How many documents it holds with a meaning that can be read; may raise IndexBusy or IndexDamaged."""

    def check_room(self) -> None:
        """Raises EngineFull where it would take no write now."""
