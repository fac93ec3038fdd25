"""The day by which an action is due: the one that was typed, or the one to which its term leads from the meeting.

Counted when the minutes are published, with the closing days of the body of whoever the action is given to; a day
that was given stays, whatever is closed later, until the line, the meeting's day or the person change.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _

from portal.accounts.closing_days import offices_of_each
from portal.models import User
from portal.words import dates
from portal.words.terms import EVERYWHERE, Direction, Offices, Term, Unit

from .models import Action, ActionItem, MeetingPage


def offices_for(items: Iterable[ActionItem]) -> dict[int | None, Offices]:
    """By person: when the offices are open of the body of each who has so many working days."""
    ids = {item.person_id for item in items if item.unit == Unit.WORKING_DAYS}
    if not ids:
        return {}
    bodies = dict(User.objects.filter(pk__in=ids).values_list("pk", "organisation"))
    offices = offices_of_each(set(bodies.values()) | {None})
    return {person: offices[bodies.get(person)] for person in ids}  # type: ignore[arg-type]


def settle(action: Action, item: ActionItem, meeting: MeetingPage, owner: int | None,
           offices: Mapping[int | None, Offices]) -> None:  # fmt: skip
    """Write into the action when it is due, and what it was counted from."""
    term = item.term
    if term is None:
        action.due, action.term, action.passed_over = item.due, "", ""  # type: ignore[assignment]
        return
    base = dates.local_day(meeting.starts_at)
    words = _in_words(term, base)
    if action.pk and action.term == words and action.person_id == owner:
        return
    whose = offices.get(item.person_id, EVERYWHERE)
    action.due = term.due(base, whose)  # type: ignore[assignment]
    feasts = [f"{dates.in_words(day, 'j F')} ({name})" for day, name in term.not_counted(base, whose)]
    action.term, action.passed_over = words, ", ".join(feasts)[:240]


def _in_words(term: Term, base: date) -> str:
    """«5 giorni lavorativi dopo la riunione del 12 novembre 2026»."""
    said = {"amount": term.amount, "day": dates.in_words(base, article="del")}
    if term.unit == Unit.DAY_OF_NEXT_MONTH:
        return _("%(amount)s alla riunione %(day)s") % said
    if term.direction == Direction.BEFORE:
        return _("%(amount)s prima della riunione %(day)s") % said
    return _("%(amount)s dopo la riunione %(day)s") % said
