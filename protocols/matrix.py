"""Protocols × bodies: where each edition stands, with as many questions for two hundred protocols as for two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import Organisation, User
from portal.notices.feed import name
from portal.words import dates

from . import adoptions
from .holding import Binding, held, last_said
from .models import Adoption, ProtocolPage
from .models.adoptions import COLOURS, State

ORDER = list(State)
WITHOUT_TEXTS = ("body", "in_brief", "attachments", "anchors")


@dataclass(frozen=True)
class Cell:
    """What a body did with the newest edition, and by which one it works."""

    body: Organisation
    state: State | None  # None: the body did not sign this edition
    since: date | None = None
    works_by: str = ""  # a version, where it is another one

    @property
    def colour(self) -> str:
        return COLOURS.get(self.state, "ok") if self.state else ""

    @property
    def is_gap(self) -> bool:
        return self.state in (State.TO_ADOPT, State.EXAMINED)

    @property
    def words(self) -> str:
        if self.state is None:
            return "—"
        since = dates.in_words(self.since, article="dal") if self.since else ""
        said = f"{self.state.label} {since}"
        return (
            _("%(said)s; lavora con la %(version)s") % {"said": said, "version": self.works_by}
            if self.works_by
            else said
        )


@dataclass
class Line:
    page: ProtocolPage
    version: str
    cells: list[Cell]

    @property
    def gaps(self) -> int:
        return sum(cell.is_gap for cell in self.cells)


@dataclass
class Column:
    body: Organisation
    gaps: int = 0
    may_remind: bool = False

    @property
    def short(self) -> str:
        return short(self.body)


@dataclass
class Matrix:
    columns: list[Column] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def gaps(self) -> int:
        return sum(line.gaps for line in self.lines)

    def rows(self) -> list[list[str | int]]:
        """The table as a spreadsheet has it."""
        bodies = [str(each.body) for each in self.columns]
        head = [_("Codice"), _("Protocollo"), _("Versione"), *bodies, _("Mancano")]
        lines = [
            [line.page.code, line.page.title, line.version, *(cell.words for cell in line.cells), line.gaps]
            for line in self.lines
        ]
        foot = [_("Mancano"), "", "", *(each.gaps for each in self.columns), self.gaps]
        return [head, *lines, foot]


class MatrixForm(forms.Form):
    """What is shown, and in which order."""

    cerca = forms.CharField(label=gettext_lazy("Codice o parole del titolo"), required=False, max_length=80)
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)
    ente = forms.ChoiceField(label=gettext_lazy("Ente"), required=False)
    stato = forms.ChoiceField(
        label=gettext_lazy("Dove almeno un ente"), required=False,
        choices=[("", gettext_lazy("qualunque stato")), *((each.value, each.label) for each in State)],
    )  # fmt: skip
    ordina = forms.ChoiceField(label=gettext_lazy("Ordina per"), required=False)

    def __init__(self, data: Any, bodies: Iterable[Organisation]) -> None:
        super().__init__(data)
        bodies = list(bodies)
        areas = sorted({body.area for body in bodies if body.area})
        named = [(body.slug, short(body)) for body in bodies]
        choices: Any = self.fields
        choices["area"].choices = [("", _("tutte")), *((area, area) for area in areas)]
        choices["ente"].choices = [("", _("tutti")), *named]
        choices["ordina"].choices = [("", _("codice")), ("mancano", _("quanti mancano")), *named]

    @property
    def chosen(self) -> dict[str, str]:
        """What is understood of the address; the rest counts as not asked."""
        self.full_clean()
        return {key: value for key, value in self.cleaned_data.items() if value}


def short(body: Organisation) -> str:
    """«Agliana»: among bodies of the network the Comune goes without saying."""
    return body.name.removeprefix(_("Comune di "))


def of(user: User, asked: Any = None) -> tuple[Matrix, MatrixForm]:
    """All that the person may read, as the address asks for it."""
    pages, rows, bodies = _read(user)
    form = MatrixForm(asked or {}, bodies)
    chosen = form.chosen
    shown = [
        body for body in bodies
        if chosen.get("area", body.area) == body.area and chosen.get("ente", body.slug) == body.slug
    ]  # fmt: skip
    lines = [line for line in _lines(pages, rows, shown) if _is_asked(line, chosen)]
    lines.sort(key=_order(chosen.get("ordina", "")))
    managed = access.allowed(ProtocolPage.objects.filter(pk__in=[line.page.pk for line in lines]), user, "manage")
    looked_after = set(managed.values_list("pk", flat=True))
    columns = []
    for at, body in enumerate(shown):
        gaps = [line.page.pk for line in lines if line.cells[at].is_gap]
        columns.append(Column(body, len(gaps), not looked_after.isdisjoint(gaps)))
    return Matrix(columns, lines), form


def _read(user: User) -> tuple[list[ProtocolPage], list[Adoption], list[Organisation]]:
    """Three questions, however many protocols: what the person reads, what was said of it, by whom."""
    rows = access.allowed(Adoption.objects.all(), user).filter(edition__page__live=True)
    pages = access.allowed(ProtocolPage.objects.all(), user).filter(pk__in=rows.order_by().values("edition__page"))
    found = list(pages.defer(*WITHOUT_TEXTS))
    said = list(rows.defer("text", "reason", "sections"))
    named = {row.organisation_id for row in said}
    return found, said, list(Organisation.objects.filter(pk__in=named).order_by("kind", "area", "name"))


def _lines(pages: list[ProtocolPage], rows: list[Adoption], bodies: list[Organisation]) -> Iterable[Line]:
    today = timezone.localdate()
    kept: dict[int, list[Any]] = {}
    of_page: dict[int, int] = {}
    for edition in adoptions.lean_editions().filter(page_id__in=[page.pk for page in pages]):
        kept.setdefault(edition.page_id, []).append(edition)
        of_page[edition.pk] = edition.page_id
    said: dict[int, list[Adoption]] = {}
    for row in rows:
        said.setdefault(of_page[row.edition_id], []).append(row)
    for page in pages:
        known = adoptions.bindings(page, kept[page.pk], said.get(page.pk, []), bodies)
        newest = next((each for each in reversed(known) if each.begins <= today), known[-1])
        yield Line(page, newest.edition.version, [_cell(body, known, newest, today) for body in bodies])


def _cell(body: Organisation, known: list[Binding], newest: Binding, today: date) -> Cell:
    last = last_said(newest.said.get(body.pk, ()))
    now = held(known, body.pk, today)
    is_older = now.holds and now.edition != newest.edition and _is_as_open(now.edition, newest.edition)
    works_by = now.edition.version if is_older and now.edition else ""
    return Cell(body, State(last.state) if last else None, last.since if last else None, works_by)


def _is_as_open(edition: Any, newest: Any) -> bool:
    """An edition of another space is not named: who reads the page of today may not have read it then."""
    return bool(edition.space_id in (None, newest.space_id))


def _is_asked(line: Line, chosen: dict[str, str]) -> bool:
    words = chosen.get("cerca", "").casefold().split()
    named = name(line.page).casefold()
    states = {cell.state for cell in line.cells}
    return all(word in named for word in words) and ("stato" not in chosen or State(chosen["stato"]) in states)


def _order(by: str) -> Callable[[Line], tuple[Any, ...]]:
    """By code; by how many are missing; by where one body stands, what is missing first."""

    def stands(line: Line) -> int:
        cell = next((each for each in line.cells if each.body.slug == by), None)
        return ORDER.index(cell.state) if cell and cell.state else len(ORDER)

    if by == "mancano":
        return lambda line: (-line.gaps, line.page.code)
    return lambda line: (stands(line) if by else 0, line.page.code)


def missing(user: User) -> int:
    """How many adoptions are missing, of all that the person may read."""
    return of(user)[0].gaps
