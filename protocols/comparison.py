"""What changed between two editions, as one reader may read both: part by part, line by line, word by word."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.pages.comparison import Act, compared
from portal.pages.comparison import Piece as Words

from .durations import change_of_terms
from .reading import ACT, Reading
from .record import FIELDS, Part, Piece

ALIKE = 0.5  # parts and lines that share so much of their words are the same, rewritten
MOST_PAIRS = 10_000  # so many are looked at for what was renamed and rewritten at once

STEP_CELLS = {
    "text": _("Che cosa si fa"), "lane": _("Corsia"), "who": _("Chi"), "position": _("Ruolo nella rete"),
    "desk": _("A chi rivolgersi"), "regulation": _("Regola del proprio Comune"), "within": _("Quando"),
    "form": _("Modulo"), "rule": _("Perché"), "question": _("Domanda"), "yes": _("Se sì"), "no": _("Se no"),
    "branches": _("Altre strade"), "note": _("Nota"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing that is read in a part, with a name where it has one."""

    kind: str
    label: str
    text: str
    beneath: tuple[str, ...] = ()  # what words do not show: where they lead, which file it is


@dataclass(frozen=True)
class ComparedLine:
    label: str
    act: str  # "", or an Act
    words: tuple[Words, ...]

    @property
    def is_form_only(self) -> bool:
        """The same words: a link, or the file behind a name."""
        return self.act == Act.CHANGED and not any(piece.act for piece in self.words)


@dataclass(frozen=True)
class ComparedPart:
    """A section, a step or a field of the two editions."""

    field: str
    heading: tuple[Words, ...]
    anchor: str
    act: str
    is_moved: bool
    lines: tuple[ComparedLine, ...]
    now: tuple[Line, ...] = ()  # all that it says, its heading first
    then: tuple[Line, ...] = ()
    anchors: frozenset[str] = frozenset()  # in either edition

    @property
    def name(self) -> str:
        """Its heading, as it is now."""
        kept = [piece.text for piece in self.heading if piece.act != "tolto"]
        return " ".join(kept or [piece.text for piece in self.heading])

    @property
    def has_changed(self) -> bool:
        return bool(self.act) or self.is_moved

    @property
    def acts(self) -> str:
        return ", ".join(str(Act(act).label) for act in (self.act, Act.MOVED if self.is_moved else "") if act)


@dataclass(frozen=True)
class Comparison:
    parts: tuple[ComparedPart, ...]
    terms: Counter[str]  # shorter, longer

    @property
    def changed(self) -> tuple[ComparedPart, ...]:
        return tuple(part for part in self.parts if part.has_changed)

    @property
    def summary(self) -> str:
        """«3 sezioni cambiate, 1 spostata, 2 termini accorciati»."""
        steps = [part for part in self.changed if part.field == "steps"]
        sections = [part for part in self.changed if part.field != "steps"]
        said = [*_counted(sections, SECTIONS), *_counted(steps, STEPS)]
        said += [TERMS[way](count) % {"count": count} for way, count in sorted(self.terms.items(), reverse=True)]
        return ", ".join(said)


def compare(old: Reading, new: Reading, *, whole: bool = False) -> Comparison:
    """Everything that `new` says otherwise than `old`; with `whole`, what stays the same too, word for word."""
    before, after = list(_parts(old)), list(_parts(new))
    pairs = _paired(before, after)
    moved = _moved([pairs[place] for place in sorted(pairs)])
    terms: Counter[str] = Counter()
    found: list[ComparedPart] = []
    gone = iter(sorted(set(range(len(before))) - set(pairs.values())))
    waiting = next(gone, None)
    for place, (part, lines) in enumerate(after):
        was = pairs.get(place)
        # what is gone stands where it stood: before what followed it
        while waiting is not None and was is not None and waiting < was and was not in moved:
            found.append(_alone(*before[waiting], Act.REMOVED))
            waiting = next(gone, None)
        if was is None:
            found.append(_alone(part, lines, Act.ADDED))
            continue
        found.append(_both(before[was], (part, lines), was in moved, whole, terms))
    while waiting is not None:
        found.append(_alone(*before[waiting], Act.REMOVED))
        waiting = next(gone, None)
    return Comparison(tuple(found), terms)


# --- The parts of an edition -----------------------------------------------------------------------------

Read = tuple[Part, list[Line]]


def _parts(reading: Reading) -> Iterator[Read]:
    title = Line("field", "", reading.edition.title)
    yield Part("title", "title", str(_("Titolo")), "titolo", ()), [title]
    act = [part for part in reading.parts if part.field in ACT]
    for part in reading.parts:
        if part.field not in ACT:
            yield part, [line for piece in part.pieces for line in _lines(piece, reading)]
    if act:
        rows = [Line("row", part.heading, piece.text) for part in act for piece in part.pieces]
        yield Part("act", "act", str(_("Registro e atto")), "atto", ()), rows
    if lines := [Line("file", "", f"{each.code} {each.name}".strip(), (sha,)) for each, sha in reading.related_files]:
        yield Part("related", "related", str(_("Moduli, procedure e file")), "moduli", ()), lines


def _lines(piece: Piece, reading: Reading) -> Iterator[Line]:
    names = [" ".join(filter(None, [each.code, each.name])) for each in reading.shown(piece).cited]
    if piece.kind == "table":
        yield from _of_table(piece)
    elif piece.kind == "step":
        cells = dict(each for each in piece.cells if len(each) == 2)
        yield from (Line("cell", str(label), cells[name]) for name, label in STEP_CELLS.items() if cells.get(name))
        if names:
            yield Line("cell", str(FIELDS["services"]), ", ".join(names))
    elif piece.kind == "row":
        term, words = piece.cells[0]
        yield Line("row", term, words)
    elif piece.kind == "contact":
        purpose, note = piece.cells[0]
        yield Line("row", purpose, " · ".join(filter(None, [*names, note])), piece.cites)
    elif piece.kind in {"service", "file", "picture"}:
        words = piece.text if piece.kind != "service" and piece.text else ", ".join(names)
        shas = tuple(str(reading.edition.cited[key].get("sha256") or key) for key in piece.cites)
        yield Line(piece.kind, "", words, shas)
    else:
        links = tuple(run.to for run in piece.runs if reading.may_lead(run.to))
        yield Line(piece.kind, "", piece.text, links)


def _of_table(piece: Piece) -> Iterator[Line]:
    """Row by row, each cell under its heading: the first cell names the row."""
    if piece.text:
        yield Line("caption", "", piece.text)
    headings = piece.cells[0]
    for row in piece.cells[1:]:
        cells = [(heading, cell) for heading, cell in zip(headings, row, strict=False) if cell]
        said = "; ".join(f"{heading}: {cell}" if heading else cell for heading, cell in cells[1:])
        yield Line("tablerow", cells[0][1] if cells else "", said)


# --- Which part is which ---------------------------------------------------------------------------------


def _paired(before: list[Read], after: list[Read]) -> dict[int, int]:
    """Place in the new edition → place in the old one: the same part, of the same name, or nearly the same."""
    pairs: dict[int, int] = {}
    ways: list[Callable[[Read], Hashable]] = [
        lambda each: (each[0].field, each[0].key) if _lasts(each[0]) else object(),
        lambda each: (each[0].field, _folded(each[0].heading)),
        lambda each: (each[0].field, tuple(each[1])) if each[1] else object(),
    ]
    for way in ways:
        taken = set(pairs.values())
        free: dict[Hashable, list[int]] = {}
        for place, each in enumerate(before):
            if place not in taken:
                free.setdefault(way(each), []).append(place)
        for place, each in enumerate(after):
            if place not in pairs and free.get(key := way(each)):
                pairs[place] = free[key].pop(0)
    left = [place for place in range(len(before)) if place not in set(pairs.values())]
    _pair_alike(before, after, left, pairs)
    return pairs


def _lasts(part: Part) -> bool:
    """Whether its key is its own; what got none is called by its place."""
    return not re.fullmatch(rf"{re.escape(part.field)}\.\d+", part.key)


def _pair_alike(before: list[Read], after: list[Read], left: list[int], pairs: dict[int, int]) -> None:
    """What has another heading and other words, but enough of the same."""
    new = [place for place in range(len(after)) if place not in pairs]
    if len(left) * len(new) > MOST_PAIRS:
        return
    bags = {("old", place): _bag(before[place]) for place in left} | {
        ("new", place): _bag(after[place]) for place in new
    }
    likeness = [
        (_alike(bags["old", was], bags["new", place]), was, place)
        for was in left
        for place in new
        if before[was][0].field == after[place][0].field
    ]
    for value, was, place in sorted(likeness, key=lambda each: (-each[0], each[1], each[2])):
        if value >= ALIKE and place not in pairs and was not in pairs.values():
            pairs[place] = was


def _bag(each: Read) -> frozenset[str]:
    part, lines = each
    return frozenset(
        re.findall(r"\w+", " ".join([part.heading, *(f"{line.label} {line.text}" for line in lines)]).lower())
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())


def _moved(order: list[int]) -> set[int]:
    """Of places that were in a row, the fewest that moved: all but the longest run that still rises."""
    ends: list[int] = []
    best: list[int] = []  # for each, the length of the run that ends with it
    for place in order:
        where = bisect_left(ends, place)
        ends[where : where + 1] = [place]
        best.append(where + 1)
    kept, wanted = set(), len(ends)
    for place, length in zip(reversed(order), reversed(best), strict=True):
        if length == wanted:
            kept.add(place)
            wanted -= 1
    return set(order) - kept


# --- Two texts of one part -------------------------------------------------------------------------------


def _alone(part: Part, lines: list[Line], act: Act) -> ComparedPart:
    mark = "aggiunto" if act == Act.ADDED else "tolto"
    said = tuple(ComparedLine(line.label, act, (Words(line.text, mark),)) for line in lines)
    anchor = part.anchor if act == Act.ADDED else ""
    now, then = (_all(part, lines), ()) if act == Act.ADDED else ((), _all(part, lines))
    heading = (Words(part.heading, mark),)
    return ComparedPart(part.field, heading, anchor, act, False, said, now, then, frozenset([part.anchor]))


def _all(part: Part, lines: list[Line]) -> tuple[Line, ...]:
    return (Line("heading", "", part.heading), *lines)


def _both(before: Read, after: Read, is_moved: bool, whole: bool, terms: Counter[str]) -> ComparedPart:
    (was, old), (part, new) = before, after
    heading = (Words(part.heading),) if was.heading == part.heading else compared(was.heading, part.heading)
    changed = was.heading != part.heading or old != new
    lines = tuple(_compared_lines(old, new, whole, terms)) if changed or whole else ()
    return ComparedPart(
        part.field, heading, part.anchor, Act.CHANGED if changed else "", is_moved, lines,
        _all(part, new), _all(was, old), frozenset([part.anchor, was.anchor]),
    )  # fmt: skip


def _compared_lines(old: list[Line], new: list[Line], whole: bool, terms: Counter[str]) -> Iterator[ComparedLine]:
    for was, line in _aligned(old, new):
        if was is None or line is None:
            yield from (ComparedLine(each.label, Act.REMOVED, (Words(each.text, "tolto"),)) for each in [was] if each)
            yield from (ComparedLine(each.label, Act.ADDED, (Words(each.text, "aggiunto"),)) for each in [line] if each)
        elif was != line:
            terms.update(change_of_terms(was.text, line.text))
            said = compared(was.text, line.text, whole=whole) if was.text != line.text else (Words(line.text),)
            yield ComparedLine(line.label, Act.CHANGED, said)
        elif whole:
            yield ComparedLine(line.label, "", (Words(line.text),))


def _aligned(old: list[Line], new: list[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    for act, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _replaced(old[i1:i2], new[j1:j2])


def _replaced(old: list[Line], new: list[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Lines that changed: each beside the one of its name, else beside the one most like it, in the new order."""
    left = dict(enumerate(old))
    pairs: list[tuple[int | None, Line]] = []
    for line in new:
        place = next(
            (p for p, was in left.items() if line.label and (was.kind, was.label) == (line.kind, line.label)), None
        )
        if place is None:
            place = _most_like(line, left)
        if place is not None:
            left.pop(place)
        pairs.append((place, line))
    gone = sorted(left)
    for number, (place, line) in enumerate(pairs):
        # what is gone stands before what took its place
        before = next((p for p, _line in pairs[number:] if p is not None), len(old))
        while gone and gone[0] < before:
            yield old[gone.pop(0)], None
        yield (None if place is None else old[place]), line
    yield from ((old[place], None) for place in gone)


def _most_like(line: Line, left: dict[int, Line]) -> int | None:
    words = _words(line)
    found = [
        (_alike(_words(was), words), -place)
        for place, was in left.items()
        if was.kind == line.kind and not (was.label and line.label and was.kind == "cell")
    ]
    best = max(found, default=(0.0, 0))
    return -best[1] if best[0] >= ALIKE else None


def _words(line: Line) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", f"{line.label} {line.text}".lower()))


# --- The summary -----------------------------------------------------------------------------------------

Counting = Callable[[int], str]
SECTIONS: dict[str, Counting] = {
    Act.CHANGED: lambda n: ngettext("%(count)d sezione cambiata", "%(count)d sezioni cambiate", n),
    Act.ADDED: lambda n: ngettext("%(count)d sezione aggiunta", "%(count)d sezioni aggiunte", n),
    Act.REMOVED: lambda n: ngettext("%(count)d sezione tolta", "%(count)d sezioni tolte", n),
    Act.MOVED: lambda n: ngettext("%(count)d sezione spostata", "%(count)d sezioni spostate", n),
}
STEPS: dict[str, Counting] = {
    Act.CHANGED: lambda n: ngettext("%(count)d passo cambiato", "%(count)d passi cambiati", n),
    Act.ADDED: lambda n: ngettext("%(count)d passo aggiunto", "%(count)d passi aggiunti", n),
    Act.REMOVED: lambda n: ngettext("%(count)d passo tolto", "%(count)d passi tolti", n),
    Act.MOVED: lambda n: ngettext("%(count)d passo spostato", "%(count)d passi spostati", n),
}
TERMS: dict[str, Counting] = {
    "shorter": lambda n: ngettext("%(count)d termine accorciato", "%(count)d termini accorciati", n),
    "longer": lambda n: ngettext("%(count)d termine allungato", "%(count)d termini allungati", n),
}


def _counted(parts: Iterable[ComparedPart], words: dict[str, Counting]) -> list[str]:
    counts: Counter[Any] = Counter()
    for part in parts:
        counts.update(filter(None, [part.act, Act.MOVED if part.is_moved else ""]))
    return [said(counts[act]) % {"count": counts[act]} for act, said in words.items() if counts[act]]
