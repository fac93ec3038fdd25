"""Excel: the values of the cells as they are shown; a date is a number with a style."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from .archive import Archive
from .markup import Xml
from .packages import Package
from .problems import DAMAGED, NO_TEXT, Unreadable
from .text import Text

# Formats that need no definition (ECMA-376, 18.8.30): days, hours, both.
DAYS, HOURS, BOTH = (*range(14, 18), *range(27, 32), *range(34, 37), *range(50, 59)), (18, 19, 20, 21, 32, 33), (22,)
QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
START, START_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
LAST = 2_958_466  # 31 December 9999
NO_LEAP_DAY = 60  # Excel counts a 29 February 1900 that never was


def read_xlsx(data: bytes) -> list[str]:
    package = Package(Archive(data))
    stream = package.archive.stream
    text = Text()
    book = _Workbook(text)
    for name in package.parts(r"(?:sheet|template|macroenabled\w*)\.main", r"xl/workbook\d*\.xml"):
        book.feed(stream(name))
    strings = _SharedStrings()
    for name in package.parts(r"spreadsheetml\.sharedstrings", r"xl/sharedstrings\d*\.xml"):
        strings.feed(stream(name))
    styles = _Styles()
    for name in package.parts(r"spreadsheetml\.styles", r"xl/styles\d*\.xml"):
        styles.feed(stream(name))
    cells = 0
    for name in package.parts(r"spreadsheetml\.worksheet", r"xl/worksheets/[^/]+\.xml"):
        sheet = _Cells(strings.found, styles.shown(), START_1904 if book.is_1904 else START, text)
        sheet.feed(stream(name))
        text.write("\n")
        cells += sheet.count
    if not cells:
        raise Unreadable(NO_TEXT)
    return [str(text)]


class _Workbook(Xml):
    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self.is_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self._text.write(attributes.get("name", "") + "\n")
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "0") in ("1", "true", "on")


class _SharedStrings(Xml):
    """The strings that cells refer to by number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._string: Text | None = None
        self._reads = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            self._string = Text()
        self._reads = name == "t"

    def end(self, name: str) -> None:
        self._reads = False
        if name == "si":
            self.found.append(str(self._string))

    def characters(self, text: str) -> None:
        if self._reads and self._string is not None:
            self._string.write(text)


class _Styles(Xml):
    """Which of the styles that cells name show a number as a day, an hour or both."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, str] = {}
        self._formats: list[str] = []
        self._in_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._formats.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def shown(self) -> dict[str, str]:
        """The number of a style → how it writes a moment."""
        forms = ((str(place), self._form(number)) for place, number in enumerate(self._formats))
        return {place: form for place, form in forms if form}

    def _form(self, number: str) -> str:
        if number in self._codes:
            return _form_of(self._codes[number])
        built_in = int(number) if number.isdecimal() else 0
        return "%d/%m/%Y" if built_in in DAYS else "%H:%M" if built_in in HOURS else (
            "%d/%m/%Y %H:%M" if built_in in BOTH else ""
        )  # fmt: skip


def _form_of(code: str) -> str:
    """From «[$-410]d mmmm yyyy;@» to a form of Python's; "" for what is no date. Durations stay numbers."""
    bare = QUOTED.sub("", code.partition(";")[0]).lower()
    if "general" in bare or "[" in bare:
        return ""
    has_day, has_hour = bool(re.search("[dyag]", bare)), "h" in bare or "s" in bare
    if not has_day and not has_hour:
        return "%d/%m/%Y" if "m" in bare else ""
    return " ".join(form for form, wanted in (("%d/%m/%Y", has_day), ("%H:%M", has_hour)) if wanted)


class _Cells(Xml):
    """The values of one sheet, a row a line. Formulas, logical values and errors are left out."""

    def __init__(self, strings: list[str], forms: dict[str, str], start: datetime, text: Text) -> None:
        super().__init__()
        self._strings, self._forms, self._from = strings, forms, start
        self._text = text
        self._type = self._style = ""
        self._value = ""
        self._reads = False
        self.count = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._type, self._style, self._value = attributes.get("t", "n"), attributes.get("s", ""), ""
        self._reads = name in ("v", "t")

    def end(self, name: str) -> None:
        self._reads = False
        if name == "c" and self._value and self._type not in ("b", "e"):
            self._text.write(self._shown() + "\t")
            self.count += 1
        elif name == "row":
            self._text.write("\n")

    def characters(self, text: str) -> None:
        if self._reads:
            self._value += text

    def _shown(self) -> str:
        if self._type == "n":
            return self._moment()
        if self._type == "d":
            return datetime.fromisoformat(self._value).strftime(self._forms.get(self._style, "%d/%m/%Y"))
        if self._type != "s":
            return self._value
        number = int(self._value)
        if not 0 <= number < len(self._strings):
            raise Unreadable(DAMAGED)
        return self._strings[number]

    def _moment(self) -> str:
        """46082 with the style of a date is 01/03/2026; what no day can be stays as it is."""
        form = self._forms.get(self._style)
        if not form:
            return self._value
        try:
            days = float(self._value)
        except ValueError:
            return self._value
        if not 0 <= days < LAST or ("%d" in form and days < 1):
            return self._value
        if self._from == START and days < NO_LEAP_DAY:
            days += 1
        moment = self._from + timedelta(seconds=round(days * 86400))
        return f"{moment.day:02}/{moment.month:02}/{moment.year}{moment.strftime(form.removeprefix('%d/%m/%Y'))}" if (
            form.startswith("%d")
        ) else moment.strftime(form)  # fmt: skip
