"""Who is on call at a service, from when until when."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import User

from .directory import ServicePage


class Shift(models.Model):
    """A person answers for the service in those hours. Several at once may; each of them once."""

    service = models.ForeignKey(ServicePage, on_delete=models.CASCADE, related_name="shifts")
    person = models.ForeignKey(
        User, verbose_name=_("chi è reperibile"), on_delete=models.PROTECT, related_name="shifts"
    )
    since = models.DateTimeField(_("dalle"))
    until = models.DateTimeField(_("alle"))
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("turno di reperibilità")
        verbose_name_plural = _("turni di reperibilità")
        ordering = ["since", "until", "pk"]
        indexes = [models.Index(fields=["service", "until"], name="shifts_of_a_service")]
        constraints = [
            models.CheckConstraint(
                name="a_shift_ends_after_it_begins", condition=models.Q(until__gt=models.F("since")),
                violation_error_message=_("Il turno finisce prima di cominciare."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person}, {self.service}"
