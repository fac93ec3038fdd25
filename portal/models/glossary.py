"""The words of the network and their senses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

KEPT = "glossary"  # under this name each process keeps what it made of the terms, until one changes


class Relation(models.TextChoices):
    SAME = "=", _("vale nei due sensi")
    ONE_WAY = ">", _("porta al termine corrente")
    AMBIGUOUS = "!", _("sigla con più significati")


class Term(models.Model):
    """A term, what it stands for and how else people say it."""

    term = models.CharField(_("termine"), max_length=80, unique=True)
    meaning = models.CharField(_("significato"), max_length=240)
    synonyms = models.JSONField(_("si dice anche"), default=list, blank=True)
    relation = models.CharField(_("relazione"), max_length=1, choices=Relation, default=Relation.SAME)
    note = models.CharField(_("nota"), max_length=240, blank=True)

    class Meta:
        verbose_name = _("termine del glossario")
        verbose_name_plural = _("glossario")
        ordering = ["term"]

    def __str__(self) -> str:
        return self.term

    @property
    def word(self) -> str:
        """The word as it stands in a text: «ADI (assegno)» is written «ADI»."""
        return self.term.split(" (")[0]
