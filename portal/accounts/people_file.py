"""People from a table of Excel or CSV: read, and judged row by row before anybody is invited.

Cells are words: a formula is never worked out, and refused with its row.
"""

import csv
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from portal import access
from portal.models.people import User
from portal.models.spaces import Role, Space
from portal.models.vocabulary import Profession
from portal.words.days import LastDayField
from portal.words.telephone import valid_telephone

from . import ends
from .invitations import Asked

COLUMNS = ("e-mail", "nome", "cognome", "ente", "professione", "telefono", "fino al", "spazi")
NEEDED = ("e-mail", "nome", "cognome", "ente")
BEYOND = "oltre i titoli"  # where a row has more cells than there are titles: nothing falls away unsaid
MOST_ROWS = 1000
MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cells = dict[str, str]


class Unreadable(Exception):
    """The file is no table of people."""


@dataclass
class Row:
    """One row of the file, as it stands and as it was understood."""

    number: int
    cells: Cells
    asked: Asked | None = None
    problems: list[str] = field(default_factory=list)


# --- Reading ---------------------------------------------------------------------------------------------


def cells_of(upload: Any) -> list[Cells]:
    """The rows under the titles of the columns; wholly empty ones are left out of the count of people, not of rows."""
    if upload.size > MOST_BYTES:
        raise Unreadable(_("Il file è troppo grande: al massimo 2 MB."))
    content = upload.read()
    table = _sheet(content) if content.startswith(b"PK") else _text(content)
    titles = [title.strip().casefold() for title in next(iter(table), [])]
    if missing := [name for name in NEEDED if name not in titles]:
        names = ", ".join(missing)
        raise Unreadable(_("Nella prima riga mancano queste colonne: %(names)s.") % {"names": names})
    if len(table) > MOST_ROWS + 1:
        raise Unreadable(_("Il file ha più di %(most)d righe: dividilo.") % {"most": MOST_ROWS})
    return [_row(titles, [cell.strip() for cell in line]) for line in table[1:]]


def _row(titles: list[str], line: list[str]) -> Cells:
    found = {title: cell for title, cell in zip(titles, line, strict=False) if title in COLUMNS}
    beyond = "; ".join(filter(None, line[len(titles) :]))
    return {**found, BEYOND: beyond} if beyond else found


def _text(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # Excel's own CSV
    if "\0" in text:
        raise Unreadable(_("Il file non è una tabella: salvala come .xlsx o come .csv."))
    first = text.split("\n", 1)[0]
    mark = max(";,\t", key=first.count)
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=mark))
    except csv.Error as problem:
        raise Unreadable(_("Il file non è una tabella: salvala come .xlsx o come .csv.")) from problem


def _sheet(content: bytes) -> list[list[str]]:
    """The first sheet; a small file that unpacks to a huge one is not unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("Il file è troppo grande una volta aperto: salvalo come .csv."))
        book = load_workbook(BytesIO(content), read_only=True, data_only=False)
        rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=40, values_only=True)
        return [[_words(cell) for cell in row] for row in rows]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, SyntaxError) as problem:
        raise Unreadable(_("Il file non si legge: salvalo di nuovo come .xlsx, oppure come .csv.")) from problem


def _words(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


# --- Judging ---------------------------------------------------------------------------------------------


class PlainForm(forms.Form):
    """What a row says of the person alone."""

    email = forms.EmailField(max_length=254)
    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150)
    telephone = forms.CharField(max_length=40, required=False, validators=[valid_telephone])
    valid_until = LastDayField(required=False)


FIELDS = {
    "email": "e-mail", "first_name": "nome", "last_name": "cognome", "telephone": "telefono", "valid_until": "fino al",
}  # fmt: skip


class Known:
    """What rows name, read once for all of them."""

    def __init__(self, emails: list[str], by: User) -> None:
        self.bodies = {body.name.casefold(): body for body in access.bodies_to_invite_for(by)}
        self.professions = {each.name.casefold(): each for each in Profession.objects.filter(retired=False)}
        spaces = access.allowed(Space.objects.filter(closed_at=None), by, "manage")
        spaces = spaces.select_related("root_page", "collection")
        self.spaces: dict[str, Space] = {}
        for space in spaces:
            self.spaces |= {space.name.casefold(): space, space.code.casefold(): space}
        self.roles = {str(role.label).casefold(): role for role in Role}
        taken = User.objects.filter(email__in=[email.lower() for email in emails])
        self.taken = set(taken.values_list("email", flat=True))
        self.counted = Counter(email.lower() for email in emails)


def judged(cells: list[Cells], *, by: User) -> list[Row]:
    """Each row with what is wrong in it; a file of which one row is wrong invites nobody."""
    filled = [(number, each) for number, each in enumerate(cells, start=2) if any(each.values())]
    known = Known([each.get("e-mail", "") for _number, each in filled], by)
    return [_judged(Row(number, each), known) for number, each in filled]


def _judged(row: Row, known: Known) -> Row:
    for name, cell in row.cells.items():
        is_number = name == "telefono" and cell[:1] == "+"
        if cell.startswith(FORMULA) and not is_number:
            row.problems.append(_("%(column)s: c’è una formula, scrivi il valore.") % {"column": name})
    if beyond := row.cells.get(BEYOND):
        row.problems.append(
            _("«%(words)s» sta oltre l’ultimo titolo: in un .csv una cella con punti e virgola va tra virgolette.")
            % {"words": beyond}
        )
    form = PlainForm({ours: row.cells.get(theirs, "") for ours, theirs in FIELDS.items()})
    for name, said in form.errors.items():
        row.problems += [f"{FIELDS[name]}: {sentence}" for sentence in said]
    body, profession = _named(row, "ente", known.bodies), _named(row, "professione", known.professions)
    if ends.is_needed(body) and not row.cells.get("fino al"):
        row.problems.append(str(ends.NEEDED))
    email = row.cells.get("e-mail", "").lower()
    if email in known.taken:
        row.problems.append(_("e-mail: c’è già un account con questo indirizzo."))
    if email and known.counted[email] > 1:
        row.problems.append(_("e-mail: lo stesso indirizzo è scritto in più righe."))
    roles = _roles(row, known)
    if not row.problems:
        row.asked = Asked(**form.cleaned_data, organisation=body, profession=profession, roles=roles)
    return row


def _named(row: Row, column: str, rows: dict[str, Any]) -> Any:
    words = " ".join(row.cells.get(column, "").split())
    if words and words.casefold() not in rows:
        row.problems.append(_("%(column)s: «%(words)s» non c’è.") % {"column": column, "words": words})
    if not words and column in NEEDED:
        row.problems.append(_("%(column)s: manca.") % {"column": column})
    return rows.get(words.casefold())


def _roles(row: Row, known: Known) -> list[tuple[Space, Role]]:
    """«Rete dei servizi sociali: lettore; SP-FORMA: redattore»."""
    found = []
    for part in filter(None, (each.strip() for each in row.cells.get("spazi", "").split(";"))):
        name, _colon, role = (each.strip() for each in part.rpartition(":"))
        if name.casefold() not in known.spaces:
            row.problems.append(_("spazi: «%(part)s» non è uno spazio di cui rispondi.") % {"part": name or part})
        elif role.casefold() not in known.roles:
            row.problems.append(_("spazi: «%(role)s» non è un ruolo.") % {"role": role})
        else:
            found.append((known.spaces[name.casefold()], known.roles[role.casefold()]))
    return found
