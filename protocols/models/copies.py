"""Copies of editions on paper: drawn once, known by a token that says nothing."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from .editions import Edition


def new_token() -> str:
    """Nobody can guess one: 128 bits."""
    return secrets.token_urlsafe(16)


class EditionCopy(models.Model):
    """The PDF of an edition; in the database, so that it is kept together with the act that made it."""

    edition = models.OneToOneField(Edition, on_delete=models.PROTECT, related_name="copy")
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    pdf = models.BinaryField(null=True)
    card = models.BinaryField(null=True, help_text="of a procedure: its steps on one sheet")
    form_pdf = models.BinaryField(null=True, help_text="of a described form: to be filled in on a screen or on paper")
    form_odt = models.BinaryField(null=True, help_text="of a described form: to be written with an office program")

    class Meta:
        verbose_name = _("copia di un’edizione")
        verbose_name_plural = _("copie di edizioni")

    def __str__(self) -> str:
        return f"{self.edition}, in PDF"
