"""What happens when an approval ends. Apart from the rest, because Wagtail imports it before its own models."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Further:
    """What a package asks for between the approval in the space and the publication."""

    is_asked: Callable[[Any], bool]  # of this page, before it is approved
    begin: Callable[[Any, Any, Any], object]  # the approved revision; who asked; who approved it
    has_begun: Callable[[Any], bool]  # of this revision
    words: Callable[[Any], str]  # to whoever approves, of this page: what comes next


further: list[Further] = []


def next_step(page: Any) -> Further | None:
    """What the page needs before it is published, once it is approved; None where that publishes it."""
    return next((step for step in further if step.is_asked(page)), None)


def publish_approved_revision(workflow_state: Any, user: Any = None) -> None:
    """Publish exactly what was approved: Wagtail's default would publish the latest revision.

    The approver has just been checked by the task, so the revision's own check, which would ask for
    Wagtail's publish permission, is skipped.
    """
    task_state = workflow_state.current_task_state
    revision = task_state.revision
    if step := next_step(revision.as_object()):
        step.begin(revision, workflow_state.requested_by, user)
    else:
        revision.publish(user=user, skip_permission_checks=True)
