"""What the network says of itself: who decides on the data, how accessible the portal is, whom to reach."""

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

DUE = (9, 23)  # the declaration of accessibility is made anew every year by 23 September (L. 4/2004, AgID)


class Conformance(models.TextChoices):
    WHOLE = "conforme", _("conforme")
    PARTIAL = "parziale", _("parzialmente conforme")
    NONE = "non conforme", _("non conforme")


@register_setting(icon="group", order=10)
class NetworkProfile(BaseGenericSetting):
    """One row, kept by administrators; «Accessibilità» and «Riservatezza» say what stands here and no more."""

    contact_name = models.CharField(_("chi risponde alle persone"), max_length=160, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    contact_telephone = models.CharField(_("telefono"), max_length=60, blank=True)

    conformance = models.CharField(_("stato di conformità"), max_length=12, choices=Conformance, blank=True)
    declared_on = models.DateField(_("data della dichiarazione"), null=True, blank=True)
    method = models.CharField(
        _("come è stata fatta la verifica"), max_length=240, blank=True,
        help_text=_("Per esempio: autovalutazione, oppure verifica di chi e quando."),
    )  # fmt: skip
    not_accessible = models.TextField(
        _("che cosa non è accessibile, e perché"), blank=True, help_text=_("Una riga vuota separa i paragrafi.")
    )
    declaration_owner = models.ForeignKey(
        "portal.User", verbose_name=_("chi cura la dichiarazione"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text=_("Un mese prima del 23 settembre trova in «Da fare» che va rinnovata."),
    )  # fmt: skip
    declaration_url = models.URLField(_("indirizzo della dichiarazione su form.agid.gov.it"), blank=True)
    enforcement_url = models.URLField(_("indirizzo del Difensore civico per il digitale (AgID)"), blank=True)

    controller = models.CharField(_("titolare del trattamento"), max_length=240, blank=True)
    controller_contact = models.CharField(_("come si raggiunge il titolare"), max_length=240, blank=True)
    dpo = models.CharField(_("responsabile della protezione dei dati"), max_length=240, blank=True)
    dpo_contact = models.CharField(_("come si raggiunge"), max_length=240, blank=True)
    legal_bases = models.TextField(_("basi giuridiche"), blank=True, help_text=_("Una riga vuota separa i paragrafi."))

    panels = [
        MultiFieldPanel(
            [FieldPanel("contact_name"), FieldPanel("contact_email"), FieldPanel("contact_telephone")],
            heading=_("Chi si può raggiungere senza entrare nel portale"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("conformance"), FieldPanel("declared_on"), FieldPanel("method"),
                FieldPanel("not_accessible"), FieldPanel("declaration_owner"), FieldPanel("declaration_url"),
                FieldPanel("enforcement_url"),
            ],
            heading=_("Dichiarazione di accessibilità"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("controller"), FieldPanel("controller_contact"), FieldPanel("dpo"),
                FieldPanel("dpo_contact"), FieldPanel("legal_bases"),
            ],
            heading=_("Riservatezza"),
        ),
    ]  # fmt: skip
    ACCESSIBILITY = ("conformance", "declared_on", "method", "declaration_owner", "enforcement_url")
    PRIVACY = ("controller", "controller_contact", "dpo", "dpo_contact", "legal_bases")
    CONTACT = ("contact_name", "contact_email")

    class Meta:
        verbose_name = _("la rete: contatti, accessibilità, riservatezza")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """The labels of what is still to be filled in."""
        return [str(self._meta.get_field(name).verbose_name) for name in names if not getattr(self, name)]  # type: ignore[union-attr]

    @property
    def declaration_due(self) -> date | None:
        """By when the declaration is to be made anew; None while there is none."""
        return date(self.declared_on.year + 1, *DUE) if self.declared_on else None


class ProblemReport(models.Model):
    """«Segnala un problema»: kept until whoever it reached says that it is settled, and for 90 days at most."""

    by = models.ForeignKey("portal.User", null=True, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(blank=True)  # of whoever has not entered and wants an answer
    path = models.CharField(max_length=300)
    page = models.ForeignKey("wagtailcore.Page", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    is_proposal = models.BooleanField(default=False, help_text="another wording, rather than something wrong")
    is_question = models.BooleanField(default=False)
    faq = models.ForeignKey(
        "wagtailcore.Page", null=True, on_delete=models.SET_NULL, related_name="+", help_text="what a question became"
    )
    answer = models.TextField(blank=True, help_text="only until its mail has left")
    settled_at = models.DateTimeField(null=True)
    to = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="problems_to_settle")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("segnalazione di un problema")
        verbose_name_plural = _("segnalazioni di problemi")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.path}, {self.at:%d/%m/%Y}"
