"""Word's lists: paragraphs that only look like one, with a marker in front."""

import re
from dataclasses import dataclass, field
from html import escape

LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d+)")
COUNTED = re.compile(r"\(?(\d{1,3}|[a-zA-Z]|[ivxlcIVXLC]{1,6})[.)°]+")
DEEPEST = 4


@dataclass
class Item:
    """One item: how deep it stands, whether it is counted, its words as HTML."""

    level: int
    counted: bool
    html: str
    below: list["Item"] = field(default_factory=list)


def level_of(style: str) -> int:
    """How deep a paragraph of Word stands in its list; 0 where it is in none."""
    found = LEVEL.search(style)
    return min(int(found.group(1)), DEEPEST) if found else 0


def is_counted(marker: str) -> bool:
    """Whether the marker in front counts: «1.», «b)», «iv.»; not «·», «o», «-»."""
    return COUNTED.fullmatch(marker.strip()) is not None


def as_html(items: list[Item]) -> str:
    """Items of many levels, as lists within lists."""
    return "".join(_list(run) for run in _runs(_nested(items)))


def _nested(items: list[Item]) -> list[Item]:
    top: list[Item] = []
    line: list[Item] = []  # the item of each level under which the next may stand
    for item in items:
        while line and line[-1].level >= item.level:
            line.pop()
        (line[-1].below if line else top).append(item)
        line.append(item)
    return top


def _runs(items: list[Item]) -> list[list[Item]]:
    runs: list[list[Item]] = []
    for item in items:
        if runs and runs[-1][0].counted == item.counted:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _list(run: list[Item]) -> str:
    tag = escape("ol" if run[0].counted else "ul")
    inside = "".join(f"<li>{item.html}{''.join(_list(each) for each in _runs(item.below))}</li>" for item in run)
    return f"<{tag}>{inside}</{tag}>"
