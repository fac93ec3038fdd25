"""Documents that somebody uploaded to make drafts of: they wait here, and nobody else sees them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .people import User
from .spaces import Space


class WordUpload(models.Model):
    """What came in one go, for one space."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    together = models.BooleanField(default=True, help_text="all drafts or none")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="since when a job is making the drafts")

    class Meta:
        verbose_name = _("documenti da importare")
        verbose_name_plural = _("documenti da importare")

    def __str__(self) -> str:
        return f"{self.person}, {self.space}"


class UploadedDocument(models.Model):
    """One document: what was read in it, what it is to become, and what came of it."""

    upload = models.ForeignKey(WordUpload, on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(max_length=255)
    html = models.TextField(blank=True)
    found = models.JSONField(default=dict, blank=True, help_text="title, notes, margins, what was left")
    problem = models.TextField(blank=True, help_text="why it was not read")
    source = models.BinaryField(null=True, help_text="the file itself, until it is read")
    kind = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=12, blank=True)
    chosen = models.BooleanField(default=True)
    reason = models.CharField(max_length=240, blank=True, help_text="why what looks like somebody's data may stay")
    refused = models.TextField(blank=True, help_text="why no draft came of it")
    page = models.ForeignKey(Page, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("documento da importare")
        verbose_name_plural = _("documenti da importare")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class UploadedPicture(models.Model):
    """A picture of the document, by the number that its text gives it."""

    document = models.ForeignKey(UploadedDocument, on_delete=models.CASCADE, related_name="pictures")
    number = models.PositiveSmallIntegerField()
    data = models.BinaryField()
    ending = models.CharField(max_length=4)

    class Meta:
        verbose_name = _("immagine di un documento da importare")
        verbose_name_plural = _("immagini di un documento da importare")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_picture_of_a_number")]

    def __str__(self) -> str:
        return f"{self.document}, {self.number}"
