"""Publications by the clock that could not be."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class ScheduleFailure(models.Model):
    """A page that should have gone out, or ended, by itself; the row goes when it does, or has no more day for it."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="schedule_failure")
    author = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.TextField(_("problema"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("pubblicazione programmata non riuscita")
        verbose_name_plural = _("pubblicazioni programmate non riuscite")

    def __str__(self) -> str:
        return f"{self.page}: {self.problem}"
