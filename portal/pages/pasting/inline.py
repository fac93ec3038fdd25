"""The words of a line: bold, italics, links and line breaks; nothing else is markup."""

import re
from collections import Counter
from collections.abc import Iterable
from html import escape

from bs4 import PageElement, Tag
from bs4.element import NavigableString

from portal.pages import links

# Word writes «mso-bidi-font-weight:normal» beside what is bold.
BOLD = re.compile(r"(?<![-\w])font-weight:\s*(bold|[6-9]00)")
NOT_BOLD = re.compile(r"(?<![-\w])font-weight:\s*(normal|[1-4]00)")
ITALIC = re.compile(r"(?<![-\w])font-style:\s*italic")
NOT_ITALIC = re.compile(r"(?<![-\w])font-style:\s*normal")
BLOCKS = {
    "p", "div", "ul", "ol", "li", "table", "tr", "pre", "dt", "dd", "dl", "blockquote", "figcaption", "hr", "section",
    "article", "h1", "h2", "h3", "h4", "h5", "h6", "address", "main", "header", "footer", "figure", "center", "aside",
    "html", "body", "form", "details", "summary", "fieldset",
}  # fmt: skip
EDGES = re.compile(r"^(\s|<br>)+|(\s|<br>)+$")


def style(tag: Tag) -> str:
    return str(tag.get("style") or "")


def text(node: PageElement) -> str:
    """The words alone, on one line."""
    words = node.get_text(" ") if isinstance(node, Tag) else str(node)
    return re.sub(r" ([,.;:!?)])", r"\1", " ".join(_letters(words).split()))


def line(nodes: Iterable[PageElement], dropped: Counter[str]) -> str:
    """The nodes as HTML of one line; paragraphs inside it become line breaks."""
    html = "".join(_node(node, frozenset(), dropped) for node in nodes)
    html = re.sub(r" ?(?:<br> ?)+", "<br>", re.sub(r"\s+", " ", html))
    return EDGES.sub("", html)


def _letters(words: str) -> str:
    return words.replace("\xa0", " ").replace("\xad", "").replace("\u200b", "")


def _node(node: PageElement, marks: frozenset[str], dropped: Counter[str]) -> str:
    if isinstance(node, NavigableString):
        return escape(_letters(str(node)), quote=False)
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return "<br>"
    wraps = [mark for mark in _marks(node, dropped) if mark not in marks]
    inside = "".join(_node(child, marks | set(wraps), dropped) for child in node.children)
    if inside.strip():
        for mark in wraps:
            inside = _wrapped(node, mark, inside)
    return f"<br>{inside}<br>" if node.name in BLOCKS else inside


def _wrapped(node: Tag, mark: str, inside: str) -> str:
    if mark == "a":
        return f'<a href="{escape(str(node["href"]).strip())}">{inside}</a>'
    return f"<{mark}>{inside}</{mark}>"


def _marks(node: Tag, dropped: Counter[str]) -> list[str]:
    """The markup of ours that a foreign tag stands for, innermost first."""
    look, found = style(node), []
    if node.name in {"sub", "sup"}:
        dropped["apici"] += 1
    if (node.name in {"i", "em"} and not NOT_ITALIC.search(look)) or ITALIC.search(look):
        found.append("i")
    if (node.name in {"b", "strong"} and not NOT_BOLD.search(look)) or BOLD.search(look):
        found.append("b")
    address = str(node.get("href") or "") if node.name == "a" else ""
    if address and links.is_kept(address):
        found.append("a")
    elif address and not address.startswith("#"):
        dropped["collegamenti"] += 1
    return found
