"""What a person who writes has under way: pages that wait for somebody."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models.people import User
from portal.notices.feed import Resume, sources
from portal.requests import PersonRequest
from portal.words import dates

from . import approval

NAMED = 3  # approvers named beside a waiting page


def waiting(request: PersonRequest) -> Iterable[Resume]:
    """One's own pages that wait for an approval: since when, and who can give it."""
    states = approval.waiting_of(request.user)
    pages = _own({state.workflow_state.object_id for state in states}, request.user)
    deciders = access.deciders(pages.values()) if pages else {}
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


sources.resume.append(waiting)
