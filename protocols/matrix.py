"""Protocols × bodies: where each edition stands, with as many questions for two hundred protocols as for two.

All that is asked for is counted and put in order by outlines, which are read without a model; what a cell says is
worked out for the piece that is shown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import Organisation, User
from portal.words import dates

from . import adoptions
from .holding import Binding, held, last_said
from .models import Adoption, Edition, ProtocolPage
from .models.adoptions import COLOURS, State

ORDER = list(State)
GAPS = (State.TO_ADOPT, State.EXAMINED)
T = TypeVar("T")
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


@dataclass(frozen=True)
class Outline:
    """What a protocol is counted and put in order by."""

    pk: int
    code: str
    title: str
    states: dict[int, State]  # body → its last word on the newest edition

    @property
    def gaps(self) -> int:
        return sum(state in GAPS for state in self.states.values())

    @property
    def name(self) -> str:
        return f"{self.code} {self.title}".casefold()


@dataclass(frozen=True)
class Line:
    page: ProtocolPage
    version: str
    cells: list[Cell]
    gaps: int


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
    outlines: list[Outline] = field(default_factory=list)

    @property
    def gaps(self) -> int:
        return sum(each.gaps for each in self.outlines)

    def lines(self, part: slice = slice(None)) -> list[Line]:
        """These protocols with what each body did, and no other."""
        return _lines(self.outlines[part], [each.body for each in self.columns])

    def rows(self) -> list[list[str | int]]:
        """The table as a spreadsheet has it."""
        bodies = [str(each.body) for each in self.columns]
        head = [_("Codice"), _("Protocollo"), _("Versione"), *bodies, _("Mancano")]
        lines = [
            [line.page.code, line.page.title, line.version, *(cell.words for cell in line.cells), line.gaps]
            for line in self.lines()
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

    def in_words(self) -> list[str]:
        """What was chosen, for paper, which shows no form."""
        said = {key: dict(getattr(self.fields[key], "choices", ())) for key in self.chosen}
        return [f"{self.fields[key].label}: {said[key].get(value, value)}" for key, value in self.chosen.items()]


def short(body: Organisation) -> str:
    """«Agliana»: among bodies of the network the Comune goes without saying."""
    return body.name.removeprefix(_("Comune di "))


def of(user: User, asked: Any = None) -> tuple[Matrix, MatrixForm]:
    """All that the person may read, as the address asks for it."""
    outlines, bodies = _read(user)
    form = MatrixForm(asked or {}, bodies)
    chosen = form.chosen
    shown = [
        body for body in bodies
        if chosen.get("area", body.area) == body.area and chosen.get("ente", body.slug) == body.slug
    ]  # fmt: skip
    if len(shown) < len(bodies):
        among = {body.pk for body in shown}
        outlines = [
            replace(each, states={body: each.states[body] for body in among & each.states.keys()}) for each in outlines
        ]
    found = [each for each in outlines if _is_asked(each, chosen)]
    body = next((body for body in shown if body.slug == chosen.get("ordina")), None)
    found.sort(key=_order(chosen.get("ordina", ""), body))
    return Matrix(_columns(user, found, shown), found), form


def _columns(user: User, outlines: list[Outline], bodies: list[Organisation]) -> list[Column]:
    managed = access.allowed(ProtocolPage.objects.filter(pk__in=[each.pk for each in outlines]), user, "manage")
    looked_after = set(managed.values_list("pk", flat=True))
    gaps: dict[int, list[int]] = {}
    for each in outlines:
        for body, state in each.states.items():
            if state in GAPS:
                gaps.setdefault(body, []).append(each.pk)
    missing = [(body, gaps.get(body.pk, [])) for body in bodies]
    return [Column(body, len(pages), not looked_after.isdisjoint(pages)) for body, pages in missing]


def _read(user: User) -> tuple[list[Outline], list[Organisation]]:
    """What the person reads, where each body stands, and the bodies; as many questions, however many protocols."""
    rows = access.allowed(Adoption.objects.all(), user).filter(edition__page__live=True).order_by("pk")
    pages = access.allowed(ProtocolPage.objects.all(), user).filter(pk__in=rows.order_by().values("edition__page"))
    named = list(pages.values_list("pk", "code", "title"))
    newest = _newest(pk for pk, _code, _title in named)
    said = list(rows.values_list("pk", "edition", "organisation", "state", "corrects"))
    corrected = {corrects for *_words, corrects in said}
    bodies, states = set(), {edition: dict[int, State]() for edition in newest.values()}
    for pk, edition, body, state, _corrects in said:  # the last one counts
        bodies.add(body)
        if edition in states and pk not in corrected:
            states[edition][body] = State(state)
    outlines = [Outline(pk, code, title, states[newest[pk]]) for pk, code, title in named]
    return outlines, list(Organisation.objects.filter(pk__in=bodies).order_by("kind", "area", "name"))


def _newest(pages: Iterable[int]) -> dict[int, int]:
    """Protocol → the edition that the network has today; where none has begun, the last one."""
    kept: dict[int, list[Edition]] = {}
    rows = Edition.objects.filter(page__in=list(pages)).only("page_id", "valid_from", "published_at")
    for edition in sorted(rows, key=adoptions.by_age):
        kept.setdefault(edition.page_id, []).append(edition)
    return {page: _last_begun(each, lambda edition: edition.begins).pk for page, each in kept.items()}


def _last_begun(oldest_first: Sequence[T], begins: Callable[[T], date]) -> T:
    today = timezone.localdate()
    return next((each for each in reversed(oldest_first) if begins(each) <= today), oldest_first[-1])


def _lines(outlines: list[Outline], bodies: list[Organisation]) -> list[Line]:
    """Three questions; of protocols that the person reads, whatever is asked."""
    today, among = timezone.localdate(), [each.pk for each in outlines]
    pages = ProtocolPage.objects.filter(pk__in=among).defer(*WITHOUT_TEXTS).in_bulk()
    kept: dict[int, list[Any]] = {}
    of_page: dict[int, int] = {}
    for edition in adoptions.lean_editions().filter(page_id__in=among):
        kept.setdefault(edition.page_id, []).append(edition)
        of_page[edition.pk] = edition.page_id
    said: dict[int, list[Adoption]] = {}
    for row in Adoption.objects.filter(edition__in=list(of_page)).order_by("pk").defer("text", "reason", "sections"):
        said.setdefault(of_page[row.edition_id], []).append(row)
    found = []
    for each in outlines:
        page = pages[each.pk]
        known = adoptions.bindings(page, kept[page.pk], said.get(page.pk, []), bodies)
        newest = _last_begun(known, lambda binding: binding.begins)
        cells = [_cell(body, known, newest, today) for body in bodies]
        found.append(Line(page, newest.edition.version, cells, each.gaps))
    return found


def _cell(body: Organisation, known: list[Binding], newest: Binding, today: date) -> Cell:
    last = last_said(newest.said.get(body.pk, ()))
    now = held(known, body.pk, today)
    is_older = now.holds and now.edition != newest.edition and _is_as_open(now.edition, newest.edition)
    works_by = now.edition.version if is_older and now.edition else ""
    return Cell(body, State(last.state) if last else None, last.since if last else None, works_by)


def _is_as_open(edition: Any, newest: Any) -> bool:
    """An edition of another space is not named: who reads the page of today may not have read it then."""
    return bool(edition.space_id in (None, newest.space_id))


def _is_asked(each: Outline, chosen: dict[str, str]) -> bool:
    words = chosen.get("cerca", "").casefold().split()
    has_state = chosen.get("stato") in each.states.values() if "stato" in chosen else True
    return has_state and all(word in each.name for word in words)


def _order(by: str, body: Organisation | None) -> Callable[[Outline], tuple[Any, ...]]:
    """By code; by how many are missing; by where one body stands, what is missing first."""

    def stands(each: Outline) -> int:
        state = each.states.get(body.pk) if body else None
        return ORDER.index(state) if state else len(ORDER)

    if by == "mancano":
        return lambda each: (-each.gaps, each.code)
    return lambda each: (stands(each) if by else 0, each.code)


def missing_at(user: User, body: Organisation) -> list[int]:
    """The protocols that the body has still to adopt, of those that the person may read."""
    return [each.pk for each in _read(user)[0] if each.states.get(body.pk) in GAPS]


def missing(user: User) -> int:
    """How many adoptions are missing, of all that the person may read."""
    return sum(each.gaps for each in _read(user)[0])
