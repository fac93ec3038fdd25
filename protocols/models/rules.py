"""What protocols, procedures and forms have in common: they are in force, or not."""

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from portal.models import PortalPage

SOON = timedelta(days=60)


class RulePage(PortalPage):
    """A coded text with a version and a time in which it holds."""

    version = models.CharField(_("versione"), max_length=12, default="1.0")
    valid_from = models.DateField(_("in vigore dal"), null=True, blank=True)
    valid_until = models.DateField(_("in vigore fino al"), null=True, blank=True)

    force_panels = [
        MultiFieldPanel(
            [
                FieldPanel("version"),
                FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_until")]),
            ],
            heading=_("Validità"),
        )
    ]

    class Meta:
        abstract = True

    @property
    def state(self) -> tuple[str, Any]:
        """The state as a colour name and a word: never the colour alone."""
        today = timezone.localdate()
        if self.valid_until and self.valid_until < today:
            return "late", _("scaduto")
        if self.valid_from and self.valid_from > today:
            return "soon", _("non ancora in vigore")
        if self.review_date and self.review_date <= today:
            return "late", _("in vigore, da rivedere")
        if self.review_date and self.review_date <= today + SOON:
            return "soon", _("in vigore, in scadenza")
        return "ok", _("in vigore")

    def relevant_date(self) -> date | None:
        return self.valid_from or super().relevant_date()
