"""A document as every index holds it: its words as they are looked for, numbers to count by, and what is shown.

The words are made here, in Python, so that no engine has an Italian of its own: an index cuts at spaces and no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from search.engines.contract import Document
from search.engines.impacts import FIELD as IMPACTS
from search.engines.impacts import USUAL, tokens
from search.italian import FORMS, STEMS, STOPWORDS
from search.query import code_form, normalise, tokens_of, words_of

# Change it whenever the fields, the words or what is a document change: an old index is then outdated, not misread.
SCHEMA = "v11"

MAX_TITLE_START = 200
MEANING = 384  # numbers from -127 to 127, of which a document's meaning consists
NO_WORD = "_"  # holds the place of a stopword, so that phrases keep their distances; no index finds it

# Title, heading and body in one field rank better than the same fields summed. `own` is a section's words without its
# page's title: they tell which sections match by themselves. Phrases are asked of these two alone.
PLACED = ("text", "own")
# A word is there or not; how much a document speaks of it stands in the impacts.
HELD = ("text_form", "text_exact", "title", "title_form", "title_exact", IMPACTS)
WHOLE = ("audience", "code_form", "title_start")  # values that are looked for as they are
# Numbers that stand for strings: thousands of documents are counted by group without reading one.
COLUMNS = ("group_no", "unit_no", "kind_no", "space_no", "organisation_no", "year", "superseded", "place")


@dataclass(frozen=True)
class Entry:
    shown: Document  # as it is given back: normalised, and without audience and meaning
    words: dict[str, list[str]]  # of each field; values apart, so that no phrase goes from a title into a text
    whole: dict[str, list[str]]
    numbers: dict[str, int]
    fingerprint: str


def fingerprint_of(document: Document) -> str:
    """By which one sees whether the index holds a document as it is."""
    values = [getattr(document, each.name) for each in fields(document)]
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=12).hexdigest()


def entry_of(document: Document) -> Entry:
    shown = _normalised(document)
    is_section = document.id != document.group
    code = "" if is_section else shown.code
    whole = {"audience": list(document.audience)}
    if not is_section:  # only the page itself answers to its code and is suggested
        whole["code_form"] = [code_form(code)]
        whole["title_start"] = [" ".join(words_of(shown.title))[:MAX_TITLE_START]]
    numbers = _numbers_of(shown, is_section=is_section)
    return Entry(shown, _words_of(shown, code), whole, numbers, fingerprint_of(document))


def number_of(value: str) -> int:
    """63 bits of a hash: two values of one index meeting by chance is out of the question."""
    return int.from_bytes(blake2b(value.encode(), digest_size=8).digest()) >> 1


def _normalised(document: Document) -> Document:
    date = document.date
    names = ("title", "heading", "text", "kind", "space", "organisation", "code")
    said: dict[str, Any] = {name: normalise(getattr(document, name)) for name in names}
    seconds = int(date.timestamp()) if isinstance(date, datetime) else date
    return replace(document, audience=(), meaning=b"", date=seconds, **said)


def _words_of(document: Document, code: str) -> dict[str, list[str]]:
    named = [_written(text) for text in (code, document.title, document.heading) if text]
    above, body = _written(document.heading), _written(document.text)
    found: dict[str, list[str]] = {name: [] for name in (*PLACED, *HELD)}
    for name, parts in (("title", named), ("text", [*named, body])):
        for stems, forms, exact in parts:
            found[name].append(stems)
            found[f"{name}_form"].append(forms)
            found[f"{name}_exact"].append(exact)
    found["own"] = [above[0], body[0]]
    found[IMPACTS].append(" ".join(_impacts(found)))
    return found


def _impacts(words: dict[str, list[str]]) -> Iterator[str]:
    for field in USUAL:
        yield from tokens(field, [word for part in words[field] for word in part.split() if word != NO_WORD])


def _written(text: str) -> tuple[str, str, str]:
    """Its words as they are looked for: by the stem, without number and gender, as they stand."""
    words = _split(text)
    stems = [NO_WORD if word in STOPWORDS else STEMS[word] for word in words]
    return " ".join(stems), " ".join(FORMS[word] for word in words if word not in STOPWORDS), " ".join(words)


def _split(text: str) -> list[str]:
    return [word for token in tokens_of(text) for word in (token.word, *token.pieces)]


def _numbers_of(document: Document, *, is_section: bool) -> dict[str, int]:
    numbers = {f"{name}_no": number_of(getattr(document, name)) for name in ("group", "kind", "space", "organisation")}
    # A page and its old editions are one.
    unit = f"page:{document.page_id}" if document.page_id else document.group
    return numbers | {
        "unit_no": number_of(unit),
        "year": document.year,
        "place": document.place,
        "section": int(is_section),
        "superseded": int(document.superseded),
    }
