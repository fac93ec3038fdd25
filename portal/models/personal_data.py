"""What was said of words that look like somebody's data."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.personal_data.detection import Kind

from .people import User


class PersonalDataReason(models.Model):
    """Why some words may stay in a page, by whoever wrote them: kept apart from the text, without the words."""

    page = models.ForeignKey(
        Page, null=True, on_delete=models.CASCADE, related_name="+",
        help_text="none where it was said of a number in a file: it holds for every file of the same author",
    )  # fmt: skip
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


class What(models.TextChoices):
    """What somebody saw; its own words are never kept."""

    NAME = "nome", _("il nome di una persona seguita dai servizi")
    STORY = "storia", _("una storia da cui si capisce chi è")
    CODE = "codice", _("un codice fiscale o un IBAN")
    CONTACT = "recapito", _("un telefono o un indirizzo di casa")
    HEALTH = "salute", _("notizie di salute")
    OTHER = "altro", _("altro")


class Outcome(models.TextChoices):
    REMOVED = "tolti", _("i dati sono stati tolti")
    NONE = "nessuno", _("non sono dati di una persona seguita dai servizi")


class Reports(models.QuerySet["PersonalDataReport"]):
    def hiding(self) -> Self:
        """Those that keep something out of sight until somebody decides."""
        return self.filter(handled_at=None, hides=True)


class PersonalDataReport(models.Model):
    """Data of assisted people seen in a page, a file or a picture: until handled, `access` keeps it out of sight.

    Found in a file by the portal itself, it stands under the name of whoever uploaded the file; a telephone or an
    account there, which a letterhead has too, hides nothing and only asks that person.
    """

    page = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey("portal.Document", null=True, on_delete=models.CASCADE, related_name="+")
    picture = models.ForeignKey("portal.Image", null=True, on_delete=models.CASCADE, related_name="+")
    picture_was = models.CharField(max_length=40, blank=True, help_text="its fingerprint when it was reported")
    what = models.CharField(_("che cosa"), max_length=10, choices=What.choices)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    found_by_itself = models.BooleanField(default=False)
    is_certain = models.BooleanField(default=False, help_text="a tax code whose check digit is right")
    hides = models.BooleanField(default=True, help_text="keeps it out of sight of the others until it is handled")
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(_("come è finita"), max_length=10, choices=Outcome.choices, blank=True)
    reason = models.CharField(_("perché"), max_length=240, blank=True)
    handled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    handled_at = models.DateTimeField(null=True)

    objects = Reports.as_manager()

    class Meta:
        verbose_name = _("segnalazione di dati personali")
        verbose_name_plural = _("segnalazioni di dati personali")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(page__isnull=False, document=None, picture=None)
                | models.Q(page=None, document__isnull=False, picture=None)
                | models.Q(page=None, document=None, picture__isnull=False),
                name="personal_data_in_one_thing",
            )
        ]
        indexes = [models.Index(fields=["page", "handled_at"], name="personal_data_page")]

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.at:%Y-%m-%d}"

    @property
    def file(self) -> Any:
        """The file or the picture, where it is not a page."""
        return self.document or self.picture
