"""The shape of the embedded index: analyzers, fields, and how a document becomes one of tantivy's.

tantivy does not store tokenizers: `open_index()` is the only door, because it registers them.
"""

from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from search.engines.contract import Document, Hit, Suggestion, shown
from search.engines.stopwords import ITALIAN
from search.query import code_form, normalise, words_of

# Change it whenever the fields or the analyzers change: the old index is then outdated, not misread.
SCHEMA = "v3"

MAX_WORD = 60
MAX_TITLE_START = 200


@cache
def stemmed() -> TextAnalyzer:
    """Fold, then stem: the other way round `qualità` and `qualita` part."""
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(MAX_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.custom_stopword(ITALIAN))
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("italian"))
        .build()
    )


@cache
def exact() -> TextAnalyzer:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(MAX_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .build()
    )


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "group"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("audience", "code_form", "title_start"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("code", "title_shown", "heading", "url", "version", "kind", "space", "organisation"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    # Title, heading and body in one field rank better than the same fields summed.
    builder.add_text_field("text", tokenizer_name="it")
    builder.add_text_field("text_x", tokenizer_name="it_x", index_option="freq")
    builder.add_text_field("title", tokenizer_name="it", index_option="freq")
    builder.add_text_field("title_x", tokenizer_name="it_x", index_option="freq")
    # A section's own words, without its page's title: they tell which sections match by themselves.
    builder.add_text_field("own", stored=True, tokenizer_name="it", index_option="freq")
    builder.add_integer_field("date", stored=True, indexed=True, fast=True)
    builder.add_integer_field("year", stored=True, indexed=True, fast=True)
    builder.add_integer_field("section", indexed=True)
    builder.add_integer_field("superseded", stored=True, indexed=True, fast=True)
    for name in ("page_id", "file_id"):
        builder.add_integer_field(name, stored=True)
    # Numbers standing for strings: thousands of hits are counted by group without reading a document.
    builder.add_integer_field("group_no", indexed=True, fast=True)
    for name in ("kind", "space", "organisation"):
        builder.add_integer_field(f"{name}_no", indexed=True, fast=True)
    return builder.build()


def open_index(directory: Path, *, create: bool = False) -> tantivy.Index:
    """Only a new version is created: opening one just removed must fail, not give an empty index."""
    index = tantivy.Index(schema(), path=str(directory)) if create else tantivy.Index.open(str(directory))
    index.register_tokenizer("it", stemmed())
    index.register_tokenizer("it_x", exact())
    # The engine reloads before each search: no watching thread, no delay.
    index.config_reader("manual")
    return index


def stored(document: tantivy.Document, field: str) -> Any:
    """Every document has every stored field, so there is always a first value."""
    return document.get_first(field)


def handed_on(document: tantivy.Document, kind: type[Hit] | type[Suggestion]) -> dict[str, Any]:
    """What goes into a hit or a suggestion as the document has it."""
    values = {name: stored(document, "title_shown" if name == "title" else name) for name in shown(kind)}
    return values | ({"superseded": bool(values["superseded"])} if "superseded" in values else {})


def number_of(value: str) -> int:
    """63 bits of a hash: two values of one index meeting by chance is out of the question."""
    return int.from_bytes(blake2b(value.encode(), digest_size=8).digest()) >> 1


def to_tantivy(document: Document) -> tantivy.Document:
    title, heading, text = (normalise(part) for part in (document.title, document.heading, document.text))
    is_section = document.id != document.group
    made = tantivy.Document()
    for name in ("id", "group", "url", "code", "version"):
        made.add_text(name, getattr(document, name))
    for name in ("kind", "space", "organisation"):
        value = normalise(getattr(document, name))
        made.add_text(name, value)
        made.add_integer(f"{name}_no", number_of(value))
    for token in document.audience:
        made.add_text("audience", token)
    made.add_text("title_shown", title)
    made.add_text("heading", heading)
    _add_words(made, title, heading, text, "" if is_section else normalise(document.code))
    made.add_integer("date", _seconds(document.date))
    made.add_integer("year", document.year)
    made.add_integer("group_no", number_of(document.group))
    made.add_integer("section", int(is_section))
    for name in ("superseded", "page_id", "file_id"):
        made.add_integer(name, int(getattr(document, name)))
    if not is_section:
        # Only the page itself answers to its code and is suggested.
        made.add_text("code_form", code_form(document.code))
        made.add_text("title_start", " ".join(words_of(title))[:MAX_TITLE_START])
    return made


def _add_words(made: tantivy.Document, title: str, heading: str, text: str, code: str) -> None:
    for part in filter(None, (code, title, heading)):
        for name in ("text", "text_x", "title", "title_x"):
            made.add_text(name, part)
    for name in ("text", "text_x"):
        made.add_text(name, text)
    # The body comes last: the snippet takes it from there.
    for part in (heading, text):
        made.add_text("own", part)


def _seconds(date: int | datetime) -> int:
    return int(date.timestamp()) if isinstance(date, datetime) else date
