"""An approval from its request to its end: who is told that it waits, how it is decided."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Revision, TaskState

from . import access, dates, emails, jobs
from .models.people import User
from .models.workflow import ApprovalState


class AlreadyDecided(Exception):
    """Somebody else was faster, or the author took the request back."""


class TextChanged(Exception):
    """Somebody saved the page after the approver had read it."""


# --- Asking ----------------------------------------------------------------------------------------------


def on_task_submitted(sender: Any, instance: TaskState, **kwargs: Any) -> None:
    """Somebody asked for approval: whoever may decide gets a mail, by a job."""
    if isinstance(instance.specific, ApprovalState):
        jobs.ask(f"approval-mail:{instance.pk}", "portal.workflow.tell_approvers", instance.pk)


def tell_approvers(state_id: int) -> None:
    """Mail those who may decide on a waiting approval, asking access again now."""
    state = ApprovalState.objects.filter(pk=state_id, status=TaskState.STATUS_IN_PROGRESS).first()
    if state is None:
        return
    page = state.workflow_state.content_object
    asked_by = str(state.workflow_state.requested_by or "")
    for person in access.readers(page):
        if access.may_decide(person, page):
            emails.approval_mail(person, title=title_of(state), asked_by=asked_by, url=address(state)).send()


def address(state: ApprovalState) -> str:
    """Where the approval is decided, for a mail."""
    return settings.BASE_URL + reverse("approval", args=[state.pk])


def proposed(state: ApprovalState) -> Revision:
    """What waits for the decision: the page as it was saved last, which may be after it was asked for."""
    revision: Revision = state.workflow_state.content_object.latest_revision
    return revision


def mark(revision: Revision) -> str:
    """What one has read: autosave may write a revision anew, so its number alone does not tell."""
    return f"{revision.pk}-{revision.created_at.isoformat()}"


def title_of(state: ApprovalState) -> str:
    """Code and title as proposed, without building the page for it."""
    content = state.revision.content
    return f"{content.get('code', '')} {content['title']}".strip()


def scheduled_for(page: Page) -> str:
    """The day for which its publication is set; empty when that is at once."""
    if page.go_live_at and page.go_live_at > timezone.now():
        return dates.in_words(page.go_live_at, "l j F")
    return ""


# --- Deciding --------------------------------------------------------------------------------------------


@transaction.atomic
def approve(state: ApprovalState, *, by: User, seen: str, note: str = "") -> Page:
    """Publish what the approver has read, or schedule it; returns the page as approved."""
    state = _to_decide(state, by)
    revision = proposed(state)
    if mark(revision) != seen:
        raise TextChanged
    if state.revision_id != revision.pk:
        state.revision = revision
        state.save(update_fields=["revision"])
    state.approve(user=by, comment=note)
    page: Page = revision.as_object()
    return page


@transaction.atomic
def ask_for_changes(state: ApprovalState, *, by: User, reason: str) -> None:
    """Give the page back to its author, with the reason."""
    _to_decide(state, by).reject(user=by, comment=reason)


def _to_decide(state: ApprovalState, by: User) -> ApprovalState:
    """The approval as it stands now, held until the decision is written."""
    state = ApprovalState.objects.select_for_update().get(pk=state.pk)
    page = Page.objects.select_for_update().get(pk=state.workflow_state.object_id)
    if state.status != TaskState.STATUS_IN_PROGRESS:
        raise AlreadyDecided
    if not access.may_decide(by, page):
        raise PermissionDenied
    return state
