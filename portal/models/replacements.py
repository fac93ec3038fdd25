"""What took the place of a page that was withdrawn."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class Replacement(models.Model):
    """Whoever comes by the old address is led on, as far as the new page is theirs to read."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("pagina al posto di un’altra")
        verbose_name_plural = _("pagine al posto di altre")

    def __str__(self) -> str:
        return f"{self.page} → {self.by}"
