"""Who is on call now at a service, or who is next; shifts are written by the week, and go three months after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.models import Page

from portal import access, prepared
from portal.accounts import handover, own_data
from portal.models import Absence, User
from portal.models.activity import Verb
from portal.notices.activity import record
from portal.upkeep import terms
from portal.words import dates

from . import shift_mail
from .models import ServicePage, Shift

KEPT = timedelta(days=90)  # after the end
DAY = timedelta(days=1)
BODY = "organisation"

access.on_call(Shift, page="service", body=BODY, person="person")


class AlreadyOnCall(Exception):
    """The person is on call at the service in some of those hours already."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift


class NoSuchHours(Exception):
    """Where the clock is put forward the shift would end before it begins."""


@dataclass(frozen=True)
class Turn:
    """A shift, and whether the person is away in it: then who stands in, as far as the reader knows that person."""

    shift: Shift
    absence: Absence | None = None
    substitute: User | None = None

    @property
    def since(self) -> str:
        return in_words(self.shift.since)

    @property
    def until(self) -> str:
        return in_words(self.shift.until)


@dataclass
class OnCall:
    """What the card of a service says of now: who answers, or else who is next."""

    now: list[Turn] = field(default_factory=list)
    coming: list[Turn] = field(default_factory=list)


def in_words(moment: datetime) -> str:
    """«08:00», or «08:00 di venerdì 27 novembre» where it is not today."""
    local, today = timezone.localtime(moment), timezone.localdate()
    words = f"{local:%H:%M}"
    if local.date() == today:
        return words
    form = "l j F" if local.year == today.year else "l j F Y"
    return _("%(time)s di %(day)s") % {"time": words, "day": dates.in_words(local, form)}


# --- Read ------------------------------------------------------------------------------------------------


def told(cards: Sequence[ServicePage], user: Any) -> None:
    """Put on each card who answers now, or who is next; two questions, whatever the number of cards.

    Where somebody is on call whom the reader may not look up nothing is said: neither a name nor «nobody».
    """
    by_card: dict[int, list[Any]] = {}
    for row in _now_and_next([card.pk for card in cards], user):
        by_card.setdefault(row.service_id, []).append(row)
    known = [row for rows in by_card.values() for row in rows if row.is_known]
    away = _absences(known, user)
    now = timezone.now()
    for card in cards:
        rows = by_card.get(card.pk, [])
        is_covered = any(row.since <= now for row in rows)
        turns = [_turn(row, away) for row in rows if row.is_known and (row.since <= now) == is_covered]
        card.on_call = (OnCall(now=turns) if is_covered else OnCall(coming=turns)) if turns else None


def _now_and_next(cards: list[int], user: Any) -> list[Any]:
    """The shifts that run, and the first that comes at each service; `is_known` where the reader may see it."""
    if not cards:
        return []
    now = timezone.now()
    held = Shift.objects.filter(person__in=User.objects.current().order_by().values("pk"), until__gt=now)
    first = held.filter(service=OuterRef("service"), since__gt=now).order_by("since").values("since")[:1]
    rows = held.filter(Q(since__lte=now) | Q(since=Subquery(first)), service__in=cards)
    seen = access.allowed(Shift.objects.order_by().filter(pk=OuterRef("pk")), user)
    return list(rows.annotate(is_known=Exists(seen)).select_related("person"))


def _absences(rows: list[Any], user: Any) -> dict[int, list[Any]]:
    """By person, those that are not over."""
    if not rows:
        return {}
    known = access.allowed(User.objects.current().order_by().filter(pk=OuterRef("substitute")), user)
    found = Absence.objects.filter(person__in={row.person_id for row in rows}, until__gte=timezone.localdate())
    by_person: dict[int, list[Any]] = {}
    for absence in found.annotate(knows_substitute=Exists(known)).select_related("substitute").order_by("-until"):
        by_person.setdefault(absence.person_id, []).append(absence)
    return by_person


def _turn(row: Shift, away: dict[int, list[Any]]) -> Turn:
    """As things stand today, or on the day when the shift begins."""
    day = max(timezone.localdate(), dates.local_day(row.since))
    for absence in away.get(row.person_id, []):
        if absence.since <= day <= absence.until:
            return Turn(row, absence, absence.substitute if absence.knows_substitute else None)
    return Turn(row)


def may_keep(card: ServicePage, user: Any) -> bool:
    return access.cards_kept(ServicePage.objects.filter(pk=card.pk), user, BODY).exists()


def of_each(people: Sequence[User], until: date) -> dict[int, list[Shift]]:
    """Person id → one's own that are not over and begin by that day; `reads_card` where the person may read of the
    service. One question for all."""
    window = timezone.now(), dates.midnight(until + DAY)
    if len(people) == 1:  # somebody's own page
        question = partial(_ahead, prepared.given("now", DateTimeField()), prepared.given("end", DateTimeField()))
        rows = access.addressed_rows("shifts", question, people[0], "person", now=window[0], end=window[1])
        found = {people[0].pk: rows}
    else:
        found = access.addressed_to_each(_ahead(*window), people, "person")
    reads = access.seen_by_each({row.service for rows in found.values() for row in rows}, people)
    for person, shifts in found.items():
        for row in shifts:
            row.reads_card = row.service_id in reads[person]  # type: ignore[attr-defined]
    return found


def _ahead(now: Any, end: Any) -> QuerySet[Shift]:
    return Shift.objects.filter(until__gt=now, since__lt=end).select_related("service")


def ahead(card: ServicePage, user: Any) -> QuerySet[Shift]:
    """Those not over, as far as the person may see them."""
    rows = Shift.objects.filter(service=card, until__gt=timezone.now())
    found: QuerySet[Shift] = access.allowed(rows, user).select_related("person", "person__organisation")
    return found


# --- Written ---------------------------------------------------------------------------------------------


@transaction.atomic
def add(card: ServicePage, person: User, first: tuple[datetime, datetime], *, weeks: int, by: User) -> list[Shift]:
    """The same hours of the clock, on the same day of so many weeks: all of them or none."""
    ServicePage.objects.select_for_update().get(pk=card.pk)  # two who write at once do not both find it free
    made = []
    for week in range(weeks):
        since, until = (timezone.make_aware(each + timedelta(weeks=week)).astimezone(UTC) for each in first)
        if until <= since:
            raise NoSuchHours(str(since))
        taken = Shift.objects.filter(service=card, person=person, since__lt=until, until__gt=since).first()
        if taken is not None:
            raise AlreadyOnCall(taken)
        made.append(Shift.objects.create(service=card, person=person, since=since, until=until, given_by=by))
    _given(card, person, made, by)
    return made


@transaction.atomic
def take_away(row: Shift, *, by: User) -> None:
    if not Shift.objects.select_for_update().filter(pk=row.pk):  # somebody else has taken it away
        return
    _record(row.service, by, _("ha tolto a %(person)s il turno a «%(title)s» %(hours)s"), row.person, row)
    shift_mail.ask_of_taken(row, by=by)
    row.delete()


def _given(card: ServicePage, person: User, rows: list[Shift], by: User) -> None:
    sentence = ngettext(
        "ha messo %(person)s in turno a «%(title)s» %(hours)s",
        "ha messo %(person)s in turno a «%(title)s» %(count)d volte, la prima %(hours)s",
        len(rows),
    )
    _record(card, by, sentence, person, rows[0], count=len(rows))
    shift_mail.ask_of_given(person, rows, by=by)


def _record(card: ServicePage, by: User, sentence: str, person: User, row: Shift, **more: Any) -> None:
    hours = _("dalle %(since)s del %(first)s alle %(until)s del %(last)s") % {
        "since": f"{timezone.localtime(row.since):%H:%M}", "first": f"{timezone.localtime(row.since):%d/%m/%Y}",
        "until": f"{timezone.localtime(row.until):%H:%M}", "last": f"{timezone.localtime(row.until):%d/%m/%Y}",
    }  # fmt: skip
    words = sentence % {"person": person, "title": card.title, "hours": hours, **more}
    record(Verb.SHIFTS_CHANGED, by=by, page=card, space=access.space_of(card), sentence=words)


def hours(day: date, begins: time, ends: time, last: date | None) -> tuple[datetime, datetime]:
    """By the clock of the network; without a last day it ends on the same, or after midnight on the next."""
    last = last or (day if ends > begins else day + timedelta(days=1))
    return datetime.combine(day, begins), datetime.combine(last, ends)


def forget_old() -> int:
    return Shift.objects.filter(until__lt=timezone.now() - KEPT).delete()[0]


# --- Of a person -----------------------------------------------------------------------------------------


def in_the_hands_of(person: User, reader: User) -> Iterator[handover.Item]:
    """The shifts not over of somebody who leaves, those of each service together."""
    rows = Shift.objects.filter(person=person, until__gt=timezone.now()).select_related("service")
    cards: dict[ServicePage, int] = {}
    for row in rows:
        cards[row.service] = cards.get(row.service, 0) + 1
    seen = _known(rows, reader)
    for card, count in cards.items():
        title = card.title if card.pk in seen else _("un servizio di uno spazio che non leggi")
        said = ngettext("%(title)s: %(count)d turno", "%(title)s: %(count)d turni", count)
        yield handover.Item(
            f"shifts:{card.pk}", _("Turni di reperibilità"), said % {"title": title, "count": count},
            partial(_hand, card, person), may_end=True, page=card.pk if card.live else None,
        )  # fmt: skip


def _known(rows: QuerySet[Shift], reader: User) -> set[int]:
    """The cards that the reader may know of."""
    cards = Page.objects.filter(pk__in=rows.order_by().values("service"))
    return set(access.known(cards, reader).values_list("pk", flat=True))


def _hand(card: ServicePage, person: User, to: User | None, by: User) -> None:
    """To somebody else, who is on call once where both were; or there is no such shift any more."""
    rows = Shift.objects.filter(service=card, person=person, until__gt=timezone.now())
    if to is not None:
        own = Shift.objects.filter(service=card, person=to, since__lt=OuterRef("until"), until__gt=OuterRef("since"))
        free = list(rows.filter(~Exists(own)))
        Shift.objects.filter(pk__in=[row.pk for row in free]).update(person=to, given_by=by)
        if free:
            _given(card, to, free, by)
    rows.delete()


def kept_of(person: User) -> Iterator[own_data.Kept]:
    rows = Shift.objects.filter(person=person).select_related("service")
    seen = _known(rows, person)
    until = _("ancora %(days)d giorni da quando finiscono") % {"days": KEPT.days}
    yield own_data.Kept(_("Turni di reperibilità"), until, [
        {_("servizio"): each.service.title if each.service_id in seen else _("un servizio che non leggi più"),
         _("dal"): f"{timezone.localtime(each.since):%d/%m/%Y %H:%M}",
         _("al"): f"{timezone.localtime(each.until):%d/%m/%Y %H:%M}"} for each in rows
    ])  # fmt: skip


handover.sources.append(in_the_hands_of)
own_data.sources.append(kept_of)
terms.TERMS.append(
    terms.Term(gettext_lazy("Turni di reperibilità"), gettext_lazy("Ancora 90 giorni da quando finiscono."), forget_old)
)
