"""Which page follows from which, read from what protocols and procedures say each time that one is published.

A code leads to the page that has it: what is published under a code that others name already is found then.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from wagtail.models import Page

from coordination.models import ServicePage
from portal.background.schedules import every

from . import codes
from .models import ProcedurePage, ProtocolPage, RuleLink
from .models.protocols import RelatedPage

Edge = tuple[int, int]  # above, below
Said = dict[int, set[Edge]]  # by the number of the page that says them
BATCH = 500


def on_published(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: its own links, and those of the procedures that name it."""
    derive(type(page), [page.pk])
    code = getattr(page, "code", "")
    if code:
        naming = Q(protocols__icontains=code) | Q(steps__icontains=f'"{code}"')
        derive(ProcedurePage, ProcedurePage.objects.filter(naming).exclude(pk=page.pk).values_list("pk", flat=True))


def derive(kind: type, numbers: Iterable[int]) -> None:
    """Bring the links that these pages say to what they say now."""
    with transaction.atomic():
        said = _said(kind, list(numbers))
        RuleLink.objects.filter(said_by__in=said).delete()
        rows = [
            RuleLink(said_by_id=page, above_id=above, below_id=below)
            for page, edges in said.items()
            for above, below in sorted(edges)
        ]
        RuleLink.objects.bulk_create(rows, ignore_conflicts=True)


@every(minutes=24 * 60)
def derive_all() -> int:
    """Of all rules, whatever became of their codes: a batch at a time, and only what is another is written."""
    count = 0
    for kind in (ProtocolPage, ProcedurePage):
        numbers = list(kind.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(numbers), BATCH):
            changed = _changed(kind, numbers[start : start + BATCH])
            if changed:
                derive(kind, changed)
        count += len(numbers)
    return count


def _changed(kind: type, numbers: list[int]) -> list[int]:
    said = _said(kind, numbers)
    kept: Said = {number: set() for number in said}
    for page, above, below in RuleLink.objects.filter(said_by__in=numbers).values_list("said_by", "above", "below"):
        kept[page].add((above, below))
    return [number for number in said if said[number] != kept[number]]


# --- What they say ---------------------------------------------------------------------------------------


def _said(kind: type, numbers: list[int]) -> Said:
    said: Said = {number: set() for number in numbers}
    if issubclass(kind, ProtocolPage):
        for page, target in RelatedPage.objects.filter(page__in=numbers).values_list("page", "target"):
            said[page].add((page, target))
    elif issubclass(kind, ProcedurePage):
        said |= _by_procedures(numbers)
    return said


def _by_procedures(numbers: list[int]) -> Said:
    """Their texts as they are stored: to make a service of each number would ask for each."""
    rows = ProcedurePage.objects.filter(pk__in=numbers).values_list("pk", "steps", "services", "protocols")
    read = [(pk, _values(steps), _values(services), protocols) for pk, steps, services, protocols in rows]
    named: dict[int, tuple[set[str], set[str], set[int]]] = {}
    for pk, steps, services, protocols in read:
        above = _codes([protocols, *(step.get("rule") for step in steps)])
        forms = _codes(step.get("form") for step in steps)
        cards = {card for card in [*services, *(each for step in steps for each in _listed(step))] if card}
        named[pk] = above, forms, cards
    pages = _having({code for above, forms, _cards in named.values() for code in above | forms})
    wanted = {card for _above, _forms, cards in named.values() for card in cards}
    there = set(ServicePage.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return {
        pk: {(each, pk) for code in above for each in pages.get(code, [])}
        | {(pk, each) for code in forms for each in pages.get(code, [])}
        | {(pk, card) for card in cards & there}
        for pk, (above, forms, cards) in named.items()
    }


def _values(stream: Any) -> list[Any]:
    return [block["value"] for block in stream.get_prep_value()]


def _listed(step: dict[str, Any]) -> list[int | None]:
    """The services of a step; in texts of before, numbers without a name of their own."""
    return [each["value"] if isinstance(each, dict) else each for each in step.get("services") or []]


def _codes(typed: Iterable[str | None]) -> set[str]:
    return {code.lower() for words in typed if words for code in codes.read(words)}


def _having(slugs: set[str]) -> dict[str, list[int]]:
    """The pages that have the codes."""
    found: dict[str, list[int]] = {}
    for slug, pk in Page.objects.filter(slug__in=slugs).values_list("slug", "pk"):
        found.setdefault(slug, []).append(pk)
    return found
