"""What somebody is asked to do: one row for each person and thing."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class Obligation(models.Model):
    """A sentence and a verb, addressed to one person; written by the act that asks, ended by the act that settles.

    Where it is about a page, `needs` is what its reader must be allowed to do there. Without that right nothing is
    shown but the words in `closed_*`, which tell nothing of the page; without those nothing at all.
    """

    class Need(models.TextChoices):
        VIEW = "view", _("leggere")
        EDIT = "edit", _("scrivere")
        APPROVE = "approve", _("approvare")
        MANAGE = "manage", _("rispondere dello spazio")

    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="obligations")
    key = models.CharField(max_length=120, db_index=True)  # of the thing: «action:12»
    title = models.TextField(_("che cosa"))
    verb = models.CharField(_("verbo"), max_length=40)
    why = models.TextField(_("perché"))
    url = models.TextField(_("dove"))
    action_url = models.CharField(max_length=200, blank=True)  # where one press of the button does it
    due = models.DateField(_("entro il"), null=True)
    starts_on = models.DateField(_("chiesta dal"), null=True)
    ends_on = models.DateField(_("chiesta fino al"), null=True)
    by_mandate = models.BooleanField(default=False)  # whoever stands in during an absence cannot do it

    page = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="+")
    needs = models.CharField(max_length=8, choices=Need, blank=True)
    closed_title = models.TextField(blank=True)
    closed_why = models.TextField(blank=True)
    closed_url = models.TextField(blank=True)

    asked_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("cosa da fare")
        verbose_name_plural = _("cose da fare")
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="asked_once_of_a_person"),
            models.CheckConstraint(
                name="about_a_page_needs_a_right",
                condition=Q(page=None, needs="") | Q(page__isnull=False) & ~Q(needs=""),
            ),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(settled_at=None), name="open_obligations")]

    def __str__(self) -> str:
        return f"{self.person}: {self.key}"
