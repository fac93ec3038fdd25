"""Lists that leave as a table: XLSX, ODS or CSV, of the same rows; a text is a text in each, never a formula.

The libraries are read where a table is made: they are a seventh of the start of every process, and of few its work.
"""

import csv
import io
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from portal import security_log
from portal.wagtail_admin.exports import harmless

Rows = Sequence[Sequence[str | int]]
UNREADABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # what XML cannot hold


def as_csv(title: str, rows: Rows) -> bytes:
    """With semicolons and a mark of its letters, as Italian spreadsheets open it."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([harmless(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(title: str, rows: Rows) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value if isinstance(value, int) else value.translate(UNREADABLE))
            if isinstance(value, str):
                cell.data_type = "s"  # else what begins with «=» is taken for a formula
            cells.append(cell)
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def as_ods(title: str, rows: Rows) -> bytes:
    """The cells as one piece of XML: built one by one they take a thousand times as long."""
    from odfdo import Document, Element

    lines = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
    document = Document("spreadsheet")
    document.body.clear()
    document.body.append(Element.from_tag(f"<table:table table:name={quoteattr(title)}>{lines}</table:table>"))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _cell(value: str | int) -> str:
    kind = f'float" office:value="{value}' if isinstance(value, int) else "string"
    words = escape(str(value).translate(UNREADABLE))
    return f'<table:table-cell office:value-type="{kind}"><text:p>{words}</text:p></table:table-cell>'


KINDS: dict[str, tuple[str, Callable[[str, Rows], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", as_ods),
    "csv": ("text/csv; charset=utf-8", as_csv),
}


def response(kind: str, name: str, title: str, rows: Rows) -> HttpResponse:
    """The table as a file to keep."""
    content_type, make = KINDS[kind]
    security_log.note("export", name=name, format=kind)
    answer = HttpResponse(make(title, rows), content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or "attachment"
    answer["Cache-Control"] = "private, no-store"
    return answer
