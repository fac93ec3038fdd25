"""The shape of the embedded index: fields, and how a document becomes one of tantivy's.

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
from search.italian import FORMS, STEMS, STOPWORDS
from search.query import code_form, normalise, tokens_of, words_of

# Change it whenever the fields or the analyzers change: the old index is then outdated, not misread.
SCHEMA = "v5"

MAX_TITLE_START = 200
NO_WORD = "_"  # holds the place of a stopword, so that phrases keep their distances


@cache
def ready_made() -> TextAnalyzer:
    """Words come as they are looked for: every engine has them from `search.query`."""
    return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.custom_stopword([NO_WORD])).build()


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
    builder.add_text_field("text", tokenizer_name="words")
    # A section's own words, without its page's title: they tell which sections match by themselves.
    builder.add_text_field("own", tokenizer_name="words")
    for name in ("text_form", "text_exact", "title", "title_form", "title_exact"):
        builder.add_text_field(name, tokenizer_name="words", index_option="freq")
    builder.add_bytes_field("body", stored=True)
    builder.add_integer_field("date", stored=True, indexed=True, fast=True)
    builder.add_integer_field("year", stored=True, indexed=True, fast=True)
    builder.add_integer_field("section", indexed=True)
    builder.add_integer_field("superseded", stored=True, indexed=True, fast=True)
    for name in ("page_id", "file_id"):
        builder.add_integer_field(name, stored=True)
    # Numbers standing for strings: thousands of hits are counted by group without reading a document.
    builder.add_integer_field("group_no", indexed=True, fast=True)
    builder.add_integer_field("unit_no", fast=True)  # a page and its old editions are one
    for name in ("kind", "space", "organisation"):
        builder.add_integer_field(f"{name}_no", indexed=True, fast=True)
    return builder.build()


def open_index(directory: Path, *, create: bool = False) -> tantivy.Index:
    """Only a new version is created: opening one just removed must fail, not give an empty index."""
    index = tantivy.Index(schema(), path=str(directory)) if create else tantivy.Index.open(str(directory))
    index.register_tokenizer("words", ready_made())
    # The engine reloads before each search: no watching thread, no delay.
    index.config_reader("manual")
    return index


def stored(document: tantivy.Document, field: str) -> Any:
    """Every document has every stored field, so there is always a first value."""
    return document.get_first(field)


def body_of(document: tantivy.Document) -> str:
    return bytes(stored(document, "body")).decode()


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
    made.add_integer("unit_no", number_of(f"page:{document.page_id}" if document.page_id else document.group))
    made.add_integer("section", int(is_section))
    for name in ("superseded", "page_id", "file_id"):
        made.add_integer(name, int(getattr(document, name)))
    if not is_section:
        # Only the page itself answers to its code and is suggested.
        made.add_text("code_form", code_form(document.code))
        made.add_text("title_start", " ".join(words_of(title))[:MAX_TITLE_START])
    return made


def _add_words(made: tantivy.Document, title: str, heading: str, text: str, code: str) -> None:
    named, above, body = list(map(_words, filter(None, (code, title, heading)))), _words(heading), _words(text)
    for name, parts in (("title", named), ("text", [*named, body]), ("own", [above, body])):
        for part in parts:  # each apart: no phrase goes from a title into a text
            made.add_text(name, " ".join(NO_WORD if word in STOPWORDS else STEMS[word] for word in part))
            if name != "own":
                made.add_text(f"{name}_form", " ".join(FORMS[word] for word in part if word not in STOPWORDS))
                made.add_text(f"{name}_exact", " ".join(part))
    made.add_bytes("body", text.encode())


def _words(text: str) -> list[str]:
    return [word for token in tokens_of(text) for word in (token.word, *token.pieces)]


def _seconds(date: int | datetime) -> int:
    return int(date.timestamp()) if isinstance(date, datetime) else date
