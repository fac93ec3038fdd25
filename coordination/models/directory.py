"""The directory of services: what each does, where, when, and whom to call."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from portal.fields import BlocksField
from portal.models import Organisation, User
from portal.models.pages import Beside, PortalPage
from portal.pages.blocks import BodyBlock
from portal.words.telephone import valid_telephones


class ServiceKind(models.TextChoices):
    HEALTH = "sanitario", _("Servizio sanitario")
    SOCIAL = "sociale", _("Servizio sociale")
    DESK = "sportello comunale", _("Sportello comunale")
    JUSTICE = "giustizia", _("Giustizia e Forze dell’Ordine")
    OTHER = "altro", _("Altro")


class ServiceState(models.TextChoices):
    ACTIVE = "attivo", _("attivo")
    STARTING = "in attivazione", _("in attivazione")


class ServicePage(PortalPage):
    """One service card."""

    service_kind = models.CharField(_("tipo"), max_length=20, choices=ServiceKind, default=ServiceKind.SOCIAL)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("ente"), null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )
    state = models.CharField(_("stato"), max_length=16, choices=ServiceState, default=ServiceState.ACTIVE)
    place = models.CharField(_("sede"), max_length=200, blank=True)
    hours = models.CharField(_("orari"), max_length=200, blank=True)
    telephone = models.CharField(_("telefono"), max_length=60, blank=True, validators=[valid_telephones])
    contact = models.ForeignKey(
        User, verbose_name=_("referente"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    passes_on = ("responsible", "contact")
    text = models.TextField(_("che cosa fa e come ci si arriva"), blank=True)
    body = BlocksField(BodyBlock(), verbose_name=_("altre sezioni"), blank=True)

    on_call: Any = None  # who answers now, as its reader may know: put there by `shifts.told`

    kind_order = 50
    kind = "servizio"
    kind_label = _("Servizio")
    kind_plural = _("Servizi")

    page_description = _("La scheda di un servizio per la Rubrica: che cosa fa, dove, quando e chi risponde.")
    content_panels = [
        *PortalPage.title_panels,
        FieldRowPanel([FieldPanel("service_kind"), FieldPanel("state")]),
        FieldPanel("organisation"),
        FieldPanel("text"),
        MultiFieldPanel(
            [FieldPanel("place"), FieldPanel("hours"), FieldPanel("telephone"), FieldPanel("contact")],
            heading=_("Come raggiungerlo"),
        ),
        FieldPanel("body"),
        *PortalPage.care_panels,
    ]

    class Meta:
        verbose_name = _("scheda di un servizio")
        verbose_name_plural = _("schede dei servizi")

    said_in_lists = (*PortalPage.said_in_lists, "state")

    def beside_its_name(self) -> Beside:
        is_active = self.state == ServiceState.ACTIVE
        return Beside() if is_active else Beside(self.get_state_display(), colour="soon")

    def summary_text(self) -> str:
        return "\n".join(filter(None, [self.summary, self.text, self.place, self.hours, self.telephone]))
