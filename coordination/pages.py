"""What meetings are shown with."""

from typing import Any

from django.http import HttpRequest

from portal.pages.kinds import shows

from . import actions
from .models import MeetingPage


@shows(MeetingPage)
def meeting(page: MeetingPage, request: HttpRequest) -> dict[str, Any]:
    """The actions with what was done about them."""
    return {"given": actions.shown(page)}
