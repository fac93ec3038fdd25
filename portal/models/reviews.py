"""What was said when a page's day of review came: that it still holds, or that it waits. Insert-only."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.words import dates

from .append_only import AppendOnly, AppendOnlyQuerySet
from .people import User


class Outcome(models.TextChoices):
    CONFIRMED = "confermata", _("confermata senza modifiche")
    POSTPONED = "rinviata", _("rinviata")


class PageReview(AppendOnly):
    """One answer to one day of review. The text stays as it is: no edition and no draft comes of it."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="reviews")
    version = models.CharField(_("versione"), max_length=12, blank=True)  # of the text, where its kind counts them
    due = models.DateField(_("era da rivedere entro"))
    outcome = models.CharField(_("esito"), max_length=12, choices=Outcome.choices)
    reason = models.CharField(_("perché"), max_length=240, blank=True)
    next_on = models.DateField(_("prossima revisione entro"))
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("revisione di una pagina")
        verbose_name_plural = _("revisioni delle pagine")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_postponed_review_says_why", condition=~Q(outcome=Outcome.POSTPONED) | ~Q(reason="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.get_outcome_display()} ({self.due})"

    @property
    def is_confirmed(self) -> bool:
        return self.outcome == Outcome.CONFIRMED

    def is_of(self, page: Any) -> bool:
        """Whether it speaks of the text that is read now: by its number, or by the day on which it came out."""
        if self.version:
            return bool(self.version == page.version)
        return page.last_published_at is None or self.at >= page.last_published_at


def settled(page: Page, drafted: date | None) -> date | None:
    """The day of review that a draft brings with it: one that was answered meanwhile gives way to the live one."""
    rows = PageReview.objects.filter(page=page.pk).values_list("due", "at") if drafted else []
    if drafted is None or not any(drafted == due or drafted <= dates.local_day(at) for due, at in rows):
        return drafted
    # Of the row, not of the page in memory: that one may be the draft itself.
    live: date | None = type(page)._default_manager.values_list("review_date", flat=True).get(pk=page.pk)
    return live


class ReviewStep(models.TextChoices):
    ASKED = "chiesta", _("chiesta a chi risponde della pagina")
    ESCALATED = "passata", _("passata ai responsabili dello spazio")


class ReviewNotice(models.Model):
    """That a review was asked for, and that it was passed on: once for each day of review."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="review_notices")
    due = models.DateField(_("da rivedere entro"))
    step = models.CharField(_("passo"), max_length=8, choices=ReviewStep.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("avviso di revisione")
        verbose_name_plural = _("avvisi di revisione")
        constraints = [models.UniqueConstraint(fields=["page", "due", "step"], name="one_notice_of_a_review")]

    def __str__(self) -> str:
        return f"{self.page}: {self.get_step_display()} ({self.due})"
