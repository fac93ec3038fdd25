"""The day on which a page is to be looked at again: asked of who answers for it, passed on, answered.

An answer is a row (`PageReview`). It moves the day of the live page, makes no text and touches no draft; a draft that
still carries the day that was answered takes the new one (`PortalPage.with_content_json`).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page

from portal import access, prepared
from portal.accounts import own_data
from portal.background import jobs
from portal.background.schedules import every
from portal.models.activity import Verb
from portal.models.jobs import Lane
from portal.models.obligations import Obligation
from portal.models.pages import PortalPage, page_kinds
from portal.models.people import User
from portal.models.reviews import Outcome, PageReview, ReviewNotice, ReviewStep
from portal.words import dates
from portal.words.terms import Direction, Term, Unit, months

from . import emails, obligations
from .activity import record
from .feed import Figure, name, sources
from .obligations import Duty, Need

ASKED_BEFORE = Term(30, Unit.DAYS, Direction.BEFORE)
ASKED_FROM_TODAY = Term(30, Unit.DAYS)  # the same seen from the other end: what is due until then
PASSED_ON_AFTER = Term(14, Unit.DAYS)
KEY = "review:"
access.follow(PageReview, "page")


class AnsweredMeanwhile(Exception):
    """The page has another day of review than the one that the person had before the eyes."""


# --- Which pages, and whose ------------------------------------------------------------------------------


def due_by(day: date) -> list[int]:
    """The pages to be looked at by a day, the most urgent first; found by number, not by reading all pages."""
    by_kind = [kind._default_manager.filter(live=True, review_date__lte=day) for kind in page_kinds()]
    first, *others = (rows.order_by().values_list("pk", "review_date") for rows in by_kind)
    return [pk for pk, _due in first.union(*others).order_by("review_date", "pk")]


def due_of(page: PortalPage) -> date:
    """Its day; of a page without one, never."""
    return page.review_date or date.max


def is_near(page: PortalPage) -> bool:
    return ASKED_BEFORE.day(due_of(page)) <= timezone.localdate()


def next_of(page: PortalPage) -> date:
    """The day that a confirmation proposes: a period of its kind from the day that was due, or from today."""
    return months(max(page.review_date or date.min, timezone.localdate()), page.reviewed_every)


def asked(page: PortalPage) -> list[User]:
    """Who answers for the page, as long as the person reads it; else who answers for its space."""
    owner = page.responsible
    return [owner] if owner is not None and access.may_review(owner, page) else _managers(page)


def _managers(page: Page) -> list[User]:
    return [who for who in access.managers(*access.homes([page])) if access.may_review(who, page)]


# --- Asked, and passed on --------------------------------------------------------------------------------


def on_published(sender: Any, page: Any, **kwargs: Any) -> None:
    """Signal of the ground: with a text comes its day of review."""
    if isinstance(page, PortalPage):
        refresh(page)


def on_withdrawn(sender: Any, page: Page, **kwargs: Any) -> None:
    """Signal of the ground: what nobody reads, nobody looks at again."""
    obligations.settle(f"{KEY}{page.pk}")


def refresh(page: PortalPage) -> None:
    """Bring what is asked of people to the page's day, to who answers now, and to how long it waits."""
    key = f"{KEY}{page.pk}"
    if not page.live or not is_near(page):
        obligations.settle(key)
        return
    whom = asked(page)
    obligations.ask(whom, key, _duty(page))
    also = [who for who in _managers(page) if who not in whom] if _passed_on(page) else []
    obligations.ask(also, key, _duty(page, owner=page.responsible))
    obligations.settle(key, but=[*whom, *also])


def _passed_on(page: PortalPage) -> bool:
    return ReviewNotice.objects.filter(page=page.pk, due=due_of(page), step=ReviewStep.ESCALATED).exists()


def _duty(page: PortalPage, owner: User | None = None) -> Duty:
    """One press confirms: what it sets stands in the words beside the button."""
    following = next_of(page)
    shown = urlencode({"due": page.review_date, "next_on": following})
    why = _("confermandola, la prossima revisione sarà entro %(day)s") % {
        "day": dates.in_words(following, article="il")
    }
    if owner is not None:
        why = _("%(owner)s non ha risposto; %(why)s") % {"owner": owner, "why": why}
    return Duty(
        title=_("Da rivedere: %(page)s") % {"page": name(page)},
        verb=_("Confermo senza modifiche"),
        why=why,
        url=f"{page.url}#revisione",
        action_url=f"{reverse('confirm_review', args=[page.pk])}?{shown}",
        due=page.review_date,
        page=page.pk,
        needs=Need.MANAGE if owner is not None else Need.VIEW,
    )


@every(minutes=60)
def ask_due() -> int:
    """All that is due is asked, once each; a missed night is caught up, and what is due no longer is settled."""
    today, due = timezone.localdate(), due_by(ASKED_FROM_TODAY.day(timezone.localdate()))
    pages = list(Page.objects.filter(pk__in=due).specific())
    count = sum(_tell(page, step) for page in pages for step in _fallen(page, today))
    for page in pages:
        refresh(page)
    left = Obligation.objects.filter(key__startswith=KEY, settled_at=None)
    keys = {f"{KEY}{page.pk}" for page in pages}
    obligations.settle(*(key for key in left.values_list("key", flat=True).distinct() if key not in keys))
    return count


def _fallen(page: PortalPage, today: date) -> Iterable[ReviewStep]:
    """What is to be told of it by today: nobody's silence is told before the person has had the days to answer."""
    told = {row.step: row.at for row in ReviewNotice.objects.filter(page=page.pk, due=due_of(page))}
    if not asked(page):  # of a closed space, or one that nobody answers for
        return
    if ReviewStep.ASKED not in told:
        yield ReviewStep.ASKED
    elif ReviewStep.ESCALATED not in told and page.responsible in asked(page):
        began = max(due_of(page), dates.local_day(told[ReviewStep.ASKED]))
        if today >= PASSED_ON_AFTER.day(began):
            yield ReviewStep.ESCALATED


def _tell(page: PortalPage, step: ReviewStep) -> int:
    with transaction.atomic():
        _row, is_new = ReviewNotice.objects.get_or_create(page_id=page.pk, due=due_of(page), step=step)
        if is_new:
            due = due_of(page).isoformat()
            for person in _told(page, step):
                key = f"review-mail:{page.pk}:{due}:{step}:{person.pk}"
                jobs.ask(key, "portal.notices.reviews.tell", page.pk, due, step, person.pk, lane=Lane.MAIL)
    return int(is_new)


def _told(page: PortalPage, step: str) -> list[User]:
    whom = asked(page)
    return whom if step == ReviewStep.ASKED else [who for who in _managers(page) if who not in whom]


def tell(page_id: int, due: str, step: str, person_id: int) -> None:
    """Tell the person, if it is still so: the same day, not answered, and still the person's to answer."""
    page = Page.objects.live().filter(pk=page_id).specific().first()
    if page is None or due_of(page).isoformat() != due:
        return
    person = next((who for who in _told(page, step) if who.pk == person_id), None)
    if person is not None:
        owner = str(page.responsible) if step == ReviewStep.ESCALATED else ""
        url = f"{page.url}#revisione"
        emails.review_mail(person, title=name(page), url=url, due=due_of(page), owner=owner).send()


# --- Answered --------------------------------------------------------------------------------------------


def confirm(page: Any, *, by: User, due: date, next_on: date) -> PageReview:
    """«Confermo senza modifiche»: what is in force was read again, and holds."""
    return _answer(page, by, due, Outcome.CONFIRMED, next_on)


def postpone(page: Any, *, by: User, due: date, next_on: date, reason: str) -> PageReview:
    """Not now, and why."""
    return _answer(page, by, due, Outcome.POSTPONED, next_on, reason)


def _answer(page: Any, by: User, due: date, outcome: Outcome, next_on: date, reason: str = "") -> PageReview:
    with transaction.atomic():
        Page.objects.select_for_update(no_key=True).get(pk=page.pk)  # a second press waits, and finds the first
        page = type(page)._default_manager.get(pk=page.pk)
        if not access.may_review(by, page):
            access.require(by, "manage", page)
        if page.review_date != due:
            raise AnsweredMeanwhile
        row: PageReview = PageReview.objects.create(
            page_id=page.pk, version=getattr(page, "version", ""), due=due, outcome=outcome, reason=reason,
            next_on=next_on, by=by,
        )  # fmt: skip
        type(page)._default_manager.filter(pk=page.pk).update(review_date=next_on)
        page.review_date = next_on
        refresh(page)
        _record(page, row)
    return row


def _record(page: PortalPage, row: PageReview) -> None:
    words, verb = _("ha riletto e confermato senza modifiche «%(page)s»"), Verb.REVIEW_CONFIRMED
    if not row.is_confirmed:
        words, verb = _("ha rinviato la revisione di «%(page)s»"), Verb.REVIEW_POSTPONED
    sentence = words % {"page": name(page)}
    record(verb, by=row.by, page=page.page_ptr, space=access.space_of(page), sentence=sentence, note=row.reason)


def history(page: Page) -> list[PageReview]:
    """What was answered on the days of review of a page, newest first."""
    return prepared.answers("reviews", _history, page=page.pk)


def _history() -> QuerySet[PageReview]:
    return PageReview.objects.filter(page__pk=prepared.given("page")).select_related("by")


def kept_of(person: User) -> Iterable[own_data.Kept]:
    rows = access.allowed(PageReview.objects.filter(by=person).select_related("page"), person)
    yield own_data.Kept(_("Le revisioni che hai fatto"), own_data.FOR_GOOD, [
        {_("pagina"): each.page.title, _("esito"): each.get_outcome_display(), _("perché"): each.reason,
         _("il"): dates.local_day(each.at)} for each in rows
    ])  # fmt: skip


def overdue(user: User) -> Iterable[Figure]:
    """For whoever looks after a space: what was to be looked at again before today."""
    due = due_by(timezone.localdate() - timedelta(days=1))
    count = access.allowed(Page.objects.filter(pk__in=due), user).count()
    yield Figure(count, ngettext("revisione scaduta", "revisioni scadute", count), reverse("reviews_due"))


own_data.sources.append(kept_of)
sources.figures.append(overdue)
