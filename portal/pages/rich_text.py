"""The editor of texts, taken at no more than it can have sent: a number in it is a number of steps for us."""

import json
from typing import Any

from wagtail.admin.rich_text.editors.draftail import DraftailRichTextArea

DEEPEST = 4  # lists inside lists, as far as the editor's own keys go


class RichTextArea(DraftailRichTextArea):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        sent = data.get(name)
        return super().value_from_datadict({name: bounded(sent)} if sent else data, files, name)


def bounded(sent: str) -> str:
    """The same text, with lists no deeper than the editor makes them; what is no text stays as it came."""
    try:
        content = json.loads(sent)
    except (ValueError, RecursionError):
        return sent
    blocks = content.get("blocks") if isinstance(content, dict) else None
    if not isinstance(blocks, list):
        return sent
    for block in blocks:
        if isinstance(block, dict) and "depth" in block:
            block["depth"] = _depth(block["depth"])
    return json.dumps(content, ensure_ascii=False)


def _depth(value: Any) -> int:
    return min(max(value, 0), DEEPEST) if isinstance(value, int) else 0
