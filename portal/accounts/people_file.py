"""People from a table of Excel or CSV: read, and judged row by row before anybody is invited.

Cells are words: a formula is never worked out, and refused with its row.
"""

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal import access
from portal.models.people import User
from portal.models.spaces import Role, Space
from portal.models.vocabulary import Profession
from portal.personal_data.guard import no_personal_data
from portal.words import dates
from portal.words.days import LastDayField
from portal.words.names import plain
from portal.words.telephone import valid_telephone

from . import ends, invitations
from .invitations import Asked

COLUMNS = ("e-mail", "nome", "cognome", "ente", "professione", "telefono", "fino al", "spazi")
NEEDED = ("e-mail", "nome", "cognome", "ente")
# Cells that no title names: nothing falls away unsaid.
BEYOND, UNTITLED = "oltre i titoli", "senza titolo"
MOST_ROWS = 1000
MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LOST_ZERO = re.compile(r"[1245679]\d{6,}")  # of a number, Excel keeps no zero in front; mobiles begin with 3

Cells = dict[str, str]
Numbered = list[tuple[int, Cells]]  # as the rows stand in the file


class Unreadable(Exception):
    """The file is no table of people."""


@dataclass
class Row:
    """One row of the file, as it stands and as it was understood."""

    number: int
    cells: Cells
    asked: Asked | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def understood(self) -> list[str]:
        """What the invitation will say beside name and body: seen before it leaves."""
        if self.asked is None:
            return []
        until = self.asked.valid_until
        end = _("fino %(day)s") % {"day": dates.in_words(until, article="al")} if until else ""
        given = [f"{space}: {role.label}" for space, role in self.asked.roles]
        return [each for each in (str(self.asked.profession or ""), self.asked.telephone, end, *given) if each]


# --- Reading ---------------------------------------------------------------------------------------------


def cells_of(upload: Any) -> Numbered:
    """The rows under the titles of the columns; wholly empty ones are left out of the count of people, not of rows."""
    if upload.size > MOST_BYTES:
        raise Unreadable(_("Il file è troppo grande: al massimo 2 MB."))
    content = upload.read()
    table = _sheet(content) if content.startswith(b"PK") else _text(content)
    titles = [" ".join(title.split()).casefold() for title in next(iter(table), [])]
    if missing := [name for name in NEEDED if name not in titles]:
        names = ", ".join(missing)
        raise Unreadable(_("Nella prima riga mancano queste colonne: %(names)s.") % {"names": names})
    if len(table) > MOST_ROWS + 1:
        raise Unreadable(_("Il file ha più di %(most)d righe: dividilo.") % {"most": MOST_ROWS})
    lines = [[cell.strip() for cell in line] for line in table[1:]]
    _require_known(titles, lines)
    rows = enumerate((_row(titles, line) for line in lines), start=2)
    return [(number, row) for number, row in rows if any(row.values())]


def _require_known(titles: list[str], lines: list[list[str]]) -> None:
    """What stands under a title that says nothing to us would be lost, as under one that is written twice."""
    used = {title for line in lines for title, cell in zip(titles, line, strict=False) if title and cell}
    if unknown := [title for title in titles if title in used - set(COLUMNS)]:
        words = _("Non conosco queste colonne: %(names)s. Correggi il titolo o togli la colonna, così niente va perso.")
        raise Unreadable(words % {"names": ", ".join(f"«{each}»" for each in unknown)})
    if twice := [title for title, count in Counter(titles).items() if count > 1 and title in used]:
        words = _("Nella prima riga c’è due volte: %(names)s. Lascia una colonna sola.")
        raise Unreadable(words % {"names": ", ".join(f"«{each}»" for each in twice)})


def _row(titles: list[str], line: list[str]) -> Cells:
    cells = list(zip(titles, line, strict=False))
    found = {title: cell for title, cell in cells if title in COLUMNS}
    loose = {
        BEYOND: "; ".join(filter(None, line[len(titles) :])),
        UNTITLED: "; ".join(cell for title, cell in cells if cell and not title),
    }
    return found | {name: words for name, words in loose.items() if words}


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
    from openpyxl import load_workbook  # here, as in `portal/files/sheets.py`
    from openpyxl.utils.exceptions import InvalidFileException

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
    first_name = forms.CharField(max_length=150, validators=[no_personal_data])
    last_name = forms.CharField(max_length=150, validators=[no_personal_data])
    telephone = forms.CharField(max_length=40, required=False, validators=[valid_telephone])
    valid_until = LastDayField(required=False)


FIELDS = {
    "email": "e-mail", "first_name": "nome", "last_name": "cognome", "telephone": "telefono", "valid_until": "fino al",
}  # fmt: skip


def _by_name(rows: Iterable[Any]) -> dict[str, Any]:
    """Each by its name as it stands; and without accents and apostrophes, where that names one alone."""
    rows = list(rows)
    counted = Counter(plain(row.name) for row in rows)
    alone = {plain(row.name): row for row in rows if counted[plain(row.name)] == 1}
    return alone | {row.name.casefold(): row for row in rows}


def _named_so(rows: dict[str, Any], words: str) -> Any:
    return rows.get(words.casefold()) or rows.get(plain(words))


class Known:
    """What rows name, read once for all of them."""

    def __init__(self, emails: list[str], by: User) -> None:
        self.bodies = _by_name(access.bodies_to_invite_for(by))
        self.professions = _by_name(Profession.objects.filter(retired=False))
        spaces = access.allowed(Space.objects.filter(closed_at=None), by, "manage")
        spaces = list(spaces.select_related("root_page", "collection"))
        self.spaces = _by_name(spaces) | {space.code.casefold(): space for space in spaces}
        self.roles = {str(role.label).casefold(): role for role in Role}
        self.taken = invitations.taken(emails)
        self.counted = Counter(email.lower() for email in emails)


def judged(cells: Numbered, *, by: User) -> list[Row]:
    """Each row with what is wrong in it; a file of which one row is wrong invites nobody."""
    known = Known([each.get("e-mail", "") for _number, each in cells], by)
    return [_judged(Row(number, each), known) for number, each in cells]


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
    if untitled := row.cells.get(UNTITLED):
        row.problems.append(_("«%(words)s» sta in una colonna senza titolo: spostalo o toglilo.") % {"words": untitled})
    if LOST_ZERO.fullmatch(row.cells.get("telefono", "")):
        row.problems.append(
            _("telefono: manca lo zero davanti, che Excel toglie: scrivilo con uno spazio, per esempio «0573 000101».")
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
    found = _named_so(rows, words) if words else None
    if words and found is None:
        row.problems.append(_("%(column)s: «%(words)s» non c’è.") % {"column": column, "words": words})
    if not words and column in NEEDED:
        row.problems.append(_("%(column)s: manca.") % {"column": column})
    return found


def _roles(row: Row, known: Known) -> list[tuple[Space, Role]]:
    """«Rete dei servizi sociali: lettore; SP-FORMA: redattore»."""
    found: dict[Space, Role] = {}
    for part in filter(None, (each.strip() for each in row.cells.get("spazi", "").split(";"))):
        name, _colon, role = (each.strip() for each in part.rpartition(":"))
        space = _named_so(known.spaces, name) if name else None
        if space is None:
            row.problems.append(_("spazi: «%(part)s» non è uno spazio di cui rispondi.") % {"part": name or part})
        elif role.casefold() not in known.roles:
            row.problems.append(_("spazi: «%(role)s» non è un ruolo.") % {"role": role})
        elif space in found:
            row.problems.append(_("spazi: «%(name)s» c’è due volte, e il ruolo è uno.") % {"name": space})
        else:
            found[space] = known.roles[role.casefold()]
    return list(found.items())
