"""How the network decides: meetings and what they decide; who offers which service, and by which rules."""

from .actions import Action
from .directory import ServicePage
from .meetings import ActionItem, AgendaItem, Attendance, Decision, MeetingPage
from .regulations import BodyRule, RegulatedService, RuleConfirmation

__all__ = [
    "Action", "ActionItem", "AgendaItem", "Attendance", "BodyRule", "Decision", "MeetingPage", "RegulatedService",
    "RuleConfirmation", "ServicePage",
]  # fmt: skip
