"""Paths made of modules, modules made of lessons."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from portal.fields import BlocksField
from portal.models import User
from portal.models.pages import PortalPage
from portal.pages.blocks import BodyBlock


class PathPage(PortalPage):
    """A path: modules in the order in which they are taken."""

    hours = models.PositiveSmallIntegerField(_("ore"), default=0)

    kind_order = 60
    listed_as = "modulepage"
    kind = "percorso"
    kind_label = _("Percorso")
    kind_plural = _("Percorsi")
    subpage_types = ["training.ModulePage"]

    page_description = _("Un percorso: più moduli formativi, nell’ordine in cui si seguono.")
    content_panels = [*PortalPage.title_panels, FieldPanel("hours"), *PortalPage.care_panels]

    class Meta:
        verbose_name = _("percorso formativo")
        verbose_name_plural = _("percorsi formativi")


class ModulePage(PortalPage):
    """A module: its lessons, its tutor, its hours."""

    passes_on = ("responsible", "tutor")
    day = models.CharField(_("giorno"), max_length=20, blank=True)
    hours = models.DecimalField(_("ore"), max_digits=4, decimal_places=1, default=0)
    tutor = models.ForeignKey(
        User, verbose_name=_("tutor"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    kind_order = 61
    kind = "formazione"
    code_form = "M{}"
    kind_label = _("Modulo formativo")
    kind_plural = _("Moduli formativi")
    parent_page_types = ["training.PathPage", "portal.SpacePage"]
    subpage_types = ["training.LessonPage"]

    page_description = _("Un modulo formativo: le sue lezioni, le ore, chi fa da tutor.")
    content_panels = [
        *PortalPage.title_panels,
        FieldPanel("code"),
        FieldRowPanel([FieldPanel("day"), FieldPanel("hours")]),
        FieldPanel("tutor"),
        *PortalPage.care_panels,
    ]

    class Meta:
        verbose_name = _("modulo formativo")
        verbose_name_plural = _("moduli formativi")


class LessonPage(PortalPage):
    """One lesson, to be read in one sitting."""

    minutes = models.PositiveSmallIntegerField(_("minuti"), default=15)
    text = models.TextField(_("testo"), blank=True, help_text=_("Una riga vuota separa i paragrafi."))
    question = models.TextField(_("una domanda per pensarci"), blank=True)
    body = BlocksField(BodyBlock(), verbose_name=_("altre sezioni"), blank=True)

    kind_order = 62
    listed_as = "modulepage"
    kind = "lezione"
    kind_label = _("Lezione")
    kind_plural = _("Lezioni")
    parent_page_types = ["training.ModulePage"]

    page_description = _("Una lezione, da leggere in una volta sola.")
    content_panels = [
        *PortalPage.title_panels,
        FieldPanel("minutes"),
        FieldPanel("text"),
        FieldPanel("question"),
        FieldPanel("body"),
        *PortalPage.care_panels,
    ]

    class Meta:
        verbose_name = _("lezione")
        verbose_name_plural = _("lezioni")

    def summary_text(self) -> str:
        return "\n".join(filter(None, [self.summary, self.text, self.question]))
