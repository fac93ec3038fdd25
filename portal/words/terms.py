"""Terms: the day that so many hours, days, working days or months lead to, from an event. Never a guess."""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import dates

FARTHEST = 400  # no term of the network is longer, in its own unit
LONGEST_MONTH = 31


class Unit(models.TextChoices):
    HOURS = "ore", _("ore")
    DAYS = "giorni", _("giorni")
    WORKING_DAYS = "giorni-lavorativi", _("giorni lavorativi")
    MONTHS = "mesi", _("mesi")
    DAY_OF_NEXT_MONTH = "giorno-del-mese-dopo", _("giorno del mese successivo")


class Direction(models.TextChoices):
    AFTER = "dopo", _("dopo")
    BEFORE = "prima", _("prima")


@cache
def _national(year: int) -> Any:
    """The feasts of the whole country in a year, complete: one that fills as it is asked misleads a second thread."""
    from holidays import country_holidays  # most processes never ask, and it takes a twentieth of their start

    # else they are called as the machine speaks
    return country_holidays("IT", years=year, expand=False, language="it_IT")


@dataclass(frozen=True)
class Offices:
    """When the offices of a body are open; beside weekends and national feasts they have a patron and closing days."""

    closed: Mapping[date, str] = field(default_factory=dict)  # each with its reason
    patron_in: Callable[[int], date | None] = lambda _year: None
    patron: str = ""

    def feast(self, day: date) -> str:
        """Why offices are closed on the day, where it is not the weekend."""
        if day == self.patron_in(day.year):
            return self.patron or str(_("patrono"))
        return self.closed.get(day) or _national(day.year).get(day) or ""

    def are_open(self, day: date) -> bool:
        return day.weekday() < calendar.SATURDAY and not self.feast(day)


EVERYWHERE = Offices()  # what is closed in the whole country, and nothing else


@dataclass(frozen=True)
class Term:
    """«Entro 5 giorni lavorativi», «almeno 7 giorni prima», «il 5 del mese successivo»."""

    number: int
    unit: Unit
    direction: Direction = Direction.AFTER

    @property
    def amount(self) -> str:
        """«5 giorni lavorativi»."""
        words = {
            Unit.HOURS: ngettext("%(number)d ora", "%(number)d ore", self.number),
            Unit.DAYS: ngettext("%(number)d giorno", "%(number)d giorni", self.number),
            Unit.WORKING_DAYS: ngettext("%(number)d giorno lavorativo", "%(number)d giorni lavorativi", self.number),
            Unit.MONTHS: ngettext("%(number)d mese", "%(number)d mesi", self.number),
            Unit.DAY_OF_NEXT_MONTH: gettext("il %(number)d del mese successivo"),
        }
        return words[self.unit] % {"number": self.number}

    @property
    def _sign(self) -> int:
        return -1 if self.direction == Direction.BEFORE else 1

    def due(self, base: date | datetime, offices: Offices = EVERYWHERE) -> date | datetime | None:
        """The day it leads to from the base; a moment for hours, and None where the base has no hour."""
        sign = self._sign
        if self.unit == Unit.HOURS:
            if not isinstance(base, datetime):
                return None
            # Counted in UTC: in the night when the clocks change, two hours are still two hours.
            return timezone.localtime(base.astimezone(UTC) + sign * timedelta(hours=self.number))
        day = dates.local_day(base)
        if self.unit == Unit.DAYS:
            return day + sign * timedelta(days=self.number)
        if self.unit == Unit.WORKING_DAYS:
            return _working(day, self.number, sign, offices)
        if self.unit == Unit.MONTHS:
            return months(day, sign * self.number)
        return months(day.replace(day=1), 1, at=self.number)

    def day(self, base: date) -> date:
        """The day it leads to from another day; not of a term in hours, which needs a moment."""
        found = self.due(base)
        if found is None:
            raise ValueError(f"{self.amount} from a day without an hour")
        return dates.local_day(found)

    def not_counted(self, base: date | datetime, offices: Offices = EVERYWHERE) -> list[tuple[date, str]]:
        """The feasts, outside weekends, that a term in working days passes over, each with its name."""
        if self.unit != Unit.WORKING_DAYS:
            return []
        ends = sorted([dates.local_day(base), _working(dates.local_day(base), self.number, self._sign, offices)])
        days = (ends[0] + timedelta(days=more) for more in range((ends[1] - ends[0]).days + 1))
        weekdays = (day for day in days if day.weekday() < calendar.SATURDAY)
        return [(day, name) for day in weekdays if (name := offices.feast(day))]


def no_such_day(number: int, unit: str, direction: str) -> tuple[str, Any] | None:
    """Why «il 45 del mese successivo» is no term: the field that is wrong, and the sentence."""
    if unit != Unit.DAY_OF_NEXT_MONTH:
        return None
    if not 1 <= number <= LONGEST_MONTH:
        return "number", _("I giorni di un mese vanno da 1 a 31.")
    if direction == Direction.BEFORE:
        return "direction", _("Un giorno del mese successivo viene dopo, non prima.")
    return None


def _working(day: date, number: int, sign: int, offices: Offices) -> date:
    """The base does not count. Zero is the day itself, or the nearest working one in the direction of the term."""
    while number or not offices.are_open(day):
        day += timedelta(days=sign)
        if number and offices.are_open(day):
            number -= 1
    return day


def months(day: date, number: int, at: int | None = None) -> date:
    """So many months away, on the same day or on another; on the last one where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(at or day.day, last))
