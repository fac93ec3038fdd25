"""What was thrown away: kept for a while, with the name of whoever did, and put back whole."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .media import Document, Image
from .people import User
from .spaces import Space


class BinnedThing(models.Model):
    """A page that was never published, with what lies below it, or a file; and where it lay.

    The thing itself lies in the bin, out of every space: so nobody reads, finds or names it there.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="binned")
    title = models.CharField(max_length=255)
    page = models.OneToOneField(Page, null=True, on_delete=models.CASCADE, related_name="binned")
    parent = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    document = models.OneToOneField(Document, null=True, on_delete=models.CASCADE, related_name="binned")
    image = models.OneToOneField(Image, null=True, on_delete=models.CASCADE, related_name="binned")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cosa nel cestino")
        verbose_name_plural = _("cose nel cestino")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="one_thing_a_row",
                condition=models.Q(page__isnull=False, document=None, image=None)
                | models.Q(page=None, document__isnull=False, image=None)
                | models.Q(page=None, document=None, image__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def thing(self) -> Any:
        """The page, the file or the picture: one of the three is there."""
        return self.page or self.document or self.image

    @property
    def kind(self) -> str:
        """What it is, to whoever looks for it."""
        if self.page:
            return str(self.page.specific_class._meta.verbose_name if self.page.specific_class else _("pagina"))
        return str(_("immagine") if self.image else _("file"))
