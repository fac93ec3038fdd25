"""Who acts in the name of a body, for what, and from when until when."""

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """What a body can only do through somebody: its own acts, not the network's."""

    APPROVAL = "approvazione", _("approva a nome dell’ente")
    ADOPTION = "recepimento", _("recepisce i testi della rete")
    DATA = "dati", _("consegna i dati dell’ente")
    SIGNATURES = "firme", _("segue chi ha letto e firmato nell’ente")


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def current(self, day: date | None = None) -> "DelegationQuerySet":
        """Those that hold on the day; the last one is still theirs."""
        day = day or timezone.localdate()
        return self.filter(models.Q(valid_until=None) | models.Q(valid_until__gte=day), valid_from__lte=day)


class Delegation(models.Model):
    """A person acts for a body, and somebody else when that person is away. Once begun it ends by its last day."""

    organisation = models.ForeignKey(
        "portal.Organisation", verbose_name=_("ente"), on_delete=models.PROTECT, related_name="delegations"
    )
    purpose = models.CharField(_("che cosa fa"), max_length=12, choices=Purpose.choices)
    person = models.ForeignKey(
        "portal.User", verbose_name=_("persona"), on_delete=models.PROTECT, related_name="delegations"
    )
    substitute = models.ForeignKey(
        "portal.User", verbose_name=_("chi la sostituisce"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+", help_text=_("Può fare le stesse cose, negli stessi giorni."),
    )  # fmt: skip
    valid_from = models.DateField(_("dal"), default=timezone.localdate)
    valid_until = models.DateField(
        _("fino al"), null=True, blank=True, help_text=_("Compreso quel giorno. Vuoto: finché qualcuno non la finisce.")
    )
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, editable=False, related_name="+")
    given_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delega")
        verbose_name_plural = _("deleghe")
        ordering = ["organisation__name", "purpose", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                name="delegation_ends_after_it_begins",
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                violation_error_message=_("L’ultimo giorno viene prima del primo."),
            ),
            models.CheckConstraint(
                name="delegation_to_two_persons",
                condition=models.Q(substitute=None) | ~models.Q(substitute=models.F("person")),
                violation_error_message=_("Chi sostituisce è un’altra persona."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_purpose_display()} ({self.organisation})"
