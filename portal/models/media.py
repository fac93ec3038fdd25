"""Files, each in the collection of one space."""

import hashlib
from pathlib import Path
from typing import Any

from django.db import DatabaseError, models, transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.utils.file import hash_filelike

from portal.files.leftovers import stays_with_its_row
from portal.files.photographs import leave_the_place


class ReadingState(models.TextChoices):
    WAITING = "attesa", _("da leggere")
    READ = "letto", _("letto")
    UNREADABLE = "illeggibile", _("testo non leggibile")


class FileOfItsRow:
    """A file whose row cannot be written is not left lying without one; a photograph does not tell where it is from."""

    file: Any
    file_size: Any
    file_hash: str

    def save(self, *args: Any, **kwargs: Any) -> None:
        file = self.file
        is_new = bool(file) and not file._committed
        if is_new:
            leave_the_place(file)
            self.file_size = file.size
            self.file_hash = hash_filelike(file)
        with transaction.atomic():
            try:
                super().save(*args, **kwargs)  # type: ignore[misc]
            except DatabaseError:
                if is_new and file._committed:
                    file.storage.delete(file.name)
                raise
            finally:
                if is_new and file._committed:
                    stays_with_its_row(file)


class Document(FileOfItsRow, AbstractDocument):
    """A file; its text is taken out by a job, page by page where it has pages."""

    # Wagtail's own model keeps the accessors of these two names.
    tags = TaggableManager(blank=True, related_name="portal_documents")
    uploaded_by_user = models.ForeignKey(
        "portal.User", verbose_name=_("caricato da"), null=True, blank=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip

    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    reading_state = models.CharField(max_length=12, choices=ReadingState, default=ReadingState.WAITING, editable=False)
    reading_problem = models.CharField(max_length=240, blank=True, editable=False)
    text_pages = models.JSONField(default=list, blank=True, editable=False)
    signatures = models.JSONField(default=list, blank=True, editable=False)

    file_since = models.DateTimeField(null=True, editable=False)  # where it was replaced: when

    replaced: "Document | None" = None  # while another file comes in: the row as it was before
    replaced_because = ""  # in the words of whoever replaces it
    already_read: Any = None  # while a file comes in: what was read in it at the door

    # No free tags: their autocompletion tells words of other spaces (no permission is asked there).
    admin_form_fields = ("title", "file", "collection")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("documento")
        verbose_name_plural = _("documenti")

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():  # with the row goes the job that reads the file
            if self.pk and self.file and not self.file._committed:
                self._make_room()
            super().save(*args, **kwargs)

    def _make_room(self) -> None:
        """Another file comes in the place of the one that is kept: under its own name, whatever lies there already."""
        self.replaced = type(self).objects.select_for_update(of=("self",)).filter(pk=self.pk).first()
        if self.replaced and self.replaced.file:
            self.file.name = f"{get_random_string(7)}/{Path(self.file.name).name}"

    @property
    def updated_at(self) -> Any:
        """Since when the file is what it is."""
        return self.file_since or self.created_at

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes, as hexadecimal digits."""
        digest = hashlib.sha256()
        with self.open_file() as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
        return digest.hexdigest()


class Image(FileOfItsRow, AbstractImage):
    """A picture; without free tags, as documents are."""

    tags = TaggableManager(blank=True, related_name="portal_images")
    uploaded_by_user = models.ForeignKey(
        "portal.User", verbose_name=_("caricato da"), null=True, blank=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip

    admin_form_fields = ("title", "file", "description", "collection", "focal_point_x", "focal_point_y",
                         "focal_point_width", "focal_point_height")  # fmt: skip

    class Meta(AbstractImage.Meta):
        verbose_name = _("immagine")
        verbose_name_plural = _("immagini")


class Rendition(AbstractRendition):
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="unique_rendition")
        ]
