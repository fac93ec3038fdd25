"""What somebody was writing when the tab closed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .people import User
from .spaces import Space


class UnfinishedWords(models.Model):
    """What somebody has begun to write in a space outside the admin: its author's alone, offered again there."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    about = models.CharField(max_length=40, blank=True)  # empty: a news; else the form, and the page that it changes
    words = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("testo non finito")
        verbose_name_plural = _("testi non finiti")
        constraints = [
            models.UniqueConstraint(fields=["person", "space", "about"], name="one_unfinished_text_about_a_thing")
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.space}"
