"""What was said of words that look like somebody's data."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.personal_data.detection import Kind

from .people import User


class PersonalDataReason(models.Model):
    """Why some words may stay in a page, by whoever wrote them: kept apart from the text, without the words."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64, help_text="of the words, made with the secret key")
    reason = models.CharField(_("perché può restare"), max_length=240)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("motivo per dati che sembrano di qualcuno")
        verbose_name_plural = _("motivi per dati che sembrano di qualcuno")
        constraints = [models.UniqueConstraint(fields=["page", "fingerprint"], name="one_reason_for_words_of_a_page")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"
