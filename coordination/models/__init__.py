"""How the network decides: meetings, their decisions, services and by which rules, the norms that ask for them."""

from .actions import Action
from .directory import ServicePage
from .meetings import ActionItem, AgendaItem, Attendance, Decision, MeetingPage
from .norms import Norm, NormState, Objective, Project, Reason
from .regulations import BodyRule, RegulatedService, RuleConfirmation
from .shifts import Shift

__all__ = [
    "Action", "ActionItem", "AgendaItem", "Attendance", "BodyRule", "Decision", "MeetingPage", "Norm", "NormState",
    "Objective", "Project", "Reason", "RegulatedService", "RuleConfirmation", "ServicePage",
    "Shift",
]  # fmt: skip
