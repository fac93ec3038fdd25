"""Where a person works from when until when, and when the person is away."""

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PlacementKind(models.TextChoices):
    BODY = "ente", _("ente")
    SEAT = "sede", _("sede di lavoro, se è presso un altro ente")


class DatedQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def current(self, day: date | None = None) -> "DatedQuerySet":
        """Those that hold on the day; the last one is still theirs."""
        day = day or timezone.localdate()
        return self.filter(models.Q(until=None) | models.Q(until__gte=day), since__lte=day)


class Placement(models.Model):
    """The body that a person belongs to, or where the person sits. Ended by its last day, never deleted."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="placements")
    organisation = models.ForeignKey(
        "portal.Organisation", verbose_name=_("ente"), on_delete=models.PROTECT, related_name="placements"
    )
    kind = models.CharField(_("che cos’è"), max_length=5, choices=PlacementKind)
    since = models.DateField(_("dal"))
    until = models.DateField(_("fino al"), null=True, blank=True)
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("appartenenza a un ente")
        verbose_name_plural = _("appartenenze agli enti")
        ordering = ["person", "kind", "since", "pk"]

    def __str__(self) -> str:
        return f"{self.person}: {self.organisation}"


class Absence(models.Model):
    """From then until then the person is away, for a reason that is nobody's business; somebody does what is owed."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="absences")
    since = models.DateField(_("dal"))
    until = models.DateField(_("fino al"))
    substitute = models.ForeignKey(
        "portal.User", verbose_name=_("chi fa quello che le tocca"), null=True, on_delete=models.PROTECT,
        related_name="standing_in",
    )  # fmt: skip
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("assenza")
        verbose_name_plural = _("assenze")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_begins", condition=models.Q(until__gte=models.F("since")),
                violation_error_message=_("L’ultimo giorno viene prima del primo."),
            ),
            models.CheckConstraint(
                name="absence_with_somebody_else",
                condition=models.Q(substitute=None) | ~models.Q(substitute=models.F("person")),
                violation_error_message=_("Chi sostituisce è un’altra persona."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person}, {self.since:%d/%m/%Y} – {self.until:%d/%m/%Y}"
