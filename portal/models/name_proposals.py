"""Another name that a person asks for: accepted by whoever keeps the network, because others act by it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class NameProposal(models.Model):
    """Open until it is decided; asked anew, the former one is replaced."""

    person = models.OneToOneField("portal.User", on_delete=models.CASCADE, related_name="name_proposal")
    first_name = models.CharField(_("nome"), max_length=150)
    last_name = models.CharField(_("cognome"), max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("nome proposto")
        verbose_name_plural = _("nomi proposti")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"
