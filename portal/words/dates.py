"""Days as Italian says them: small letters, «1°», and the article that the number asks for."""

import re
from datetime import date, datetime, time
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

# Before «otto» and «undici» the article loses its vowel.
ELIDED = {"il": "l’", "al": "all’", "dal": "dall’", "del": "dell’"}


def local_day(value: date | datetime) -> date:
    """The day, where the network lives; a moment that names no zone is taken as it is written."""
    if not isinstance(value, datetime):
        return value
    return (value if timezone.is_naive(value) else timezone.localtime(value)).date()


def midnight(day: date) -> datetime:
    """When the day begins, where the network lives."""
    return timezone.make_aware(datetime.combine(day, time()))


def in_words(value: date | datetime, form: str = "j F Y", article: str = "") -> str:
    """«3 marzo 2026», «dal 1° marzo 2026», «entro l’8 marzo» with `article` "il"."""
    return _in_words(local_day(value), form, article)


@lru_cache(maxsize=4096)  # the days on the pages are few, and Django looks each part of each up among its translations
def _in_words(day: date, form: str, article: str) -> str:
    words = date_format(day, form).lower()
    if day.day == 1:
        words = re.sub(r"(^|\s)1(?=\s)", r"\g<1>1°", words, count=1)
    if not article:
        return words
    elided = form.startswith("j") and day.day in (8, 11)
    return f"{ELIDED[article]}{words}" if elided else f"{article} {words}"


def since(value: datetime) -> str:
    """«da oggi», «da ieri», «da 2 giorni»."""
    days = (timezone.localdate() - local_day(value)).days
    if days < 1:
        return _("da oggi")
    return _("da ieri") if days == 1 else _("da %(days)d giorni") % {"days": days}
