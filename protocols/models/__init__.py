"""What the network agreed: protocols, the procedures that apply them, the forms they use."""

from .adoptions import Adoption, AdoptionReminder
from .copies import EditionCopy
from .editions import Edition
from .joint_approvals import JointApproval, JointState, Signature, SigningRule
from .links import RuleLink
from .procedures import FormPage, ProcedurePage
from .protocols import ProtocolPage
from .remarks import Deed, Discussion, Remark, RemarkAct

__all__ = [
    "Adoption", "AdoptionReminder", "Deed", "Discussion", "Edition", "EditionCopy", "FormPage", "JointApproval",
    "JointState", "ProcedurePage", "ProtocolPage", "Remark", "RemarkAct", "RuleLink", "Signature", "SigningRule",
]  # fmt: skip
