"""Who keeps the network: its spaces, people, bodies and words. A role of the network, not of a space."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CoordinatorQuerySet(models.QuerySet["NetworkCoordinator"]):
    def current(self, now: datetime | None = None) -> "CoordinatorQuerySet":
        """Those whose role holds at this moment."""
        now = now or timezone.now()
        return self.filter(models.Q(until=None) | models.Q(until__gt=now), since__lte=now)


class NetworkCoordinator(models.Model):
    """A person coordinates the network from then until then. Ended, never deleted: it says in whose right was done."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="coordinations")
    reason = models.CharField(_("perché"), max_length=240)
    since = models.DateTimeField(_("dal"), default=timezone.now)
    until = models.DateTimeField(_("fino al"), null=True, blank=True)
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = CoordinatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("coordinamento della rete")
        verbose_name_plural = _("coordinamenti della rete")
        ordering = ["-since", "-pk"]

    def __str__(self) -> str:
        return str(self.person)
