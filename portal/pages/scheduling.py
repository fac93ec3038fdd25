"""Publications and withdrawals whose moment has come: each for itself, so that one that fails stops no other."""

from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from portal import access, errors
from portal.background import jobs
from portal.models.jobs import Lane
from portal.models.people import User
from portal.models.schedule import ScheduleFailure
from portal.notices import emails, feed, obligations
from portal.notices.obligations import Duty, Need

from .approval import edit_address
from .atomic_acts import ANSWERS, Named, NotDone
from .publication import set_by

Due = tuple[Page, User | None, Callable[[], object]]


def publish_due() -> int:
    """Do what is due, page by page; returns how many succeeded. What failed is tried again at the next round."""
    due = list(_due())
    _settle(ScheduleFailure.objects.exclude(page__in=[page.pk for page, _author, _act in due]))
    return sum(_succeeds(page, author, act) for page, author, act in due)


def _due() -> Iterator[Due]:
    now = timezone.now()
    for page in Page.objects.filter(live=True, expire_at__lt=now).select_related("latest_revision__user", "owner"):
        author = (page.latest_revision and page.latest_revision.user) or page.owner
        yield page, author, partial(page.unpublish, set_expired=True, log_action="wagtail.unpublish.scheduled")
    revisions = Revision.page_revisions.filter(approved_go_live_at__lt=now).select_related("user")
    for revision in revisions.order_by("approved_go_live_at"):
        page = Page.objects.get(pk=revision.object_id)
        author = set_by(revision) or revision.user or page.owner
        yield page, author, partial(revision.publish, log_action="wagtail.publish.scheduled")


def _succeeds(page: Page, author: User | None, act: Callable[[], object]) -> bool:
    try:
        with Named(act, page), transaction.atomic():
            act()
    except ValidationError as problem:
        _record(page, author, " ".join(problem.messages))
    except (NotDone, *ANSWERS) as problem:
        code = errors.write_down(f"schedule of page {page.pk}", problem.__cause__ or problem)
        _record(page, author, _("qualcosa non ha funzionato; il codice da segnalare è %(code)s.") % {"code": code})
    else:
        _settle(ScheduleFailure.objects.filter(page=page.pk))
        return True
    return False


@transaction.atomic
def _record(page: Page, author: User | None, problem: str) -> None:
    """Written down, and the author told, once for each page that fails."""
    failure, new = ScheduleFailure.objects.get_or_create(page=page, defaults={"author": author, "problem": problem})
    if new:
        duty = Duty(
            title=_("Non è riuscita da sola: %(page)s") % {"page": page.draft_title},
            verb=_("Correggi"),
            why=problem,
            url=edit_address(page),
            page=page.pk,
            needs=Need.EDIT,
        )
        obligations.ask([author] if author else [], _key(failure), duty)
        function = "portal.pages.scheduling.tell_author"
        jobs.ask(f"schedule-failure:{failure.pk}", function, failure.pk, lane=Lane.MAIL)


@transaction.atomic
def _settle(failures: QuerySet[ScheduleFailure]) -> None:
    obligations.settle(*(_key(failure) for failure in failures))
    failures.delete()


def _key(failure: ScheduleFailure) -> str:
    return f"unscheduled:{failure.page_id}"


def tell_author(failure_id: int) -> None:
    """Mail whoever set the day, if that person still writes there."""
    failure = ScheduleFailure.objects.select_related("author", "page").filter(pk=failure_id).first()
    if failure is None or failure.author is None or not failure.author.is_current():
        return
    if access.can(failure.author, "edit", failure.page):
        title = feed.name(failure.page.get_latest_revision_as_object())
        url = settings.BASE_URL + edit_address(failure.page)
        emails.schedule_failed_mail(failure.author, title=title, problem=failure.problem, url=url).send()
