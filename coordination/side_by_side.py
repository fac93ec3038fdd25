"""The Comuni's rules for a service beside each other: what most of them say, and in what each one differs."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import Organisation
from portal.words import dates
from portal.words.days import DayField

from .models import BodyRule
from .regulations import Standing

FIELDS = {
    "threshold": gettext_lazy("Soglia"), "fee": gettext_lazy("Quota a carico"),
    "documents": gettext_lazy("Documenti"), "way": gettext_lazy("Come si accede"),
}  # fmt: skip


def euro(amount: Decimal | None) -> str:
    """«€ 15.000», «€ 6,50»."""
    if amount is None:
        return ""
    return f"€ {number_format(amount, 0 if amount == amount.to_integral() else 2, force_grouping=True)}"


def said(rule: BodyRule, name: str) -> list[str]:
    """A field as it is read, line by line."""
    if name == "documents":
        return rule.brought
    if name == "way":
        return rule.way.splitlines()
    words = [euro(getattr(rule, name)), getattr(rule, f"{name}_words")]
    return [" ".join(filter(None, words))] if any(words) else []


def _same(rule: BodyRule, name: str) -> Hashable:
    """What makes two bodies say the same: an amount alone where there is one, else the words without their looks."""
    lines = frozenset(" ".join(line.casefold().split()).rstrip(".") for line in said(rule, name))
    return getattr(rule, name, None) if name in ("threshold", "fee") and getattr(rule, name) is not None else lines


@dataclass(frozen=True)
class Cell:
    lines: list[str]
    differs: str = ""  # from most of the others: in words

    @property
    def words(self) -> str:
        return "; ".join(self.lines)


@dataclass(frozen=True)
class Line:
    standing: Standing
    cells: dict[str, Cell]
    is_own: bool

    @property
    def differences(self) -> int:
        return sum(bool(cell.differs) for cell in self.cells.values())


@dataclass
class Table:
    """Comuni × what the rule says, with what most say of each."""

    lines: list[Line]
    most: dict[str, BodyRule] = field(default_factory=dict)  # field → a rule that says what most of them say

    @property
    def missing(self) -> list[Organisation]:
        return [line.standing.body for line in self.lines if line.standing.rule is None]

    @property
    def summary(self) -> list[str]:
        """«Documenti: uguali dappertutto»; «Soglia: diversa in 2 Comuni su 8»."""
        found = []
        having = [line for line in self.lines if line.cells]
        for name, label in FIELDS.items():
            count = sum(bool(line.cells[name].differs) for line in having)
            words = {"field": label, "count": count, "all": len(having)}
            if name not in self.most:
                found.append(_("%(field)s: ognuno a modo suo") % words)
            elif count:
                found.append(_("%(field)s: %(count)d su %(all)d non come i più") % words)
            else:
                found.append(_("%(field)s: uguale dappertutto") % words)
        return found if len(having) > 1 else []

    def rows(self) -> list[list[str | int]]:
        """The table as a spreadsheet has it."""
        head: list[str | int] = [
            _("Comune"), _("Area"), *map(str, FIELDS.values()), _("In che cosa è diverso"), _("Atto"),
            _("Data dell’atto"), _("Dove si legge"), _("Vale dal"), _("Guardata il"),
        ]  # fmt: skip
        return [head, *(_row(line) for line in self.lines)]


def _row(line: Line) -> list[str | int]:
    rule, body = line.standing.rule, line.standing.body
    if rule is None:
        return [body.name, body.area, _("non l’ha ancora scritta"), *[""] * 9]
    differs = "; ".join(f"{FIELDS[name]}: {cell.differs}" for name, cell in line.cells.items() if cell.differs)
    looked_at = line.standing.looked_at
    cells = [cell.words for cell in line.cells.values()] or [_("non dà questo servizio"), "", "", ""]
    return [
        body.name, body.area, *cells, differs, rule.act, rule.act_date.isoformat(), rule.source,
        rule.valid_from.isoformat(), looked_at.isoformat() if looked_at else "",
    ]  # fmt: skip


def of(standings: Iterable[Standing], own: int | None = None) -> Table:
    """The reader's own Comune first, then by name."""
    standings = list(standings)
    rules = [each.rule for each in standings if each.rule and each.rule.offered]
    most = {name: rule for name in FIELDS if (rule := _most(rules, name))}
    lines = [Line(each, _cells(each.rule, most), each.body.pk == own) for each in standings]
    return Table(sorted(lines, key=lambda line: (not line.is_own, line.standing.body.name)), most)


def _most(rules: list[BodyRule], name: str) -> BodyRule | None:
    """A rule that says what most say; None where no two agree, or as many say another thing."""
    counts = Counter(_same(rule, name) for rule in rules).most_common(2)
    if not counts or counts[0][1] < 2 or (len(counts) > 1 and counts[1][1] == counts[0][1]):
        return None
    return next(rule for rule in rules if _same(rule, name) == counts[0][0])


def _cells(rule: BodyRule | None, most: dict[str, BodyRule]) -> dict[str, Cell]:
    if rule is None or not rule.offered:
        return {}
    return {name: Cell(said(rule, name), _differs(rule, name, most.get(name))) for name in FIELDS}


def _differs(rule: BodyRule, name: str, common: BodyRule | None) -> str:
    if common is None or _same(rule, name) == _same(common, name):
        return ""
    if name == "documents":
        return _documents(rule.brought, common.brought)
    mine, theirs = (getattr(each, name) for each in (rule, common))
    if isinstance(mine, Decimal) and isinstance(theirs, Decimal):
        words = _("più alta: i più hanno %(common)s") if mine > theirs else _("più bassa: i più hanno %(common)s")
        return words % {"common": euro(theirs)}
    return _("diverso: i più hanno «%(common)s»") % {"common": "; ".join(said(common, name)) or _("niente")}


def _documents(mine: list[str], theirs: list[str]) -> str:
    known = [{each.casefold().rstrip(".") for each in lines} for lines in (mine, theirs)]
    more = ", ".join(each for each in mine if each.casefold().rstrip(".") not in known[1])
    less = ", ".join(each for each in theirs if each.casefold().rstrip(".") not in known[0])
    return "; ".join([*([_("in più: %(what)s") % {"what": more}] if more else []),
                      *([_("non chiede: %(what)s") % {"what": less}] if less else [])])  # fmt: skip


# --- What is shown, and in which order -------------------------------------------------------------------


class TableForm(forms.Form):
    """How the address asks for the table; what is not understood counts as not asked."""

    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)
    comune = forms.ChoiceField(label=gettext_lazy("Comune"), required=False)
    ordina = forms.ChoiceField(label=gettext_lazy("Ordina per"), required=False, choices=[
        ("", gettext_lazy("nome, il tuo per primo")), ("soglia", gettext_lazy("soglia")),
        ("quota", gettext_lazy("quota a carico")), ("differenze", gettext_lazy("quanto è diverso")),
    ])  # fmt: skip
    giorno = DayField(label=gettext_lazy("Com’era il giorno"), required=False)
    diversi = forms.BooleanField(label=gettext_lazy("Solo chi è diverso"), required=False)

    def __init__(self, data: Any, bodies: Iterable[Organisation]) -> None:
        super().__init__(data)
        bodies, fields = list(bodies), self.fields
        areas = sorted({body.area for body in bodies if body.area})
        fields["area"].choices = [("", _("tutte")), *((area, area) for area in areas)]  # type: ignore[attr-defined]
        named = [(body.slug, body.name.removeprefix(_("Comune di "))) for body in bodies]
        fields["comune"].choices = [("", _("tutti")), *named]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        self.full_clean()
        return {key: value for key, value in self.cleaned_data.items() if value}


def narrowed(table: Table, chosen: dict[str, Any]) -> Table:
    """What of the whole table is asked for: what most say is what most of all say."""
    lines = [
        line for line in table.lines
        if chosen.get("area", line.standing.body.area) == line.standing.body.area
        and chosen.get("comune", line.standing.body.slug) == line.standing.body.slug
        and (line.differences or not chosen.get("diversi"))
    ]  # fmt: skip
    if order := ORDERS.get(chosen.get("ordina", "")):
        lines.sort(key=order)
    return Table(lines, table.most)


def _amount(name: str) -> Callable[[Line], tuple[bool, Decimal]]:
    """The lowest first, who has none last."""

    def order(line: Line) -> tuple[bool, Decimal]:
        amount = getattr(line.standing.rule, name, None) if line.cells else None
        return amount is None, amount or Decimal(0)

    return order


ORDERS: dict[str, Callable[[Line], Any]] = {
    "soglia": _amount("threshold"), "quota": _amount("fee"), "differenze": lambda line: -line.differences,
}  # fmt: skip


def in_short(rule: BodyRule) -> list[tuple[Any, list[str]]]:
    """What a step of a procedure shows of the reader's own rule."""
    return [(label, lines) for name, label in FIELDS.items() if (lines := said(rule, name))]


def since(rule: BodyRule) -> str:
    """«Regolamento n. 12 del 3 marzo 2026, vale dal 1° aprile 2026»."""
    return _("%(act)s %(day)s, vale %(since)s") % {
        "act": rule.act, "day": dates.in_words(rule.act_date, article="del"),
        "since": dates.in_words(rule.valid_from, article="dal"),
    }  # fmt: skip
