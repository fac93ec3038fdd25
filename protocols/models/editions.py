"""Editions: what a coded text said while it was in force. Insert-only."""

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.models import User
from portal.models.activity import Immutable


class EditionQuerySet(models.QuerySet["Edition"]):
    def with_ends(self) -> "EditionQuerySet":
        """Each with the first day of the one that followed it."""
        later = Edition.objects.filter(page=models.OuterRef("page"), valid_from__gt=models.OuterRef("valid_from"))
        return self.annotate(next_from=models.Subquery(later.order_by("valid_from").values("valid_from")[:1]))


class Edition(models.Model):
    """One published version of a page, as it was read; a revision can be rewritten, an edition cannot."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="editions")
    version = models.CharField(_("versione"), max_length=12)
    title = models.CharField(_("titolo"), max_length=255)
    change_note = models.CharField(_("che cosa cambia"), max_length=240, blank=True)
    valid_from = models.DateField(_("in vigore dal"), null=True)
    sections = models.JSONField(_("testo"), default=list)
    sha256 = models.CharField(max_length=64)
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField()

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edizione")
        verbose_name_plural = _("edizioni")
        ordering = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["page", "version"], name="one_edition_per_version")]

    def __str__(self) -> str:
        return f"{self.title}, versione {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise Immutable("an edition is never rewritten")
        super().save(*args, **kwargs)

    @property
    def held_until(self) -> date | None:
        """The last day on which it held, for one read with `with_ends()`; None while no later one has begun."""
        next_from: date | None = getattr(self, "next_from", None)
        return next_from - timedelta(days=1) if next_from else None
