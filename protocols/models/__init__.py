"""What the network agreed: protocols, the procedures that apply them, the forms they use."""

from .adoptions import Adoption, AdoptionReminder
from .editions import Edition
from .procedures import FormPage, ProcedurePage
from .protocols import ProtocolPage

__all__ = ["Adoption", "AdoptionReminder", "Edition", "FormPage", "ProcedurePage", "ProtocolPage"]
