"""Who is told that an approval is waiting."""

from typing import Any

from django.conf import settings
from wagtail.models import TaskState

from . import access, emails, feed, jobs
from .models.workflow import ApprovalState


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
            url = f"{settings.BASE_URL}/admin/pages/{page.pk}/edit/"
            title = feed.name(page.get_latest_revision_as_object())
            emails.approval_mail(person, title=title, asked_by=asked_by, url=url).send()
