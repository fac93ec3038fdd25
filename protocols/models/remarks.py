"""What is said of a draft, part by part, before it is in force: comments and other wordings. Never published."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.models import Organisation, User
from portal.models.append_only import AppendOnly, AppendOnlyQuerySet


class Discussion(models.Model):
    """A rule's draft before those who are asked: from the first request for approval until it is in force."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="discussions")
    title = models.CharField(_("titolo"), max_length=270)  # with its code
    author = models.ForeignKey(User, verbose_name=_("chi lo propone"), null=True, on_delete=models.PROTECT,
                               related_name="+")  # fmt: skip
    bodies = models.ManyToManyField(Organisation, verbose_name=_("enti"), related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("osservazioni su una bozza")
        verbose_name_plural = _("osservazioni sulle bozze")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["page"], condition=Q(ended_at=None), name="one_open_discussion_of_a_page")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class Remark(AppendOnly):
    """A comment on one part of the draft as it then was, or another wording for it."""

    discussion = models.ForeignKey(Discussion, on_delete=models.PROTECT, related_name="remarks")
    place = models.CharField(max_length=80, help_text="the lasting id of the block, or the name of the field")
    heading = models.CharField(_("parte"), max_length=200)
    sha256 = models.CharField(max_length=64, help_text="of the part as it was when this was written")
    was = models.JSONField(default=dict, help_text="its words of then: «text», «rows»")
    comment = models.TextField(_("commento"), blank=True)
    wording = models.JSONField(_("altro testo"), null=True, help_text="as `was`; null: a comment alone")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("a nome di"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("osservazione")
        verbose_name_plural = _("osservazioni")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_remark_says_something", condition=~Q(comment="") | Q(wording__isnull=False)
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.discussion}: {self.heading}"


class Deed(models.TextChoices):
    ANSWERED = "risposta", _("ha risposto")
    RESOLVED = "chiusa", _("ha chiuso")
    REOPENED = "riaperta", _("ha riaperto")
    TAKEN = "ripresa", _("ha ripreso il testo")
    REFUSED = "respinta", _("non ha ripreso il testo")


SETTLED = (Deed.RESOLVED, Deed.TAKEN, Deed.REFUSED)


class RemarkAct(AppendOnly):
    """What was done with a remark; the newest says how it stands."""

    remark = models.ForeignKey(Remark, on_delete=models.PROTECT, related_name="acts")
    deed = models.CharField(_("che cosa"), max_length=8, choices=Deed)
    words = models.TextField(_("parole"), blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the part with the wording taken over")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("atto su un’osservazione")
        verbose_name_plural = _("atti sulle osservazioni")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="answers_and_refusals_have_words",
                condition=~Q(deed__in=[Deed.ANSWERED, Deed.REFUSED]) | ~Q(words=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_deed_display()}: {self.remark}"
