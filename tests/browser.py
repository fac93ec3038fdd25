"""What a browser sends when somebody opens a page and presses the button of a form without touching anything."""

import json
import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from modelcluster.models import get_all_child_relations
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page

# A browser empties a field of these types whose value is not written as the standard asks.
STANDARD = {
    "date": r"\d{4}-\d\d-\d\d",
    "datetime-local": r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?",
    "time": r"\d\d:\d\d(:\d\d)?",
    "number": r"-?\d+(\.\d+)?",
}
NEVER_SENT = {"submit", "button", "image", "reset", "file"}

Sent = dict[str, Any]


def form(html: str, where: str) -> Tag:
    """The form of the page that the CSS selector names."""
    page = BeautifulSoup(html, "html.parser")
    for hidden in page.find_all("template"):
        hidden.decompose()
    found = page.select(where)
    assert len(found) == 1, (where, len(found))
    return found[0]


def streams_of(page: Page) -> dict[str, blocks.StreamBlock]:
    """The StreamFields of a page and of its rows, by the names that they have in its form."""
    found = {each.name: each.stream_block for each in page._meta.fields if isinstance(each, StreamField)}
    for relation in get_all_child_relations(type(page)):
        name, fields = relation.get_accessor_name(), relation.related_model._meta.fields
        of_row = {each.name: each.stream_block for each in fields if isinstance(each, StreamField)}
        for number in range(getattr(page, name).count()):
            found |= {f"{name}-{number}-{field}": block for field, block in of_row.items()}
    return found


def sent(form: Tag, streams: dict[str, blocks.StreamBlock] | None = None) -> Sent:
    """Names and values as they stand. `streams` are the StreamFields, whose fields a script draws from their JSON."""
    found: Sent = {}
    root = form.find_parent("body") or form
    outside = root.find_all(form=form["id"]) if form.get("id") else []
    for field in [*form.find_all(["input", "select", "textarea"]), *outside]:
        name = field.get("name")
        if not name or field.has_attr("disabled"):
            continue
        values = _values(field)
        if values is not None:
            found.setdefault(name, []).extend(values)
    for name, block in (streams or {}).items():
        drawn = form.select_one(f"#{name}[data-block]")
        assert drawn is not None, f"no stream field {name}"
        state = json.loads(drawn["data-w-block-arguments-value"])[0]
        found.update({key: [value] for key, value in _block(block, name, state).items()})
    return found


def _values(field: Tag) -> list[str] | None:
    if field.name == "select":
        options = field.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")]
        if not chosen and not field.has_attr("multiple"):
            chosen = options[:1]
        return [option.get("value", option.get_text()) for option in chosen]
    if field.name == "textarea":
        return [re.sub(r"\r?\n", "\r\n", re.sub(r"^\r?\n", "", field.get_text()))]
    kind, value = field.get("type", "text"), field.get("value", "")
    if kind in NEVER_SENT:
        return None
    if kind in {"checkbox", "radio"}:
        return [field.get("value", "on")] if field.has_attr("checked") else []
    if kind in STANDARD and not re.fullmatch(STANDARD[kind], value):
        return [""]
    return [value]


def _block(block: Any, name: str, state: Any) -> dict[str, str]:
    """The fields that Wagtail's script draws for a block, from the state that the page carries."""
    if isinstance(block, blocks.StructBlock):
        return {key: value for child in block.child_blocks for key, value in _block(
            block.child_blocks[child], f"{name}-{child}", state[child]).items()}  # fmt: skip
    if isinstance(block, blocks.StreamBlock | blocks.ListBlock):
        found = {f"{name}-count": str(len(state))}
        for n, row in enumerate(state):
            child = block.child_blocks[row["type"]] if isinstance(block, blocks.StreamBlock) else block.child_block
            found |= {f"{name}-{n}-deleted": "", f"{name}-{n}-order": str(n), f"{name}-{n}-id": row.get("id") or ""}
            found |= {f"{name}-{n}-type": row["type"]} if isinstance(block, blocks.StreamBlock) else {}
            found |= _block(child, f"{name}-{n}-value", row["value"])
        return found
    return {name: _plain(state)}


def _plain(state: Any) -> str:
    if isinstance(state, dict):  # a chooser: its id is what is sent
        return str(state.get("id") or "")
    if isinstance(state, list):  # a select: what is chosen
        return str(state[0]) if state else ""
    return "" if state is None else str(state)
