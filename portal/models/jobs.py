"""Work that must happen is a row before it is a task."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Lane(models.TextChoices):
    """Work of one lane never waits behind that of another: each has processes of its own."""

    QUICK = "raccordo", _("index, approvazioni, orologio")
    MAIL = "posta", _("posta")  # behind a server that may not answer
    FILES = "file", _("lettura dei file")  # each may cost half a minute: persons take turns
    MEANING = "senso", _("significato dei testi")  # hours of a processor: it gives way to everything else

    @classmethod
    def in_use(cls) -> list["Lane"]:
        """Those that have processes in this installation."""
        return [lane for lane in cls if lane != cls.MEANING or settings.SEARCH_MEANING]


class JobState(models.TextChoices):
    WAITING = "attesa", _("in attesa")
    DONE = "fatto", _("fatto")
    FAILED = "fallito", _("fallito")


class Job(models.Model):
    """One piece of background work. The key makes asking twice the same as asking once."""

    key = models.CharField(max_length=120, unique=True)
    function = models.CharField(max_length=120)
    args = models.JSONField(default=list)
    lane = models.CharField(max_length=8, choices=Lane.choices, default=Lane.QUICK)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="whose turn it takes, where persons take turns",
    )  # fmt: skip
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked = models.PositiveIntegerField(default=1, help_text="how often the work was asked for")
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(default=timezone.now, help_text="when it was asked for the last time")
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("lavoro")
        verbose_name_plural = _("lavori")
        indexes = [
            models.Index(fields=["state", "touched_at"], name="job_state"),
            models.Index(fields=["lane", "person", "touched_at"], name="job_turns"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.get_state_display()})"
