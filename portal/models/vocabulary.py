"""The words and days that the network's keepers keep for everybody: professions, positions, closing days."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Word(models.Model):
    """A word out of use is offered no more, and stays with whoever has it."""

    name = models.CharField(_("nome"), max_length=120, unique=True)
    retired = models.BooleanField(_("non si propone più"), default=False)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Profession(Word):
    """What somebody is by training or office."""

    is_learner = models.BooleanField(
        _("chi impara"), default=False, help_text=_("Trova per primo il suo percorso, sulla pagina iniziale.")
    )

    class Meta(Word.Meta):
        verbose_name = _("professione")
        verbose_name_plural = _("professioni")


class Position(Word):
    """What somebody does for the whole network: the contact for the hospital, the one on call."""

    meaning = models.CharField(_("che cosa fa"), max_length=240, blank=True)

    class Meta(Word.Meta):
        verbose_name = _("ruolo nella rete")
        verbose_name_plural = _("ruoli nella rete")


class Holiday(models.Model):
    """A day on which offices are closed, beside Sundays, national holidays and the patron's day."""

    day = models.DateField(_("giorno"))
    name = models.CharField(_("perché"), max_length=120)
    organisation = models.ForeignKey(
        "portal.Organisation", verbose_name=_("solo per l’ente"), null=True, blank=True, on_delete=models.CASCADE,
        related_name="holidays", help_text=_("Vuoto: per tutta la rete."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("giorno di chiusura")
        verbose_name_plural = _("giorni di chiusura")
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["day", "organisation"], name="holiday_once_per_body"),
            models.UniqueConstraint(
                fields=["day"],
                condition=models.Q(organisation=None),
                name="holiday_once_for_all",
                violation_error_message=_("Questo giorno c’è già per tutta la rete."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}, {self.name}"
