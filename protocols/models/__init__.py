"""What the network agreed: protocols, the procedures that apply them, the forms they use."""

from .adoptions import Adoption, AdoptionReminder
from .copies import EditionCopy
from .editions import Edition
from .procedures import FormPage, ProcedurePage
from .protocols import ProtocolPage

__all__ = [
    "Adoption", "AdoptionReminder", "Edition", "EditionCopy", "FormPage", "ProcedurePage", "ProtocolPage",
]  # fmt: skip
