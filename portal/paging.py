"""Long lists, a piece at a time: no page shows, asks for or counts more than a piece, and one row to know of others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .requests import number

T = TypeVar("T")
SIZE = 50
LAST = 100_000
MOST_COUNTED = 500


@dataclass(frozen=True)
class Part(Generic[T]):
    rows: list[T]
    previous_url: str = ""
    next_url: str = ""


def count(shown: Part[Any], whole: Callable[[], int]) -> int:
    """How many there are: asked only where they do not all stand on the page."""
    return whole() if shown.next_url or shown.previous_url else len(shown.rows)


def count_in_words(shown: Part[Any], whole: "QuerySet[Any]") -> str:
    """«312», «oltre 500»: of a long list no more is counted than that it is one."""
    number = count(shown, lambda: whole.order_by()[: MOST_COUNTED + 1].count())
    return str(number) if number <= MOST_COUNTED else _("oltre %(most)d") % {"most": MOST_COUNTED}


def part(request: HttpRequest, rows: Callable[[slice], Iterable[T]], size: int = SIZE, key: str = "pagina") -> Part[T]:
    """The piece that the address asks for; `rows` is given where it begins and ends: `queryset.__getitem__`."""
    asked = number(request.GET.get(key)) or 1
    here = asked if 0 < asked < LAST else 1
    start = (here - 1) * size
    found = list(rows(slice(start, start + size + 1)))

    def address(place: int) -> str:
        query = request.GET.copy()
        query[key] = str(place)
        return f"{request.path}?{query.urlencode()}"

    return Part(found[:size], address(here - 1) if here > 1 else "", address(here + 1) if len(found) > size else "")
