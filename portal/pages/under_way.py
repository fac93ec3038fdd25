"""What a person who writes has under way: pages that came back, that wait for somebody, that did not go out."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models.people import User
from portal.models.schedule import ScheduleFailure
from portal.notices.feed import Resume, Todo, sources
from portal.requests import PersonRequest
from portal.words import dates

from . import approval

NAMED = 3  # approvers named beside a waiting page


def given_back(user: User) -> Iterable[Todo]:
    """Pages to correct, each with the reason."""
    states = list(approval.given_back(user))
    pages = _own({state.workflow_state.object_id for state in states}, user)
    for state in states:
        if page := pages.get(int(state.workflow_state.object_id)):
            yield Todo(
                title=_("Ti è tornata: %(page)s") % {"page": approval.title_of(state)},
                url=approval.edit_address(page),
                verb=_("Correggi"),
                why=_("%(person)s chiede: %(reason)s") % {"person": state.finished_by, "reason": state.comment},
            )


def unscheduled(user: User) -> Iterable[Todo]:
    """Pages that should have gone out, or ended, by themselves."""
    failures = list(ScheduleFailure.objects.filter(author=user).select_related("page"))
    pages = _own({failure.page_id for failure in failures}, user)
    for failure in failures:
        if failure.page_id in pages:
            title = _("Non è riuscita da sola: %(page)s") % {"page": failure.page.draft_title}
            yield Todo(title, approval.edit_address(failure.page), _("Correggi"), failure.problem)


def waiting(request: PersonRequest) -> Iterable[Resume]:
    """One's own pages that wait for an approval: since when, and who can give it."""
    states = list(approval.waiting_of(request.user))
    pages = _own({state.workflow_state.object_id for state in states}, request.user)
    deciders = access.deciders(pages.values())
    for state in states:
        if page := pages.get(int(state.workflow_state.object_id)):
            names = ", ".join(str(person) for person in deciders.get(page.pk, [])[:NAMED])
            who = _("può approvarla %(names)s") % {"names": names} if names else _("nessuno lì può approvarla")
            yield Resume(
                title=_("In attesa di approvazione: %(page)s") % {"page": approval.title_of(state)},
                url=approval.edit_address(page),
                why=f"{dates.since(state.started_at)}; {who}",
            )


def _own(keys: Iterable[str | int], user: User) -> dict[int, Page]:
    """Of these, the pages on which the person still writes."""
    keys = list(keys)
    pages = access.allowed(Page.objects.filter(pk__in=keys), user, "edit") if keys else ()
    return {page.pk: page for page in pages}


sources.todos += [given_back, unscheduled]
sources.resume.append(waiting)
