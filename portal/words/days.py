"""Days as forms ask for them: typed as Italians type them, and held until the last second of the day."""

import re
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django import forms
from django.utils import dates, timezone, translation
from django.utils.translation import gettext_lazy as _

MONTHS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def end_of(day: date) -> datetime:
    """The last second of the day, where the network lives."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def in_numbers(typed: Any) -> Any:
    """A day with its month in words, written in numbers: «3 dicembre 2026», «1° dic. 2026 alle 9.30»."""
    return _SAID.sub(_number, typed) if isinstance(typed, str) else typed


_SAID = re.compile(r"^\s*(\d{1,2})[°º]?\s+([^\W\d_]{3,})\.?\s+(\d{4})(?:,?\s+(?:alle|ore|alle ore)\b)?", re.IGNORECASE)


def _number(said: re.Match[str]) -> str:
    day, month, year = said.groups()
    return f"{day}/{_months()[month.lower()]}/{year}" if month.lower() in _months() else said[0]


@cache
def _months() -> dict[str, int]:
    with translation.override("it"):
        names = {str(name).lower(): number for number, name in dates.MONTHS.items()}
    return names | {name[:3]: number for name, number in names.items()}


class DayField(forms.DateField):
    """A day, «gg/mm/aaaa» or with its month in words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"placeholder": _("gg/mm/aaaa"), "autocomplete": "off"}))
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> date | None:
        return super().to_python(in_numbers(value))


class LastDayField(DayField):
    """The last day on which something holds; its value is the end of that day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Compreso quel giorno."))
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value).date() if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> datetime | None:
        day = super().clean(value)
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("La data è già passata."))
        return end_of(day) if day else None


class DayOfYearField(forms.CharField):
    """A day of each year, «25/7»; its value is (month, day)."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value[1]:02d}/{value[0]:02d}" if isinstance(value, tuple) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        parts = text.replace(".", "/").replace("-", "/").split("/")
        if len(parts) != 2 or not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
            raise forms.ValidationError(_("Scrivi giorno e mese, per esempio 25/07."))
        day, month = int(parts[0]), int(parts[1])
        if not 1 <= day <= MONTHS.get(month, 0):
            raise forms.ValidationError(
                _("Questo giorno non c’è nel calendario: scrivi giorno e mese, per esempio 25/07.")
            )
        return month, day

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial) or "", data)
