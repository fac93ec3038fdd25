"""The words of the main navigation; each package adds its own from its `feed.py`, in the order of the packages."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """One word: shown where the person may see a page of `model` (its lower-case name); always without one."""

    order: int
    key: str
    label: Any
    url: str
    model: str = ""


entries: list[Entry] = [Entry(0, "home", _("Home"), "/")]
