"""What the network agreed: protocols, the procedures that apply them, the forms they use."""

from .adoptions import Adoption, AdoptionReminder
from .copies import EditionCopy
from .editions import Edition
from .joint_approvals import JointApproval, JointState, Signature, SigningRule
from .procedures import FormPage, ProcedurePage
from .protocols import ProtocolPage

__all__ = [
    "Adoption", "AdoptionReminder", "Edition", "EditionCopy", "FormPage", "JointApproval", "JointState",
    "ProcedurePage", "ProtocolPage", "Signature", "SigningRule",
]  # fmt: skip
