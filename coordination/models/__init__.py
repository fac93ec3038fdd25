"""How the network decides: meetings and what they decide; who offers which service."""

from .actions import Action
from .directory import ServicePage
from .meetings import ActionItem, AgendaItem, Attendance, Decision, MeetingPage

__all__ = ["Action", "ActionItem", "AgendaItem", "Attendance", "Decision", "MeetingPage", "ServicePage"]
