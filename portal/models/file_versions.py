"""What a file was before it was replaced, and what waits to take its place: who, when and why, and the bytes."""

import posixpath

from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .append_only import AppendOnly, AppendOnlyQuerySet
from .media import Document
from .people import User
from .spaces import Space


class FileVersion(AppendOnly):
    """An earlier file of a document, under the number by which it is asked for; the document's own file is today's."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    file = models.FileField(null=True)  # the place that it had on the disk; empty where its bytes were thrown away
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    space = models.ForeignKey(Space, null=True, on_delete=models.SET_NULL, related_name="+")  # where it lay then
    was_read = models.BooleanField(default=True)  # a page that was read carried it: else it is a draft of its editors
    replaced_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("perché"), max_length=240, blank=True)

    objects = AppendOnlyQuerySet.as_manager()
    may_lose = ("file", "space")

    class Meta:
        verbose_name = _("versione di un file")
        verbose_name_plural = _("versioni dei file")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_number_a_version")]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"

    @property
    def name(self) -> str:
        return posixpath.basename(str(self.file or ""))


# Of the rows of the register nobody asks which pages use them.
FileVersion._meta.get_field("document").wagtail_reference_index_ignore = True  # type: ignore[attr-defined]


def apart(instance: models.Model, name: str) -> str:
    """Under its own name, whatever else waits."""
    return f"proposed/{get_random_string(7)}/{name}"


class ProposedFile(models.Model):
    """A file that takes another's place when the page is published with the text that it came with, or a later one."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="proposed")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="proposed_files")
    file = models.FileField(upload_to=apart)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(_("perché"), max_length=240)

    class Meta:
        verbose_name = _("file proposto")
        verbose_name_plural = _("file proposti")

    def __str__(self) -> str:
        return f"{self.document}: {self.reason}"

    @property
    def name(self) -> str:
        return posixpath.basename(str(self.file))

    @property
    def size(self) -> int:
        return int(self.file.size)


ProposedFile._meta.get_field("document").wagtail_reference_index_ignore = True  # type: ignore[attr-defined]
