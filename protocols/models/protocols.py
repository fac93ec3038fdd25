"""Protocols: the rules that the bodies of the network agreed on."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, PageChooserPanel
from wagtail.models import Orderable, Page

from portal.fields import BlocksField
from portal.models import Organisation
from portal.pages.blocks import BodyBlock

from .rules import RulePage

# The sections that a protocol of the network has, in their order.
SECTIONS = (
    _("Finalità"), _("Destinatari"), _("Chi fa che cosa"), _("Tempi"), _("Flusso informativo"),
    _("Dati e riservatezza"), _("Verifica"), _("Contatti"),
)  # fmt: skip


class ProtocolPage(RulePage):
    """One protocol: in brief, in sections, with its forms, its signatories and its editions."""

    in_brief = BlocksField(
        [("line", blocks.CharBlock(label=_("Riga"), max_length=200))],
        verbose_name=_("in breve"), blank=True, max_num=5, help_text=_("Al massimo cinque righe: la regola stessa."),
    )  # fmt: skip
    body = BlocksField(BodyBlock(), verbose_name=_("testo"), blank=True)
    norm = models.CharField(_("perché esiste: la norma"), max_length=240, blank=True)
    signatories = ParentalManyToManyField(Organisation, verbose_name=_("enti firmatari"), blank=True)
    asks_acknowledgement = models.BooleanField(_("chiede la presa visione"), default=False)
    by_body = models.BooleanField(
        _("vale dove l’ente lo recepisce"), default=False,
        help_text=_(
            "Senza spunta, ogni edizione vale per tutti gli enti firmatari dalla firma. Con la spunta, ogni ente la "
            "recepisce con un suo atto, e fino ad allora lavora con l’edizione di prima."
        ),
    )  # fmt: skip

    says = [*RulePage.says, "in_brief", "body", "norm", "signatories"]
    kind_order = 10
    kind = "protocollo"
    code_form = "PR-{:02}"
    kind_label = _("Protocollo")
    kind_plural = _("Protocolli")

    page_description = _("Una regola che gli enti hanno concordato: perché c’è, chi fa che cosa, entro quando.")
    content_panels = [
        *RulePage.title_panels,
        FieldPanel("code"),
        FieldPanel("in_brief"),
        FieldPanel("body"),
        InlinePanel("related", heading=_("Moduli e procedure"), label=_("Pagina collegata")),
        *RulePage.force_panels,
        MultiFieldPanel(
            [
                FieldPanel("norm"),
                FieldPanel("signatories", widget=forms.CheckboxSelectMultiple),
                FieldPanel("by_body"),
            ],
            heading=_("Chi firma, e perché"),
        ),
        *RulePage.act_panels,
        *RulePage.care_panels,
    ]

    class Meta:
        verbose_name = _("protocollo")
        verbose_name_plural = _("protocolli")

    def skeleton(self) -> None:
        super().skeleton()
        page: Any = self
        # As stored, not as values: only so does Wagtail give the parts that are not named their defaults.
        page.body = [{"type": "section", "value": {"heading": str(heading)}} for heading in SECTIONS]

    def summary_text(self) -> str:
        return "\n".join([self.summary, *(str(line.value) for line in self.in_brief), self.register_number, self.norm])


class RelatedPage(Orderable):
    """A form or a procedure that goes with a protocol."""

    page = ParentalKey(ProtocolPage, on_delete=models.CASCADE, related_name="related")
    target = models.ForeignKey(Page, verbose_name=_("pagina"), on_delete=models.CASCADE, related_name="+")

    panels = [PageChooserPanel("target", ["protocols.FormPage", "protocols.ProcedurePage"])]

    class Meta(Orderable.Meta):
        verbose_name = _("pagina collegata")
        verbose_name_plural = _("pagine collegate")

    def __str__(self) -> str:
        return str(self.target)
