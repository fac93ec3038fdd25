"""Procedures, step by step, and the forms they use."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from portal.fields import BlocksField
from portal.models.pages import Section
from portal.pages import anchors
from portal.pages.blocks import TOP

from . import form_fields, ways
from .form_fields import FormFieldsBlock
from .rules import RulePage
from .steps import StepBlock, service


class ProcedurePage(RulePage):
    """One procedure, for the phone in the hand and a person across the desk."""

    when_to_use = models.TextField(_("quando si usa"), blank=True)
    when_not = models.TextField(_("quando non si usa"), blank=True)
    starts = models.CharField(_("chi comincia"), max_length=160, blank=True)
    total_time = models.CharField(_("in tutto"), max_length=120, blank=True)
    steps = BlocksField([("step", StepBlock())], verbose_name=_("passi"), blank=True)
    services = BlocksField(
        [("service", service())], verbose_name=_("chi chiamare"), blank=True, default=[],
        help_text=_("I servizi da chiamare in questa procedura. Chi legge vede anche lo sportello del suo Comune."),
    )  # fmt: skip
    protocols = models.CharField(
        _("protocolli che applica"), max_length=60, blank=True, help_text=_("Codici separati da spazi: PR-02 PR-03.")
    )

    says = [*RulePage.says, "when_to_use", "when_not", "starts", "total_time", "steps", "services", "protocols"]
    kind_order = 20
    kind = "procedura"
    code_form = "OP-{:02}"
    kind_label = _("Procedura")
    kind_plural = _("Procedure")

    page_description = _("I passi da fare, uno dopo l’altro, con i tempi e i moduli: si segue con la persona davanti.")
    content_panels = [
        *RulePage.title_panels,
        FieldPanel("code"),
        MultiFieldPanel(
            [
                FieldPanel("when_to_use"),
                FieldPanel("when_not"),
                FieldRowPanel([FieldPanel("starts"), FieldPanel("total_time")]),
            ],
            heading=_("Prima dei passi"),
        ),
        FieldPanel("steps"),
        FieldPanel("services"),
        FieldPanel("protocols"),
        *RulePage.force_panels,
        *RulePage.act_panels,
        *RulePage.care_panels,
    ]

    class Meta:
        verbose_name = _("procedura")
        verbose_name_plural = _("procedure")

    def skeleton(self) -> None:
        super().skeleton()
        page: Any = self
        page.steps = [{"type": "step", "value": {}}]

    def summary_text(self) -> str:
        return "\n".join(filter(None, [self.summary, self.when_to_use, self.when_not, self.starts, self.total_time]))

    def sections(self) -> list[Section]:
        found = []
        for number, block in enumerate(self.steps, start=1):
            step = block.value
            words = [step[name] for name in ("text", "who", "within", "question", "yes", "no") if step.get(name)]
            words += [ways.in_words(branch) for branch in step.get("branches") or []]
            words += [step["note"]] if step.get("note") else []
            found.append(Section(f"passo-{number}", f"{number} {step['title']}", "\n".join(words)))
        return found


class FormPage(RulePage):
    """A form to download, at an address that stays: a file, or the description from which its files are made."""

    document = models.ForeignKey(
        settings.WAGTAILDOCS_DOCUMENT_MODEL, verbose_name=_("file"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="forms", help_text=_("Un modulo già pronto. Se descrivi i campi qui sotto, lascia vuoto."),
    )  # fmt: skip
    form_fields = BlocksField(
        FormFieldsBlock(), verbose_name=_("campi del modulo"), blank=True, default=[],
        help_text=_(
            "Da questi campi il portale prepara il modulo vuoto, in PDF da compilare e in ODT. Non scrivere qui dati "
            "di persone: si compila fuori dal portale."
        ),
    )  # fmt: skip
    signed = models.ForeignKey(
        settings.WAGTAILDOCS_DOCUMENT_MODEL, verbose_name=_("file firmato (.p7m)"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    note = models.TextField(_("che cosa non si scrive e dove va"), blank=True)

    says = [*RulePage.says, "note", "form_fields"]
    kind_order = 30
    kind = "modulo"
    code_form = "MD-{:02}"
    kind_label = _("Modulo")
    kind_plural = _("Moduli")

    page_description = _("Un modulo da scaricare: un file già pronto, o i campi da cui il portale lo prepara.")
    content_panels = [
        *RulePage.title_panels,
        FieldPanel("code"),
        FieldPanel("document"),
        FieldPanel("form_fields"),
        FieldPanel("signed"),
        FieldPanel("note"),
        *RulePage.force_panels,
        *RulePage.act_panels,
        *RulePage.care_panels,
    ]

    class Meta:
        verbose_name = _("modulo")
        verbose_name_plural = _("moduli")

    def summary_text(self) -> str:
        return "\n".join(filter(None, [self.summary, self.note]))

    def sections(self) -> list[Section]:
        """What it asks for, under the headings of its parts."""
        return [Section(anchor, heading, "\n".join(words)) for anchor, heading, words in self.asked()]

    def asked(self) -> list[tuple[str, str, list[str]]]:
        """Anchor, heading and fields of each part; what stands before the first heading belongs to the page's top."""
        found: list[tuple[str, str, list[str]]] = []
        names = self.section_anchors
        for block in self.form_fields:
            if block.block_type == form_fields.HEADING:
                found.append((names[anchors.key(block)], block.value, []))
                continue
            if not found:
                found.append((TOP, now("Che cosa chiede"), []))
            found[-1][2].append(form_fields.in_words(block.block_type, block.value))
        return found

    def parts(self) -> list[tuple[str, str]]:
        headings = [block for block in self.form_fields if block.block_type == form_fields.HEADING]
        return [(anchors.key(block), anchors.of(block.value)) for block in headings]

    def _keep_anchors(self) -> None:
        for block in self.form_fields:
            block.id = block.id or str(uuid4())
        super()._keep_anchors()
