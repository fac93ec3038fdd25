"""The shape of the embedded index: fields, and how an entry becomes one of tantivy's documents and is read again.

tantivy does not store tokenizers: `open_index()` is the only door, because it registers them.
"""

from functools import cache
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from search.engines.contract import Document
from search.engines.embedded.meanings import number_of_meaning
from search.engines.entries import COLUMNS, COUNTED, NO_WORD, PLACED, WHOLE, entry_of

NAMES = ("id", "group", "code", "title", "heading", "url", "version", "kind", "space", "organisation")
NUMBERS = ("date", "page_id", "file_id")


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
    for name in COUNTED:
        builder.add_text_field(name, tokenizer_name="words", index_option="freq")
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


def _field(name: str) -> str:
    return "title_shown" if name == "title" else name  # `title` holds its words


def stored(document: tantivy.Document, name: str) -> Any:
    """Every document has every stored field, so there is always a first value."""
    return document.get_first(_field(name))


def document_of(found: tantivy.Document) -> Document:
    return Document(
        audience=(),
        text=bytes(stored(found, "body")).decode(),
        year=stored(found, "year"),
        superseded=bool(stored(found, "superseded")),
        **{name: stored(found, name) for name in (*NAMES, *NUMBERS)},
    )


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
