"""How the network decides: meetings and what they decide; who offers which service."""

from .directory import ServicePage
from .meetings import Action, AgendaItem, Attendance, Decision, MeetingPage

__all__ = ["Action", "AgendaItem", "Attendance", "Decision", "MeetingPage", "ServicePage"]
