"""An index as an older version of the schema left it: other fields, in another order, under another name."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import tantivy

from search.engines.contract import Document, Turn, unstamped
from search.engines.elastic import engine as elastic
from search.engines.elastic import shape
from search.engines.embedded import engine as embedded
from search.engines.embedded import tantivy_index

SCHEMA = "v1"


def write(
    engine: Any,
    documents: Iterable[Document],
    turn: Turn = unstamped,
    *,
    lacking: Collection[str] = (),
    numbers: Collection[str] = (),
) -> None:
    """As it had been written before `lacking` were added, when `numbers` were fields of numbers that nobody filled."""
    make = _on_a_server if hasattr(engine, "_server") else _embedded
    with make(engine, {*lacking}, {*numbers}):
        engine.rebuild(documents, None, turn)


# --- Embedded --------------------------------------------------------------------------------------------


class Fields:
    """Notes which fields a schema is made of; makes one of them the other way round."""

    def __init__(self, lacking: set[str], numbers: set[str]) -> None:
        self.lacking, self.numbers = lacking, numbers
        self.noted: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., None]:
        return lambda name, **how: self.noted.append((method, name, how))

    def build(self) -> tantivy.Schema:
        builder = tantivy.SchemaBuilder()
        for method, name, how in reversed(self.noted):
            if name in self.numbers:
                builder.add_date_field(name, stored=True, indexed=True, fast=True)
            elif name not in self.lacking:
                getattr(builder, method)(name, **how)
        builder.add_text_field("forgotten_since", stored=True)
        return builder.build()


class Written:
    """One of tantivy's documents, without what the schema has not."""

    def __init__(self, left_out: set[str]) -> None:
        self.made = tantivy.Document()
        self._left_out = left_out

    def __getattr__(self, method: str) -> Callable[..., None]:
        def add(name: str, value: Any) -> None:
            if name not in self._left_out:
                getattr(self.made, method)(name, value)

        return add


def _to_older(document: Document) -> Any:
    made: Any = tantivy_index.to_tantivy(document)
    return made.made


@contextmanager
def _embedded(engine: Any, lacking: set[str], numbers: set[str]) -> Iterator[None]:
    left_out = lacking | numbers
    stand_in = SimpleNamespace(
        SchemaBuilder=lambda: Fields(lacking, numbers), Document=lambda: Written(left_out), Index=tantivy.Index
    )
    with patch.object(tantivy_index, "tantivy", stand_in):
        schema = tantivy_index.schema.__wrapped__()
        with (
            patch.object(tantivy_index, "schema", lambda: schema),
            patch.object(embedded, "to_tantivy", _to_older),
            patch.object(engine._versions, "schema", SCHEMA),
        ):
            yield


# --- On a server -----------------------------------------------------------------------------------------


@contextmanager
def _on_a_server(engine: Any, lacking: set[str], numbers: set[str]) -> Iterator[None]:
    original = shape.source_of
    shown_as = {"title_shown": "title", "body": "text", "year": "year", "version": "version", "heading": "heading"}

    def template(name: str, pattern: str) -> Any:
        made = shape.template(name, pattern).to_dict()
        declared = made["template"]["mappings"]["properties"]
        kept = {each: how for each, how in reversed(declared.items()) if each not in lacking}
        made["template"]["mappings"]["properties"] = kept | dict.fromkeys(numbers, {"type": "date"})
        return SimpleNamespace(save=lambda using: using.indices.put_index_template(name=name, body=made))

    def source_of(document: Document) -> dict[str, Any]:
        source = {each: value for each, value in original(document).items() if each not in lacking | numbers}
        gone = {shown_as[each] for each in lacking if each in shown_as}
        if "shown" in source:
            shown = {each: value for each, value in source["shown"].items() if each not in gone}
            source["shown"] = shown | {"forgotten_since": "x"}
        return source

    with (
        patch.object(elastic, "SCHEMA", SCHEMA),
        patch.object(elastic, "template", template),
        patch.object(shape, "source_of", source_of),
    ):
        yield
