"""What follows from what: protocol → procedure → form, service card. Derived from what pages say, never written."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class RuleLink(models.Model):
    """`below` is there because of `above`, as the text of one of them says."""

    said_by = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="rule_links_said")
    above = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="rule_links_below")
    below = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="rule_links_above")

    class Meta:
        verbose_name = _("legame tra regole")
        verbose_name_plural = _("legami tra regole")
        constraints = [models.UniqueConstraint(fields=["said_by", "above", "below"], name="a_rule_link_once_said")]

    def __str__(self) -> str:
        return f"{self.above} → {self.below}"
