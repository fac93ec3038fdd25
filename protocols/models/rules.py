"""What protocols, procedures and forms have in common: they are in force, or not."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from portal import dates
from portal.models import PortalPage

SOON = timedelta(days=60)


class RulePage(PortalPage):
    """A coded text with a version and a time in which it holds."""

    version = models.CharField(gettext_lazy("versione"), max_length=12, default="1.0")
    valid_from = models.DateField(gettext_lazy("in vigore dal"), null=True, blank=True)
    valid_until = models.DateField(gettext_lazy("in vigore fino al"), null=True, blank=True)

    force_panels = [
        MultiFieldPanel(
            [
                FieldPanel("version"),
                FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_until")]),
            ],
            heading=gettext_lazy("Validità"),
        )
    ]

    class Meta:
        abstract = True

    @property
    def state(self) -> tuple[str, str]:
        """Whether it holds: the name of a colour and the words, never the colour alone."""
        today = timezone.localdate()
        if self.valid_until and self.valid_until < today:
            return "late", _("scaduto %(day)s") % {"day": dates.in_words(self.valid_until, article="il")}
        if self.valid_from is None:
            return "ok", _("in vigore")
        since = {"day": dates.in_words(self.valid_from, article="dal")}
        if self.valid_from > today:
            return "soon", _("non ancora in vigore: lo sarà %(day)s") % since
        return "ok", _("in vigore %(day)s") % since

    @property
    def review(self) -> tuple[str, str] | None:
        """By when it is to be looked at again; coloured from two months before."""
        if self.review_date is None:
            return None
        today = timezone.localdate()
        words = _("da rivedere entro %(day)s") % {"day": dates.in_words(self.review_date, article="il")}
        return ("late" if self.review_date < today else "soon" if self.review_date <= today + SOON else ""), words

    def relevant_date(self) -> date | None:
        return self.valid_from or super().relevant_date()
