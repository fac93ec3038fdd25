"""Actions decided in meetings: given by publishing minutes; closed, reopened and spoken of by their owner."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.accounts import handover, own_data
from portal.models import User
from portal.models.activity import Verb
from portal.notices import obligations
from portal.notices.activity import record
from portal.notices.obligations import Closed, Duty, Need
from portal.words import dates

from . import due_days
from .models import Action, ActionItem, MeetingPage

# What its owner does with it is asked of `of`: a duty is addressed.
access.follow(Action, "meeting", apart="guests_apart")


def on_published(sender: Any, page: Any, by: User | None = None, **kwargs: Any) -> None:
    """Minutes went out: what they give to people follows, in the same transaction."""
    if isinstance(page, MeetingPage):
        give(page, by=by)


def on_withdrawn(sender: Any, page: Any, **kwargs: Any) -> None:
    """Minutes that nobody reads any more ask nothing; published again, they ask again."""
    if isinstance(page, MeetingPage):
        ask_and_settle(page)


def give(meeting: MeetingPage, *, by: User | None) -> None:
    """Bring the meeting's actions to what its minutes say now; what people did with them stays.

    A line that is gone: its action is withdrawn by whoever published, unless it was done already.
    """
    with transaction.atomic():
        left = {action.key: action for action in Action.objects.filter(meeting=meeting)}
        items = _with_own_keys(meeting)
        offices = due_days.offices_for(items)
        for item in items:
            action = left.pop(item.key, None) or Action(meeting=meeting, key=item.key)
            _as_the_line_says(action, item, meeting, offices)
            action.withdrawn_at = action.withdrawn_by = None
            action.save()
        for action in left.values():
            if action.done_at is None and action.withdrawn_at is None:
                action.withdrawn_at, action.withdrawn_by = timezone.now(), by
                action.save()
                _record(Verb.ACTION_WITHDRAWN, action, by, _("ha tolto dal verbale l’azione «%(action)s»"))
        ask_and_settle(meeting)


def _as_the_line_says(action: Action, item: ActionItem, meeting: MeetingPage, offices: Any) -> None:
    owner = _owner(action, item)
    due_days.settle(action, item, meeting, owner, offices)
    action.text, action.person_id = item.text, owner


def _owner(action: Action, item: ActionItem) -> int | None:
    """Who has the action now: whoever the minutes name, or whoever took it over from that person."""
    handed = action.handed_from_id is not None and action.handed_from_id == item.person_id
    return action.person_id if handed else item.person_id


def in_the_hands_of(person: User, reader: User) -> Iterator[handover.Item]:
    """What of the minutes somebody who leaves has still to do."""
    open_now = Action.objects.filter(person=person, done_at=None, withdrawn_at=None, meeting__live=True)
    meetings = Page.objects.filter(pk__in=open_now.order_by().values("meeting"))
    seen = set(access.known(meetings, reader).values_list("pk", flat=True))
    for action in open_now.select_related("meeting"):
        title = action.text if action.meeting_id in seen else _("un’azione di una riunione che non leggi")
        yield handover.Item(_key(action), _("Azioni delle riunioni"), title, partial(_hand, action))


def _hand(action: Action, to: User | None, by: User) -> None:
    """Another owner; the line of the minutes keeps the name that was decided."""
    action.handed_from_id = action.handed_from_id or action.person_id
    action.person = to
    action.save()
    _ask(action)


def kept_of(person: User) -> Iterator[own_data.Kept]:
    """The own actions; their sentence was addressed to the person, whatever became of the minutes."""
    rows = Action.objects.filter(person=person).order_by("due", "pk")
    yield own_data.Kept(_("Azioni delle riunioni"), own_data.FOR_GOOD, [
        {_("che cosa"): each.text, _("entro"): each.due, _("nota"): each.done_note,
         _("fatta il"): dates.local_day(each.done_at) if each.done_at else ""} for each in rows
    ])  # fmt: skip


handover.sources.append(in_the_hands_of)
own_data.sources.append(kept_of)


def ask_and_settle(meeting: MeetingPage) -> None:
    """Bring what is asked of people to the meeting's actions as they stand."""
    given = Action.objects.filter(meeting=meeting)
    asked = given.filter(meeting__live=True, done_at=None, withdrawn_at=None).select_related("person", "meeting")
    obligations.settle(*(_key(action) for action in given.exclude(pk__in=asked)))
    for action in asked:
        _ask(action)


def _ask(action: Action) -> None:
    """Of its owner, and no longer of whoever had it before."""
    meeting, own_page = action.meeting, reverse("action", args=[action.pk])
    owners = [action.person] if action.person else []
    duty = Duty(
        title=action.text,
        verb=_("Completa"),
        why=_("azione decisa nella riunione %(meeting)s") % {"meeting": meeting.code or meeting},
        url=f"{meeting.url}#azioni",
        action_url=own_page,
        due=action.due,
        page=meeting.pk,
        needs=Need.VIEW,
        closed=Closed(action.text, _("azione decisa in una riunione"), own_page),
    )
    obligations.ask(owners, _key(action), duty)
    obligations.settle(_key(action), but=owners)


def _key(action: Action) -> str:
    return f"action:{action.pk}"


def _with_own_keys(meeting: MeetingPage) -> list[ActionItem]:
    """The lines of the minutes; of two with one key, which only a made-up form can send, the second gets another."""
    seen = set()
    items = list(ActionItem.objects.filter(page=meeting))
    for item in items:
        if item.key in seen:
            item.key = uuid4()
            item.save(update_fields=["key"])
        seen.add(item.key)
    return items


def of(user: User) -> QuerySet[Action]:
    """The person's own, of minutes that are out: a duty reaches its owner, whoever may read the minutes.

    While somebody is away, theirs too who stands in.
    """
    given = Action.objects.filter(withdrawn_at=None, meeting__live=True)
    return access.addressed(given, user, "person", standing_in=True).select_related("meeting")


def shown(meeting: MeetingPage) -> list[Action]:
    """The actions as the minutes tell them, in their order; then those done whose line is gone.

    From a draft's preview too, where a line may have no action yet.
    """
    rows = {action.key: action for action in Action.objects.filter(meeting=meeting)}
    found = []
    items = list(meeting.actions.all())
    offices = due_days.offices_for(items)
    for item in items:
        action = rows.pop(item.key, None) or Action(meeting=meeting, key=item.key)
        _as_the_line_says(action, item, meeting, offices)
        found.append(action)
    found += [action for action in rows.values() if action.done_at]
    people = User.objects.in_bulk([action.person_id for action in found])
    for action in found:
        action.person = people.get(action.person_id)
    return found


def close(action: Action, *, note: str, by: User) -> bool:
    """Mark an own action as done; the first closing stays. Whether it was this one."""
    with transaction.atomic():
        now = timezone.now()
        closed = of(by).filter(pk=action.pk, done_at=None).update(done_at=now, done_note=note)
        if closed:
            obligations.settle(_key(action))
            _record(Verb.ACTION_CLOSED, action, by, _("ha chiuso l’azione «%(action)s»"), note)
    return bool(closed)


def mark(action: Action) -> str:
    """What a form about the action began from: another closing, reopening or note makes it another."""
    return sha256(f"{action.done_at}|{action.done_note}".encode()).hexdigest()[:16] if action.done_at else ""


def annotate(action: Action, *, note: str, by: User) -> None:
    """Say more about an own action that is done."""
    of(by).filter(pk=action.pk, done_at__isnull=False).update(done_note=note)


def reopen(action: Action, *, by: User) -> bool:
    """An own action was not done after all; what had been noted stays in the register."""
    with transaction.atomic():
        opened = of(by).filter(pk=action.pk, done_at__isnull=False).update(done_at=None, done_note="")
        if opened:
            _ask(action)
            _record(Verb.ACTION_REOPENED, action, by, _("ha riaperto l’azione «%(action)s»"), action.done_note)
    return bool(opened)


def _record(verb: Verb, action: Action, by: User | None, sentence: str, note: str = "") -> None:
    meeting = action.meeting
    record(verb, by=by, page=meeting.page_ptr, space=access.space_of(meeting),
           sentence=sentence % {"action": action.text}, note=note)  # fmt: skip
