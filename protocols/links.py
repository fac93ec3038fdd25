"""Which page follows from which, read from what protocols and procedures say each time that one is published.

A code leads to the page that has it: what is published under a code that others name already is found then.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from wagtail.models import Page

from portal.background.schedules import every

from . import codes
from .models import ProcedurePage, ProtocolPage, RuleLink

Edge = tuple[int, int]  # above, below


def on_published(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: its own links, and those of the procedures that name it."""
    derive(page)
    code = getattr(page, "code", "")
    if code:
        naming = Q(protocols__icontains=code) | Q(steps__icontains=f'"{code}"')
        for procedure in ProcedurePage.objects.filter(naming).exclude(pk=page.pk):
            derive(procedure)


def derive(page: Any) -> None:
    """Bring the links that the page says to what it says now."""
    with transaction.atomic():
        RuleLink.objects.filter(said_by=page.pk).delete()
        rows = [RuleLink(said_by_id=page.pk, above_id=above, below_id=below) for above, below in sorted(_said(page))]
        RuleLink.objects.bulk_create(rows, ignore_conflicts=True)


@every(minutes=24 * 60)
def derive_all() -> int:
    """Of all rules, whatever became of their codes; safe to run twice."""
    rules = [*ProtocolPage.objects.all(), *ProcedurePage.objects.all()]
    for page in rules:
        derive(page)
    return len(rules)


def _said(page: Any) -> set[Edge]:
    if isinstance(page, ProtocolPage):
        return {(page.pk, target) for target in page.related.values_list("target", flat=True)}
    return _of_procedure(page) if isinstance(page, ProcedurePage) else set()


def _of_procedure(page: ProcedurePage) -> set[Edge]:
    steps = [block.value for block in page.steps]
    above = _named([page.protocols, *(step.get("rule") for step in steps)])
    cards = [block.value for block in page.services] + [card for step in steps for card in step.get("services") or []]
    below = _named(step.get("form") for step in steps) | {card.pk for card in cards if card is not None}
    return {(each, page.pk) for each in above} | {(page.pk, each) for each in below}


def _named(typed: Iterable[str | None]) -> set[int]:
    """The pages that have the codes."""
    slugs = {code.lower() for words in typed if words for code in codes.read(words)}
    return set(Page.objects.filter(slug__in=slugs).values_list("pk", flat=True))
