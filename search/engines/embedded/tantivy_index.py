"""The shape of the embedded index: fields, and how an entry becomes one of tantivy's documents and is read again.

A query knows a field by its place in the schema, so it is made for the schema of the very index that is asked.

tantivy does not store tokenizers: `open_index()` is the only door, because it registers them.
"""

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from search.engines import older
from search.engines.contract import Document, document_like
from search.engines.embedded.meanings import number_of_meaning
from search.engines.entries import COLUMNS, HELD, NO_WORD, PLACED, WHOLE, entry_of

NAMES = ("id", "group", "code", "title", "heading", "url", "version", "kind", "space", "organisation")
NUMBERS = ("date", "page_id", "file_id")
SHOWN = ("title_shown", "url", "kind")  # without these nothing can be listed
META = "meta.json"
VERSIONS = 8  # of other schemas that one process remembers


@cache
def ready_made() -> TextAnalyzer:
    """Words come as they are looked for: every engine has them from `search.engines.entries`."""
    return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.custom_stopword([NO_WORD])).build()


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in NAMES:
        builder.add_text_field(_field(name), stored=True, tokenizer_name="raw", index_option="basic")
    for name in WHOLE:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in PLACED:
        builder.add_text_field(name, tokenizer_name="words")
    for name in HELD:
        builder.add_text_field(name, tokenizer_name="words", index_option="basic")
    builder.add_bytes_field("body", stored=True)
    builder.add_text_field("fingerprint", stored=True, tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        builder.add_integer_field(name, stored=True)
    builder.add_integer_field("section", indexed=True)
    for name in COLUMNS:
        builder.add_integer_field(name, indexed=True, fast=True, stored=name in ("year", "superseded"))
    builder.add_integer_field("meaning_no", fast=True)
    return builder.build()


def open_index(directory: Path, *, create: bool = False) -> tantivy.Index:
    """Only a new version is created: opening one just removed must fail, not give an empty index."""
    index = tantivy.Index(schema(), path=str(directory)) if create else tantivy.Index.open(str(directory))
    index.register_tokenizer("words", ready_made())
    # The engine reloads before each search: no watching thread, no delay.
    index.config_reader("manual")
    return index


@lru_cache(VERSIONS)
def lacking(directory: Path) -> frozenset[str]:
    """The fields that a version of another schema has not, or not as they are here; IndexOutdated where it is of no
    use without them."""
    with older.as_far_as_it_goes(directory.name, OSError):
        declared = json.loads((directory / META).read_text())["schema"]
        return older.lacking(directory.name, _shapes(declared), _shapes(_declared()), SHOWN)


def _declared() -> Any:
    """The schema as tantivy writes it down beside an index."""
    reduced: Any = schema().__reduce__()  # as it would be pickled
    return reduced[1][0]["inner"]


def _shapes(declared: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    """What a question to a field rests on; by which words a text was cut, for instance, it does not."""
    return {each["name"]: (each["type"], *_how(each["options"])) for each in declared}


def _how(options: Any) -> tuple[Any, ...]:
    # How often a word stands in a document is asked of no field.
    record = (options.get("indexing") or {}).get("record")
    return (
        "basic" if record == "freq" else record,
        options.get("indexed"),
        bool(options.get("fast")),
        options.get("stored"),
    )


def _field(name: str) -> str:
    return "title_shown" if name == "title" else name  # `title` holds its words


def stored(document: tantivy.Document, name: str) -> Any:
    """Every document has every stored field, so there is always a first value; none in an index of another schema."""
    return document.get_first(_field(name))


def document_of(found: tantivy.Document) -> Document:
    said = {name: stored(found, name) for name in (*NAMES, *NUMBERS, "year")}
    said["text"] = bytes(stored(found, "body") or b"").decode()
    said["superseded"] = bool(stored(found, "superseded"))
    return document_like(said)


def to_tantivy(document: Document) -> tantivy.Document:
    entry = entry_of(document)
    made = tantivy.Document()
    for name in NAMES:
        made.add_text(_field(name), getattr(entry.shown, name))
    for name, values in (*entry.whole.items(), *entry.words.items()):
        for value in values:
            made.add_text(name, value)
    for name in NUMBERS:
        made.add_integer(name, getattr(entry.shown, name))
    for name, number in entry.numbers.items():
        made.add_integer(name, number)
    made.add_integer("meaning_no", number_of_meaning(document.meaning))
    made.add_bytes("body", entry.shown.text.encode())
    made.add_text("fingerprint", entry.fingerprint)
    return made
