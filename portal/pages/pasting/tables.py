"""A foreign table as rows of plain cells."""

from collections import Counter
from dataclasses import dataclass

from bs4 import Tag
from django.conf import settings

from portal.pages import links

from . import inline

WIDEST = 40


@dataclass
class Table:
    """Rows of cells of the same number, each plain text; the first row may be a heading."""

    rows: list[list[str]]
    has_heading: bool


def read(tag: Tag, dropped: Counter[str]) -> Table | None:
    """The table's own cells; the words of a table inside a cell stay in that cell. None where no cell has a word."""
    dropped["tabelle interne"] += len(tag.find_all("table"))
    rows = [(row, _cells(row, tag)) for row in tag.find_all("tr") if row.find_parent("table") is tag]
    rows = [(row, cells) for row, cells in rows if cells]
    grid = _grid([cells for _row, cells in rows], dropped)
    if not any(any(row) for row in grid):
        return None
    return Table([row for row in grid if any(row)], _is_heading(*rows[0]))


def only_cell(tag: Tag) -> Tag | None:
    """The cell of a table that is but a frame around a text."""
    cells = [cell for cell in tag.find_all(["td", "th"]) if cell.find_parent("table") is tag]
    return cells[0] if len(cells) == 1 else None


def _cells(row: Tag, table: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["td", "th"]) if cell.find_parent("table") is table]


def _grid(rows: list[list[Tag]], dropped: Counter[str]) -> list[list[str]]:
    """Cells that stretch over others leave empty ones beside and below."""
    grid: list[list[str]] = []
    hanging: dict[int, int] = {}  # column → rows below that a cell still covers
    for cells in rows:
        line: list[str] = []
        for cell in cells:
            _under(hanging, line)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            if height > 1:
                hanging.update({len(line) + place: height - 1 for place in range(width)})
            _spell_links(cell, dropped)
            line += [inline.text(cell), *[""] * (width - 1)]
        _under(hanging, line)
        grid.append(line[:WIDEST])
    widest = max((len(line) for line in grid), default=0)
    return [line + [""] * (widest - len(line)) for line in grid]


def _spell_links(cell: Tag, dropped: Counter[str]) -> None:
    """A cell is plain text: an address stands after its words, and is a link again for whoever reads."""
    for link in cell.find_all("a", href=True):
        address = str(link["href"]).strip()
        if not links.is_kept(address):
            dropped["collegamenti"] += not address.startswith("#")
            continue
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        bare = f"{settings.BASE_URL}{bare}" if bare.startswith("/") else bare
        if inline.text(link) != bare:
            link.append(f" ({bare})")


def _under(hanging: dict[int, int], line: list[str]) -> None:
    while hanging.get(len(line)):
        hanging[len(line)] -= 1
        line.append("")


def _span(cell: Tag, name: str) -> int:
    asked = str(cell.get(name) or "1")
    return min(int(asked), WIDEST) if asked.isdecimal() and len(asked) < 4 and int(asked) else 1


def _is_heading(row: Tag, cells: list[Tag]) -> bool:
    if row.find_parent("thead") or all(cell.name == "th" for cell in cells):
        return True
    written = [cell for cell in cells if inline.text(cell)]
    return bool(written) and all(_is_bold(cell) for cell in written)


def _is_bold(cell: Tag) -> bool:
    return any(
        inline.text(part) == inline.text(cell)
        for part in cell.find_all(["b", "strong"])
        if not inline.NOT_BOLD.search(inline.style(part))
    )
