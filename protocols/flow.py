"""A procedure drawn as a flow: a lane for each kind of work, a row for each step, other ways at the side.

Only shapes and words: `protocols/flow.html` draws them, black on white as on paper, and says the same as text.
Each step has a row of its own, so that no line ever crosses a box.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .models import ways
from .models.steps import StepLane

BOX, SIDE, GAP, MARGIN = 250, 210, 34, 16  # widths of a step and of a way, room between rows, room at the edge
LINE, LETTER = 18, 7.3  # height of a line, and the widest that a letter is on average
HEADING = 30
TRACK = 9  # between two ways that go back or ahead
TO_STEP, OUT = "step", "out"


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    text: str
    kind: str = ""  # strong, quiet


@dataclass(frozen=True)
class Box:
    """A step, its question, or another way: a frame with lines of words."""

    x: float
    y: float
    width: float
    height: float
    kind: str  # professionale, amministrativa, step, question, way
    texts: tuple[Text, ...]

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Path:
    d: str
    kind: str = ""  # way: dashed


@dataclass(frozen=True)
class Flow:
    width: float
    height: float
    lanes: list[tuple[Text, float, float]]  # heading, left edge, width
    boxes: list[Box]
    paths: list[Path]
    said: str


def drawn(shown: list[dict[str, Any]]) -> Flow:
    """The flow of steps as `procedures.plan` shows them."""
    lanes = _lanes(shown)
    left: dict[str, float] = {lane: MARGIN + place * (BOX + GAP) for place, lane in enumerate(lanes)}
    edge = MARGIN + len(lanes) * (BOX + GAP)
    ways_back = sum(way["place"] is not None for step in shown for way in step["branches"])
    side = edge + TRACK * ways_back
    boxes, paths, rows = [], [], []
    top: float = MARGIN + (HEADING if any(lanes) else 0)
    sideways: list[tuple[Box, int, float]] = []  # a way, the step it leads to, its track
    for step in shown:
        box = _step(step, left[step["value"].get("lane") or ""], top)
        boxes.append(box)
        rows.append(box)
        bottom = box.bottom
        at = top
        for way in step["branches"]:
            beside = _way(way, side, at)
            boxes.append(beside)
            leaves = min(beside.y + 14, box.bottom - 8)  # a short step may have ways that hang below it
            paths.append(Path(f"M{box.right},{leaves} H{side - 12} V{beside.y + 14} H{side}", "way"))
            if way["place"] is not None:
                sideways.append((beside, way["place"], edge + TRACK * len(sideways)))
            at = beside.bottom + 8
            bottom = max(bottom, beside.bottom)
        top = bottom + GAP
    paths += [_down(one, other) for one, other in zip(rows, rows[1:], strict=False)]
    paths += [_to_step(way, rows[place - 1], track) for way, place, track in sideways]
    has_ways = any(step["branches"] for step in shown)
    width = side + SIDE + MARGIN if has_ways else edge - GAP + MARGIN
    return Flow(width, top, _headings(lanes, left), boxes, paths, said(shown))


def said(shown: list[dict[str, Any]]) -> str:
    """The drawing in words, for whoever does not see it."""
    return " ".join(_said(step) for step in shown)


def _said(step: dict[str, Any]) -> str:
    value = step["value"]
    lane = f" ({StepLane(value['lane']).label})" if value.get("lane") else ""
    first = f"{step['number']}. {value['title']}{lane}."
    asked = [
        f"{value['question']} {label}: {value[name].rstrip('.')}."
        for name, label in (("yes", _("Sì")), ("no", _("No")))
        if value.get("question") and value.get(name)
    ]
    return " ".join([first, *asked, *(ways.in_words(way["value"]) for way in step["branches"])])


def _lanes(shown: list[dict[str, Any]]) -> list[str]:
    found = {step["value"].get("lane") or "" for step in shown}
    return [lane for lane in (StepLane.PROFESSIONAL.value, "", StepLane.ADMINISTRATIVE.value) if lane in found]


def _headings(lanes: list[str], left: dict[str, float]) -> list[tuple[Text, float, float]]:
    if not any(lanes):
        return []
    names = {"": _("Insieme")} | {lane.value: _("Corsia %(lane)s") % {"lane": lane.label} for lane in StepLane}
    return [(Text(left[lane] + 2, MARGIN + 14, names[lane], "strong"), left[lane], BOX) for lane in lanes]


def _step(step: dict[str, Any], x: float, y: float) -> Box:
    value = step["value"]
    lines = [(line, "strong") for line in _wrapped(f"{step['number']}. {value['title']}", BOX)]
    lines += [(line, "") for line in _wrapped(value["who"], BOX)]
    lines += [(line, "quiet") for line in _wrapped(value.get("within") or "", BOX)]
    if value.get("question"):
        lines += [(line, "strong") for line in _wrapped(f"? {value['question']}", BOX)]
        for name, label in (("yes", _("Sì")), ("no", _("No"))):
            lines += [(line, "") for line in _wrapped(f"{label}: {value[name]}" if value.get(name) else "", BOX)]
    return _box(lines, x, y, BOX, value.get("lane") or "step")


def _way(way: dict[str, Any], x: float, y: float) -> Box:
    lines = [(line, "strong") for line in _wrapped(_("Se %(when)s") % {"when": way["value"]["when"]}, SIDE)]
    if way["value"].get("text"):
        lines += [(line, "") for line in _wrapped(way["value"]["text"], SIDE)]
    if way["place"] is not None:
        lines.append((_("→ passo %(number)d") % {"number": way["place"]}, ""))
    if way["value"].get("procedure"):
        lines.append((f"→ {way['value']['procedure']}", ""))
    return _box(lines, x, y, SIDE, "way")


def _box(lines: Iterable[tuple[str, str]], x: float, y: float, width: float, kind: str) -> Box:
    texts = tuple(Text(x + 12, y + 22 + place * LINE, line, look) for place, (line, look) in enumerate(lines))
    return Box(x, y, width, len(texts) * LINE + 16, kind, texts)


def _wrapped(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 24) / LETTER))


def _down(one: Box, other: Box) -> Path:
    """From a step to the next; past what is longer at the side, straight or by the lane's next door."""
    if one.x == other.x:
        return Path(f"M{one.middle},{one.bottom} V{other.y - 1}")
    return Path(f"M{one.middle},{one.bottom} V{other.y - GAP / 2} H{other.middle} V{other.y - 1}")


def _to_step(way: Box, step: Box, track: float) -> Path:
    """Along a track of its own, between the lanes and the ways, to the right edge of the step."""
    return Path(f"M{way.x},{way.bottom - 10} H{track} V{step.y + 24} H{step.right + 1}", "way")
