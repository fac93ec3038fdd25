"""Actions decided in meetings: closing one."""

from django.utils import timezone

from portal import access
from portal.models import User

from .models import Action


def close(action: Action, *, note: str, by: User) -> None:
    """Mark an action as done; the first closing stays."""
    access.require(by, "view", action.page)
    Action.objects.filter(pk=action.pk, done_at=None).update(done_at=timezone.now(), done_note=note)
