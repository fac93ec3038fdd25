"""The parts of a rule's draft, each under a name that lasts: what one comments on, and may word in another way.

A part with readers of its own is none: those who are asked are not its readers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.pages.blocks import plain
from portal.templatetags.portal_tags import plain_to_html

from . import record
from .fingerprints import fingerprint

Rows = list[list[str]]
FIELDS = ("summary", "when_to_use", "when_not", "starts", "total_time", "note", "norm")
STEP = ("who", "within", "question", "yes", "no", "note")
LOST: dict[str, Promise] = {
    "b": gettext_lazy("il grassetto"), "i": gettext_lazy("il corsivo"), "a": gettext_lazy("i collegamenti"),
    "ol": gettext_lazy("i numeri degli elenchi"), "h3": gettext_lazy("i titoletti"),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One part as it stands in one draft; `said` is all that is read there, `text` and `rows` what may be worded."""

    key: str
    heading: str
    said: str
    sha256: str
    kind: str = ""  # of the block; empty for a field
    text: str | None = None  # None: only commented on
    rows: Rows = field(default_factory=list)
    loses: tuple[str, ...] = ()  # looks that plain words do not have

    @property
    def wording(self) -> dict[str, Any]:
        return {"text": self.text or "", "rows": self.rows}

    @property
    def takes_words(self) -> bool:
        return self.text is not None


def of(page: Any) -> dict[str, Place]:
    """Every part of the draft, in the order in which it is read."""
    return {place.key: place for place in [*_fields(page), *_body(page), *_steps(page)]}


def in_words(wording: dict[str, Any]) -> str:
    """A wording as one text, for comparison."""
    return "\n".join(filter(None, [wording["text"], *(f"{term}: {text}" for term, text in wording["rows"])]))


def _fields(page: Any) -> Iterator[Place]:
    for name in FIELDS:
        if name in page.says and (text := getattr(page, name)):
            sha256 = fingerprint({name: text})
            yield Place(name, str(record.FIELDS[name]), text, sha256, text=text)
    if lines := "\n".join(str(line.value) for line in getattr(page, "in_brief", None) or []):
        yield Place("in_brief", str(record.FIELDS["in_brief"]), lines, fingerprint({"in_brief": lines}))


def _body(page: Any) -> Iterator[Place]:
    under = _("All’inizio")
    for block in getattr(page, "body", None) or []:
        if block.block_type == "reserved":
            continue
        said = block.block.words(block.value)
        sha256 = fingerprint({"said": block.block.get_prep_value(block.value)})
        if block.block_type == "section":
            under, source = block.value["heading"], _source(block.value["text"])
            rows = [[row["term"], row["text"]] for row in block.value["rows"]]
            yield Place(block.id, under, said, sha256, "section", plain(source), rows, _loses(source))
        elif block.block_type == "text":
            heading = _("%(section)s, il seguito") % {"section": under}
            yield Place(block.id, heading, said, sha256, "text", said, loses=_loses(_source(block.value)))
        else:
            heading = f"{under}, {str(block.block.label).lower()}"
            yield Place(block.id, heading, said, sha256, block.block_type)


def _steps(page: Any) -> Iterator[Place]:
    for number, block in enumerate(getattr(page, "steps", None) or [], start=1):
        step = block.value
        said = "\n".join(filter(None, [step["text"], *(step.get(name) or "" for name in STEP)]))
        sha256 = fingerprint({"said": block.block.get_prep_value(step)})
        heading = _("Passo %(number)d: %(title)s") % {"number": number, "title": step["title"]}
        yield Place(block.id, heading, said, sha256, "step", step["text"])


def _source(value: Any) -> str:
    return str(value.source) if value else ""


def _loses(source: str) -> tuple[str, ...]:
    soup = BeautifulSoup(source, "html.parser")
    return tuple(str(words) for tag, words in LOST.items() if soup.find(tag))


# --- Put into the draft ----------------------------------------------------------------------------------


def put(page: Any, place: Place, wording: dict[str, Any]) -> None:
    """The wording in its place; nothing else of the page is touched, nor the look of paragraphs that stay."""
    if not place.kind:
        setattr(page, place.key, wording["text"])
        return
    block = next(each for each in (*_stream(page, "body"), *_stream(page, "steps")) if each.id == place.key)
    if place.kind == "text":
        block.value = block.block.to_python(as_html(wording["text"], _source(block.value)))
        return
    children = block.block.child_blocks
    if place.kind == "step":
        block.value["text"] = wording["text"]
        return
    block.value["text"] = children["text"].to_python(as_html(wording["text"], _source(block.value["text"])))
    rows = [{"term": term, "text": text} for term, text in wording["rows"]]
    block.value["rows"] = children["rows"].to_python(rows)


def _stream(page: Any, name: str) -> Any:
    return getattr(page, name, None) or []


def as_html(text: str, source: str) -> str:
    """Plain words as rich text; a paragraph or a list that says the same as before keeps its looks and its links."""
    soup = BeautifulSoup(source, "html.parser")
    kept = {plain(str(tag)): str(tag) for tag in soup.find_all(True, recursive=False) if isinstance(tag, Tag)}
    parts = [part.strip() for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "".join(kept.get(part) or plain_to_html(part) for part in parts)
