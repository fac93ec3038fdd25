"""The digest: feed → one mail for each person and window, never empty, never two of them.

The end of a window is the moment that the person chose, stored; its beginning is the end of the last
window that was dealt with. Nothing is computed from "today", so a night without a worker loses nothing.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import DatabaseError
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import access
from portal.background import jobs
from portal.models.digests import Delivery, DeliveryState, DigestPreference, Frequency
from portal.models.people import User
from portal.words import dates

from . import emails, feed
from .mail_server import InDoubt

logger = logging.getLogger(__name__)
FIRST_WINDOW = timedelta(days=7)
LONGEST_WINDOW = timedelta(days=30)  # as far back as the home page tells of news
SOON = timedelta(days=7)
DEALT_WITH = [DeliveryState.SENT, DeliveryState.EMPTY]
MOST_TOLD = 60  # news in one mail: who has been told so many reads no further
ROWS = 500  # written at once
BATCH = 50  # people asked for at once
FRESH = 20.0  # seconds for which rights that were asked hold, while the mails of a batch leave
LOST_AFTER = timedelta(minutes=30)
LONGEST_ROUND = 240.0  # seconds: django-q2 kills a task after five minutes, and the clock calls again
# What Python and the database say of a row that holds what it should not.
SPOILT = (ArithmeticError, AttributeError, DatabaseError, LookupError, RuntimeError, TypeError, ValueError)
STOP_SALT = "raccordo.digest.stop"


@dataclass(frozen=True)
class Digest:
    """What one person is told about one window."""

    todos: list[feed.Todo]
    changes: list[feed.Change]
    agenda: list[feed.Appointment]
    start: datetime
    end: datetime
    alerts: list[feed.Alert] = field(default_factory=list)
    contact: User | None = None  # whom to ask

    @property
    def is_empty(self) -> bool:
        """An appointment alone is no news: the home page shows it."""
        return not self.todos and not self.changes and not self.alerts

    @property
    def told(self) -> list[feed.Change]:
        """The newest: of more than a mail can hold, the rest is read in «Novità»."""
        return self.changes[:MOST_TOLD]

    @property
    def more(self) -> int:
        """How many are left for there."""
        return len(self.changes) - len(self.told)

    @property
    def summary(self) -> str:
        """«2 cose da fare, 3 novità»."""
        return ", ".join(part for part in (self._asked(len(self.todos)), self._news(), self._found()) if part)

    @property
    def headline(self) -> str:
        """The most urgent thing first, as in the subject: «1 cosa in ritardo, 2 novità»."""
        late = sum(todo.is_late for todo in self.todos)
        words = ngettext("%(count)d cosa in ritardo", "%(count)d cose in ritardo", late) % {"count": late}
        urgent = [words, self._asked(len(self.todos) - late)] if late else [self._asked(len(self.todos)) + self._by()]
        return ", ".join(part for part in (*urgent, self._news(), self._found()) if part)

    @staticmethod
    def _asked(count: int) -> str:
        return ngettext("%(count)d cosa da fare", "%(count)d cose da fare", count) % {"count": count} if count else ""

    def _by(self) -> str:
        """«entro venerdì 20 marzo», where the first thing to do is due soon."""
        due = self.todos[0].due if self.todos else None
        if due is None or due > timezone.localdate() + SOON:
            return ""
        words = _(" entro %(day)s") if len(self.todos) == 1 else _(", la prima entro %(day)s")
        return words % {"day": dates.in_words(due, "l j F")}

    def _news(self) -> str:
        count = len(self.changes)
        return ngettext("%(count)d novità", "%(count)d novità", count) % {"count": count} if count else ""

    def _found(self) -> str:
        """Said where nothing else is: what a kept search finds stands among the news, unless it was seen."""
        count = 0 if self.todos or self.changes else len(self.alerts)
        words = ngettext("novità per una tua ricerca", "novità per %(count)d tue ricerche", count)
        return words % {"count": count} if count else ""


def build(user: User, start: datetime, end: datetime) -> Digest:
    """The person's digest for the window, filtered by what the person may see now and has not said to have seen."""
    return build_each([feed.Window(user, start, end)])[0]


def build_each(windows: Sequence[feed.Window]) -> list[Digest]:
    """The digest of each window, all asked together: the questions do not grow with people.

    But for whoever keeps searches and has news: those are asked anew, with that person's rights.
    """
    if not windows:
        return []
    by_pk = {window.user.pk: window.user for window in windows}
    windows, people = [replace(window, user=by_pk[window.user.pk]) for window in windows], list(by_pk.values())
    access.read_standings(people)
    changes, todos, agenda = feed.ChangesOfEach(windows), feed.todos_of_each(people), feed.appointments_of_each(people)
    contacts = access.somebody_to_ask_of_each(people)
    alerts = [source(windows, changes.told) for source in feed.sources.alerts]
    return [
        Digest(
            todos[window.user.pk],
            changes.told(replace(window, start=feed.unseen_since(window.user, window.start))),
            agenda[window.user.pk],
            window.start,
            window.end,
            [alert for found in alerts for alert in found.get(window, [])],
            contacts[window.user.pk],
        )
        for window in windows
    ]


def preference(user: User) -> DigestPreference:
    """The person's choice; Monday at eight for whoever made none."""
    return DigestPreference.objects.filter(user=user).first() or DigestPreference(user=user)


def _choice(user: User) -> DigestPreference:
    """The same, where it was read with the person."""
    return getattr(user, "digest_preference", None) or DigestPreference(user=user)


def window_end(choice: DigestPreference, now: datetime) -> datetime | None:
    """The last moment, at or before `now`, for which this person chose a digest; None for never."""
    if choice.frequency == Frequency.NEVER:
        return None
    local = timezone.localtime(now)
    moment = local.replace(hour=choice.hour, minute=0, second=0, microsecond=0)
    days = {choice.weekday} if choice.frequency == Frequency.WEEKLY else set(range(5))
    while moment > local or moment.weekday() not in days:
        moment -= timedelta(days=1)
    return moment


def window_start(user: User, end: datetime) -> datetime:
    """Where the last window that was dealt with ended; else where the first began, which is a week back.

    Never more than thirty days: whoever turns the digest on again is not sent all that was missed.
    """
    earlier = Delivery.objects.filter(user=user, window_end__lt=end)
    last = earlier.filter(state__in=DEALT_WITH).aggregate(Max("window_end"))["window_end__max"]
    return _start(last, earlier.aggregate(Min("window_start"))["window_start__min"], end)


def _start(last_dealt_with: datetime | None, first: datetime | None, end: datetime) -> datetime:
    return max(last_dealt_with or first or end - FIRST_WINDOW, end - LONGEST_WINDOW)


def schedule_due(now: datetime | None = None) -> int:
    """Write a row for every digest that is due by now; returns how many are new.

    Windows only go forward: whoever chooses another day is not told twice of the days already told.
    """
    now = now or timezone.now()
    ended = Q(deliveries__state__in=DEALT_WITH)
    people = User.objects.current(now).select_related("digest_preference").annotate(
        last_end=Max("deliveries__window_end"), first_start=Min("deliveries__window_start"),
        last_dealt_with=Max("deliveries__window_end", filter=ended),
    )  # fmt: skip
    due = []
    for user in people:
        end = window_end(_choice(user), now)
        if end is not None and end > (user.last_end or user.date_joined):
            start = _start(user.last_dealt_with, user.first_start, end)
            due.append(Delivery(user=user, window_start=start, window_end=end))
    Delivery.objects.bulk_create(due, batch_size=ROWS, ignore_conflicts=True)  # another process may be at it too
    if due:
        newer = Delivery.objects.filter(user=OuterRef("user"), window_end__gt=OuterRef("window_end"))
        words = _("Non è partito in tempo: lo comprende quello seguente.")
        left = Delivery.objects.filter(state=DeliveryState.DUE).filter(Exists(newer))
        left.update(state=DeliveryState.FAILED, problem=words)
    return len(due)


def send_due(now: datetime | None = None) -> int:
    """Send every digest that is due; returns how many mails left. Safe to run twice and side by side."""
    schedule_due(now)
    _take_up_lost(now or timezone.now())
    began, began_at, sent = time.monotonic(), timezone.now(), 0
    due = Delivery.objects.filter(state=DeliveryState.DUE).order_by("window_end", "pk")

    def untried() -> list[Delivery]:
        """What the server put off in this round waits for the next one."""
        return list(due.exclude(claimed_at__range=(began_at, timezone.now()))[:BATCH])

    with closing(emails.Post()) as post, suppress(emails.NoServer):  # the others would wait as long for nothing
        while (some := untried()) and time.monotonic() - began <= LONGEST_ROUND:
            for left in _send_some(some, post):
                sent += left
    return sent


def send(delivery: Delivery) -> bool:
    """Send one digest; True when a mail left. NoServer when none takes it now: it stays due."""
    with closing(emails.Post()) as post:
        return next(_send_some([delivery], post))


def _send_some(deliveries: list[Delivery], post: emails.Post) -> Iterator[bool]:
    """Send these, each told whether a mail left; rights that were asked a while ago are asked again for the rest."""
    asked_at = time.monotonic()
    people = User.objects.select_related("digest_preference").in_bulk({each.user_id for each in deliveries})
    made = _made(deliveries, people)
    for number, delivery in enumerate(deliveries):
        if number and time.monotonic() - asked_at > FRESH:
            return
        try:
            yield _send(delivery, people[delivery.user_id], made.get(delivery.pk), post)
        except SPOILT as problem:  # one person's: the others get theirs, and the next window comprises this one
            logger.exception("The digest %s could not be made", delivery.pk)
            yield _close(delivery, DeliveryState.FAILED, problem=repr(problem))


def _made(deliveries: Iterable[Delivery], people: Mapping[int, User]) -> dict[int, Digest | Exception]:
    """The digest of each delivery to somebody who wants one; or why one could not be made: its own row's fault."""
    wanted = {
        each.pk: feed.Window(people[each.user_id], each.window_start, each.window_end)
        for each in deliveries
        if people[each.user_id].is_current() and _choice(people[each.user_id]).frequency != Frequency.NEVER
    }
    try:
        return dict(zip(wanted, build_each(list(wanted.values())), strict=True))
    except SPOILT:
        return {pk: _made_alone(window) for pk, window in wanted.items()}


def _made_alone(window: feed.Window) -> Digest | Exception:
    try:
        return build(window.user, window.start, window.end)
    except SPOILT as problem:
        return problem


def _send(delivery: Delivery, user: User, digest: Digest | Exception | None, post: emails.Post) -> bool:
    """The claim makes sure that only one process ever tries."""
    claimed = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DUE).update(
        state=DeliveryState.CLAIMED, claimed_at=timezone.now()
    )
    if not claimed:
        return False
    if isinstance(digest, Exception):
        raise digest
    if digest is None or digest.is_empty:
        return _close(delivery, DeliveryState.EMPTY)
    mail = emails.digest_mail(user, digest, stop_url(user))
    mail.extra_headers["Message-ID"] = message_id(delivery)
    try:
        post.send(mail)
    except emails.NoServer as problem:  # nothing has left: the next round tries again
        _close(delivery, DeliveryState.DUE, problem=str(problem))
        raise
    except OSError as problem:  # smtplib's errors are OSErrors too
        return _close(delivery, _not_taken(delivery, problem), problem=str(problem))
    return _close(delivery, DeliveryState.SENT, subject=str(mail.subject))


def _not_taken(delivery: Delivery, problem: OSError) -> DeliveryState:
    """Due again where the server may take it in a later round; once more where it did not say whether it had."""
    is_first_doubt = isinstance(problem, InDoubt) and delivery.problem != str(problem)
    return DeliveryState.DUE if is_first_doubt or jobs.may_pass(problem) else DeliveryState.FAILED


def _close(delivery: Delivery, state: DeliveryState, subject: str = "", problem: str = "") -> bool:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        subject=subject[:200],
        problem=problem,
        sent_at=timezone.now() if state == DeliveryState.SENT else None,
    )
    return state == DeliveryState.SENT


def message_id(delivery: Delivery) -> str:
    """The same at each try, so that mail programs fold a second one into the first (RFC 5322, 3.6.4)."""
    return f"<digest-{delivery.pk}@{urlsplit(settings.BASE_URL).hostname}>"


def _take_up_lost(now: datetime) -> None:
    """A claim whose process died may have been mailed: it is sent again, until the next window comprises it.

    A doubled mail, which clients fold, is better than a deadline that nobody heard of.
    """
    lost = Delivery.objects.filter(state=DeliveryState.CLAIMED, claimed_at__lt=now - LOST_AFTER)
    newer = Delivery.objects.filter(user=OuterRef("user"), window_end__gt=OuterRef("window_end"))
    words = _("Il processo che inviava si è interrotto.")
    lost.filter(Exists(newer)).update(state=DeliveryState.FAILED, problem=words)
    lost.update(state=DeliveryState.DUE, problem=words)


def preview(user: User, now: datetime | None = None) -> Digest:
    """The digest that the person would get now."""
    now = now or timezone.now()
    return build(user, window_start(user, now), now)


def stop_url(user: User) -> str:
    """The one-click address that stops the digest; signed, good for that only."""
    token = signing.dumps(user.pk, salt=STOP_SALT)
    return settings.BASE_URL + reverse("digest_stop", args=[token])


def stop(token: str) -> User | None:
    """The person of a stop address, with the digest stopped; None for a forged one."""
    user = person_of(token)
    if user is not None:
        DigestPreference.objects.update_or_create(user=user, defaults={"frequency": Frequency.NEVER})
    return user


def person_of(token: str) -> User | None:
    """The person for whom a stop address was made."""
    try:
        pk = signing.loads(token, salt=STOP_SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk).first()
