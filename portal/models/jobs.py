"""Work that must happen is a row before it is a task."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    WAITING = "attesa", _("in attesa")
    DONE = "fatto", _("fatto")
    FAILED = "fallito", _("fallito")


class Job(models.Model):
    """One piece of background work. The key makes asking twice the same as asking once."""

    key = models.CharField(max_length=120, unique=True)
    function = models.CharField(max_length=120)
    args = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked = models.PositiveIntegerField(default=1, help_text="how often the work was asked for")
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("lavoro")
        verbose_name_plural = _("lavori")
        indexes = [models.Index(fields=["state", "touched_at"], name="job_state")]

    def __str__(self) -> str:
        return f"{self.key} ({self.get_state_display()})"
