"""How far a person is: explicit acts only, never passive reading (L. 300/1970, art. 4)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import User

from .paths import LessonPage


class LessonDone(models.Model):
    """The person said: I have done this lesson."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="lessons_done")
    lesson = models.ForeignKey(LessonPage, on_delete=models.CASCADE, related_name="done_by")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("lezione fatta")
        verbose_name_plural = _("lezioni fatte")
        constraints = [models.UniqueConstraint(fields=["user", "lesson"], name="lesson_done_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.lesson}"
