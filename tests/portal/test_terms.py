"""A term leads to the day that a patient person with a calendar would find."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import holidays
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as some

from portal.words import terms
from portal.words.terms import EVERYWHERE, Direction, Term, Unit

ITALY = holidays.country_holidays("IT", years=range(2024, 2036))
days = some.dates(date(2025, 1, 1), date(2034, 1, 1))
numbers = some.integers(0, 90)
AFTER, BEFORE = Direction.AFTER, Direction.BEFORE


def open_day(day: date) -> bool:
    return day.strftime("%a") not in ("Sat", "Sun") and day not in ITALY


@settings(deadline=None)
@given(days, some.integers(1, 90), some.sampled_from(Direction))
def test_working_days_are_counted_one_by_one(base: date, number: int, direction: Direction) -> None:
    found = Term(number, Unit.WORKING_DAYS, direction).due(base)
    assert open_day(found)
    first, last = sorted((base, found))
    between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert sum(open_day(day) for day in between if day != base) == number


@settings(deadline=None)
@given(days, some.sampled_from(Direction))
def test_no_working_days_is_the_day_itself_or_the_nearest_open_one(base: date, direction: Direction) -> None:
    found = Term(0, Unit.WORKING_DAYS, direction).due(base)
    assert open_day(found)
    assert (found == base) is open_day(base)


@settings(deadline=None)
@given(days, numbers, some.sampled_from(Direction))
def test_days_are_days_of_the_calendar(base: date, number: int, direction: Direction) -> None:
    found = Term(number, Unit.DAYS, direction).due(base)
    assert abs(found.toordinal() - base.toordinal()) == number
    assert found >= base if direction == AFTER else found <= base


@settings(deadline=None)
@given(days, some.integers(0, 30), some.sampled_from(Direction))
def test_months_keep_the_day_or_end_with_the_month(base: date, number: int, direction: Direction) -> None:
    found = Term(number, Unit.MONTHS, direction).due(base)
    apart = (found.year - base.year) * 12 + found.month - base.month
    assert apart == (number if direction == AFTER else -number)
    assert found.day == base.day or (found.day < base.day and (found + timedelta(days=1)).day == 1)


@settings(deadline=None)
@given(days, some.integers(1, 28))
def test_a_day_of_the_next_month_is_that_day(base: date, number: int) -> None:
    found = Term(number, Unit.DAY_OF_NEXT_MONTH).due(base)
    walk = base
    while walk.month == base.month:
        walk += timedelta(days=1)
    assert (found.year, found.month, found.day) == (walk.year, walk.month, number)


@settings(deadline=None)
@given(some.datetimes(datetime(2025, 1, 1), datetime(2034, 1, 1)), numbers, some.sampled_from(Direction))
def test_hours_are_hours_of_the_clock_and_need_one(naive: datetime, number: int, direction: Direction) -> None:
    base = timezone.make_aware(naive)
    found = Term(number, Unit.HOURS, direction).due(base)
    assert abs(found.timestamp() - base.timestamp()) == number * 3600
    assert Term(number, Unit.HOURS, direction).due(base.date()) is None


@pytest.mark.parametrize(
    ("base", "term", "day"),
    [
        (date(2026, 12, 24), Term(1, Unit.WORKING_DAYS), date(2026, 12, 28)),
        (date(2026, 4, 3), Term(1, Unit.WORKING_DAYS), date(2026, 4, 7)),  # over Easter
        (date(2026, 12, 30), Term(3, Unit.WORKING_DAYS), date(2027, 1, 5)),
        (date(2026, 11, 27), Term(1, Unit.WORKING_DAYS), date(2026, 11, 30)),
        (date(2027, 1, 31), Term(1, Unit.MONTHS), date(2027, 2, 28)),
        (date(2026, 12, 30), Term(5, Unit.DAY_OF_NEXT_MONTH), date(2027, 1, 5)),
        (date(2026, 12, 10), Term(7, Unit.DAYS, BEFORE), date(2026, 12, 3)),
    ],
)
def test_days_that_people_get_wrong(base: date, term: Term, day: date) -> None:
    assert term.due(base) == day


def test_saturdays_sundays_and_feasts_are_not_working_days() -> None:
    assert not any(EVERYWHERE.are_open(date(2026, 11, day)) for day in (1, 28, 29))
    assert EVERYWHERE.are_open(date(2026, 11, 27))


def test_a_reminder_s_day_is_counted_as_every_other_term() -> None:
    assert Term(3, Unit.DAYS, Direction.BEFORE).day(date(2026, 3, 2)) == date(2026, 2, 27)
    assert Term(7, Unit.DAYS).day(date(2026, 12, 28)) == date(2027, 1, 4)
    with pytest.raises(ValueError, match="without an hour"):
        Term(3, Unit.HOURS).day(date(2026, 3, 2))


def test_days_that_are_asked_for_at_once_are_feasts_for_everybody() -> None:
    terms._national.cache_clear()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as together:
            years = [year for year in range(2050, 2090) for _ in range(8)]
            found = list(together.map(lambda year: EVERYWHERE.feast(date(year, 12, 25)), years))
    finally:
        sys.setswitchinterval(before)
    assert set(found) == {"Natale"}
