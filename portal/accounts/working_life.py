"""A person changes body, sits elsewhere, is away: from a day to a day, and it stays written."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.models.activity import Verb
from portal.models.people import Organisation, User
from portal.models.spaces import Space
from portal.models.working_life import Absence, DatedQuerySet, Placement, PlacementKind
from portal.notices.activity import record
from portal.spaces import roles
from portal.words import dates

from . import left_behind

DAY = timedelta(days=1)


class LeavesAlone(Exception):
    """The person answers for spaces through the body that is left."""

    def __init__(self, spaces: list[Space]) -> None:
        super().__init__(str(spaces))
        self.spaces = spaces


def move(person: User, organisation: Organisation, *, since: date, by: User) -> list[Space]:
    """Another body from that day on: with the day come its spaces, and go the former one's.

    Returns the spaces that would be nobody's on a day to come; today it is refused for them.
    """
    with transaction.atomic():
        _begin(person, organisation, since=since, by=by)
        words = {"person": person, "body": organisation, "day": dates.in_words(since, article="dal")}
        sentence = _("ha spostato %(person)s all’ente «%(body)s» %(day)s") % words
        record(Verb.PERSON_CHANGED, by=by, sentence=sentence)
        if since > timezone.localdate():
            return roles.left_alone([person], staying=True, body=organisation)
        _take_effect(person, organisation)
        return []


def _begin(person: User, organisation: Organisation, *, since: date, by: User | None) -> None:
    """The rows: the former body ends the day before, and what was planned for later is planned no more."""
    rows = Placement.objects.filter(person=person, kind=PlacementKind.BODY)
    if not rows.exists() and person.organisation:
        began = min(dates.local_day(person.date_joined), since - DAY)
        Placement.objects.create(
            person=person, organisation=person.organisation, kind=PlacementKind.BODY, since=began, given_by=None
        )
    left_behind.move_is_done(person)
    _make_room(rows, since)
    Placement.objects.create(
        person=person, organisation=organisation, kind=PlacementKind.BODY, since=since, given_by=by
    )


def _make_room(rows: DatedQuerySet, since: date, until: date | None = None) -> None:
    """On these days none of the rows holds any more; around them each stays as it was."""
    for row in rows.filter(Q(until=None) | Q(until__gte=since), Q(since__lte=until) if until else Q()):
        again = until + DAY if until and (row.until is None or row.until > until) else None
        if again and row.since < since:
            Placement.objects.create(
                person=row.person, organisation=row.organisation, kind=row.kind, given_by=row.given_by,
                since=again, until=row.until,
            )  # fmt: skip
        if row.since < since:
            row.until = since - DAY
        elif again:
            row.since = again
        else:
            row.delete()
            continue
        row.save()


def body_on(person: User, day: date) -> Organisation | None:
    """The body that the person belongs to on that day, as far as it is written today."""
    rows = Placement.objects.current(day).filter(person=person, kind=PlacementKind.BODY)
    row = rows.select_related("organisation").order_by("since", "pk").last()
    return row.organisation if row else person.organisation


def begun_after(person: User, kind: str, since: date, until: date | None) -> Placement | None:
    """What has begun meanwhile: another one on these days would rewrite where the person was."""
    rows = Placement.objects.filter(person=person, kind=kind, since__gt=since, since__lte=timezone.localdate())
    return rows.filter(since__lte=until).first() if until else rows.first()


def planned(person: User, kind: str, since: date, until: date | None) -> list[Placement]:
    """What is written for these days and has not begun: another one takes its place, at least in part."""
    rows = Placement.objects.filter(person=person, kind=kind, since__gte=max(since, timezone.localdate() + DAY))
    rows = rows.filter(since__lte=until) if until else rows
    return list(rows.select_related("organisation").order_by("since"))


def take_back(placement: Placement, *, by: User) -> None:
    """What has not begun never will; the body before it goes on, as does a seat that it would have interrupted."""
    with transaction.atomic():
        others = Placement.objects.filter(person=placement.person, kind=placement.kind)
        before = others.filter(until=placement.since - DAY)
        if placement.kind == PlacementKind.BODY:
            before.update(until=placement.until)
        elif placement.until:
            after = others.filter(since=placement.until + DAY, organisation__in=before.values("organisation")).first()
            if after:
                before.update(until=after.until)
                after.delete()
        placement.delete()
        day = dates.in_words(placement.since, article="dal")
        words = {"person": placement.person, "body": placement.organisation, "day": day}
        sentence = _("ha tolto, prima che cominciasse, %(person)s presso «%(body)s» %(day)s") % words
        record(Verb.PERSON_CHANGED, by=by, sentence=sentence)


def _take_effect(person: User, organisation: Organisation) -> None:
    alone = roles.left_alone([User.objects.get(pk=person.pk)], staying=True, body=organisation)
    if alone:
        raise LeavesAlone(alone)
    person.organisation = organisation
    person.save()
    left_behind.move_is_done(person)
    access.forget(person)


def answered_alone(person: User) -> list[Space]:
    """The spaces that would be nobody's without the person, by her own role or as the only one of her body."""
    with transaction.atomic():
        return roles.left_alone([person])


def in_the_way(person: User) -> list[Space]:
    """The spaces for whose sake a move waits whose day has come."""
    rows = Placement.objects.current().filter(person=person, kind=PlacementKind.BODY).order_by("since", "pk")
    row = rows.select_related("organisation").last()
    if row is None or row.organisation_id == person.organisation_id:
        return []
    with transaction.atomic():
        return roles.left_alone([person], staying=True, body=row.organisation)


def settle_moves() -> int:
    """Each hour: the bodies that begin today. What would leave a space to nobody waits for somebody to act."""
    today = timezone.localdate()
    begun = Placement.objects.current(today).filter(kind=PlacementKind.BODY, person__is_active=True)
    rows = begun.select_related("person__organisation", "organisation").order_by("since", "pk")
    moved = 0
    for row in {row.person_id: row for row in rows}.values():  # the latest of each person
        if row.person.organisation_id != row.organisation_id:
            try:
                with transaction.atomic():
                    _take_effect(row.person, row.organisation)
            except LeavesAlone as problem:
                left_behind.ask_about_move(row.person, row.organisation, row.since, problem.spaces)
                continue
            moved += 1
    return moved


def on_person_saved(sender: type[User], instance: User, **kwargs: object) -> None:
    """A body that was changed elsewhere, in the admin: its row begins today."""
    if kwargs.get("update_fields") == {"last_login"}:
        return
    rows = Placement.objects.filter(person=instance, kind=PlacementKind.BODY)
    last = rows.current().order_by("-since", "-pk").first()
    if last and instance.organisation and last.organisation_id != instance.organisation_id:
        _begin(instance, instance.organisation, since=timezone.localdate(), by=None)


def sit(person: User, organisation: Organisation, *, since: date, until: date | None, by: User) -> None:
    """Where the person works day by day: it changes nothing of what the person may read."""
    with transaction.atomic():
        rows = Placement.objects.filter(person=person, kind=PlacementKind.SEAT)
        _make_room(rows, since, until)
        Placement.objects.create(
            person=person, organisation=organisation, kind=PlacementKind.SEAT, since=since, until=until, given_by=by
        )
        words = {"person": person, "body": organisation}
        record(Verb.PERSON_CHANGED, by=by, sentence=_("ha scritto che %(person)s lavora presso «%(body)s»") % words)


def be_away(person: User, *, since: date, until: date, substitute: User | None, by: User) -> Absence:
    """Why is asked by nobody. Meanwhile what the person owes is shown to the substitute too."""
    with transaction.atomic():
        absence = Absence(person=person, since=since, until=until, substitute=substitute, given_by=by)
        absence.full_clean(exclude=["person", "given_by", "substitute"])
        absence.save()
        words = {"person": person, "since": dates.in_words(since, article="dal"),
                 "until": dates.in_words(until, article="al")}  # fmt: skip
        record(
            Verb.PERSON_CHANGED, by=by, sentence=_("ha scritto un’assenza di %(person)s %(since)s %(until)s") % words
        )
    return absence


def end_absence(absence: Absence, *, by: User) -> None:
    """Back today; an absence that had not begun goes away."""
    yesterday = timezone.localdate() - DAY
    with transaction.atomic():
        if absence.since > yesterday:
            absence.delete()
        else:
            absence.until = yesterday
            absence.save(update_fields=["until"])  # and whoever hears of it asks the person again
        sentence = _("ha finito un’assenza di %(person)s") % {"person": absence.person}
        record(Verb.PERSON_CHANGED, by=by, sentence=sentence)


def come_back(person: User, *, by: User) -> None:
    """An account that was closed opens again."""
    with transaction.atomic():
        person.is_active = True
        person.save()
        record(Verb.PERSON_CHANGED, by=by, sentence=_("ha riaperto l’account di %(person)s") % {"person": person})
    access.forget(person)
