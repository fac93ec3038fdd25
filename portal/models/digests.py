"""How often a person wants the digest, and each digest that was due."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Frequency(models.TextChoices):
    DAILY = "giorno", _("ogni giorno feriale")
    WEEKLY = "settimana", _("una volta alla settimana")
    NEVER = "mai", _("mai")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("lunedì")
    TUESDAY = 1, _("martedì")
    WEDNESDAY = 2, _("mercoledì")
    THURSDAY = 3, _("giovedì")
    FRIDAY = 4, _("venerdì")


class DigestPreference(models.Model):
    """A person's choice; whoever chose nothing gets it on Monday at eight."""

    user = models.OneToOneField("portal.User", on_delete=models.CASCADE, related_name="digest_preference")
    frequency = models.CharField(_("quanto spesso"), max_length=9, choices=Frequency, default=Frequency.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("quale giorno"), choices=Weekday, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(
        _("a che ora"), choices=[(hour, f"{hour}:00") for hour in range(6, 21)], default=8
    )

    class Meta:
        verbose_name = _("preferenza del digest")
        verbose_name_plural = _("preferenze del digest")

    def __str__(self) -> str:
        return f"{self.user}: {self.get_frequency_display()}"


class DeliveryState(models.TextChoices):
    DUE = "dovuto", _("da inviare")
    CLAIMED = "preso", _("in invio")
    SENT = "inviato", _("inviato")
    EMPTY = "vuoto", _("niente da dire")
    FAILED = "fallito", _("non riuscito")


class Delivery(models.Model):
    """One person's digest for one window; unique, so that two processes cannot both mail it."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="deliveries")
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.DUE)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    subject = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = _("invio del digest")
        verbose_name_plural = _("invii del digest")
        ordering = ["-window_end"]
        constraints = [models.UniqueConstraint(fields=["user", "window_end"], name="one_digest_per_window")]

    def __str__(self) -> str:
        return f"{self.user}, {self.window_end:%d/%m/%Y %H:%M}: {self.get_state_display()}"
