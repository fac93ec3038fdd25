"""Spaces taken away as one file."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .people import User
from .spaces import Space


class SpaceExport(models.Model):
    """Asked for by a person, of what that person may read; the file follows, made by a job, and goes after a week."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="exports")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    file = models.FileField(upload_to="esportazioni/", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="bytes")

    class Meta:
        verbose_name = _("spazio portato via")
        verbose_name_plural = _("spazi portati via")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.space}, {self.by}"
