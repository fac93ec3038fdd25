"""What somebody was given to do: a row of its own, that no older draft of the minutes can undo."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import User

from .meetings import MeetingPage


class Action(models.Model):
    """An action of published minutes, and what its owner did with it.

    Sentence, person and day follow the line of the minutes with the same key, at each publication.
    """

    meeting = models.ForeignKey(MeetingPage, on_delete=models.CASCADE, related_name="given_actions")
    key = models.UUIDField()
    text = models.CharField(_("azione"), max_length=240)
    person = models.ForeignKey(User, verbose_name=_("chi"), null=True, on_delete=models.PROTECT, related_name="actions")
    # Who was named by the minutes, where that person has left and somebody else took it over.
    handed_from = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due = models.DateField(_("entro il"))
    term = models.CharField(max_length=120, blank=True, default="", help_text="what the day was counted from, in words")
    passed_over = models.CharField(max_length=240, blank=True, default="", help_text="the feasts that did not count")
    done_at = models.DateTimeField(_("fatta il"), null=True)
    done_note = models.CharField(_("nota"), max_length=240, blank=True)
    withdrawn_at = models.DateTimeField(_("tolta dal verbale il"), null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("azione affidata")
        verbose_name_plural = _("azioni affidate")
        ordering = ["due", "pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "key"], name="one_action_per_line")]

    def __str__(self) -> str:
        return self.text

    @property
    def is_late(self) -> bool:
        return self.done_at is None and self.due < timezone.localdate()
