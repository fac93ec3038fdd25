"""Days of review of the demo: one confirmed, one postponed, one that nobody has answered. Written, not lived."""

from typing import Any

from wagtail.models import Page

from portal.demo import day, moment, person
from portal.models import Activity, PageReview, ReviewNotice
from portal.models.append_only import as_maintenance
from portal.models.reviews import Outcome, ReviewStep
from portal.notices import reviews


def load(entries: dict[str, Any]) -> None:
    for entry in entries["answered"]:
        _answer(entry)
    for entry in entries["silent"]:
        page = _page(entry)
        for step, on in ((ReviewStep.ASKED, entry["asked"]), (ReviewStep.ESCALATED, entry["passed_on"])):
            ReviewNotice.objects.create(page_id=page.pk, due=page.review_date, step=step, at=moment(on, 6))
        reviews.refresh(page)


def _answer(entry: dict[str, Any]) -> None:
    page, due = _page(entry), day(entry["due"])
    type(page).objects.filter(pk=page.pk).update(review_date=due)
    said: dict[str, Any] = {"by": person(entry["by"]), "due": due, "next_on": day(entry["next"])}
    if entry["outcome"] == Outcome.CONFIRMED:
        row = reviews.confirm(page, **said)
    else:
        row = reviews.postpone(page, **said, reason=entry["reason"])
    with as_maintenance("the past of the demo"):
        at = moment(entry["on"], 12)
        PageReview._base_manager.filter(pk=row.pk).update(at=at)
        Activity._base_manager.filter(page=page.pk, verb__in=["confermato", "rinviato"]).update(at=at)


def _page(entry: dict[str, Any]) -> Any:
    return Page.objects.get(slug=entry["code"].lower()).specific
