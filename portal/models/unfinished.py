"""What somebody was writing when the tab closed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .people import User
from .spaces import Space


class UnfinishedNews(models.Model):
    """The words of a news that is not a page yet: its author's alone, offered again in the same space."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("notizia non finita")
        verbose_name_plural = _("notizie non finite")
        constraints = [models.UniqueConstraint(fields=["person", "space"], name="one_unfinished_news_in_a_space")]

    def __str__(self) -> str:
        return f"{self.person}, {self.space}"
