"""Why the network does what it does: norms, objectives of its plan, projects, and the pages they lead to.

Kept by whoever coordinates the network; read by everybody who has entered.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.models import User


class NormState(models.TextChoices):
    IN_FORCE = "vigente", _("vigente")
    AMENDED = "modificata", _("modificata")
    REPEALED = "abrogata", _("abrogata")


COLOURS = {NormState.IN_FORCE: "ok", NormState.AMENDED: "soon", NormState.REPEALED: "late"}


class Norm(models.Model):
    """A law, a decree, a regulation: as it is cited, and whether it holds."""

    citation = models.CharField(
        _("come si cita"), max_length=80, unique=True, help_text=_("Per esempio: L. 328/2000, L.R. Toscana 41/2005.")
    )
    title = models.CharField(_("di che cosa parla"), max_length=240)
    state = models.CharField(_("stato"), max_length=12, choices=NormState.choices, default=NormState.IN_FORCE)
    since = models.DateField(
        _("dal"), null=True, blank=True, help_text=_("Il giorno da cui è così: serve se è modificata o abrogata.")
    )
    successor = models.ForeignKey(
        "self", verbose_name=_("al suo posto"), null=True, blank=True, on_delete=models.PROTECT, related_name="before"
    )

    class Meta:
        verbose_name = _("norma")
        verbose_name_plural = _("norme")
        ordering = ["citation"]
        constraints = [
            models.CheckConstraint(
                name="a_changed_norm_says_since_when", condition=Q(state=NormState.IN_FORCE) | Q(since__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.citation

    @property
    def colour(self) -> str:
        return COLOURS[self.state_today]

    @property
    def state_today(self) -> NormState:
        """Until the day of its change it is in force."""
        return NormState.IN_FORCE if self.is_about_to_change else NormState(self.state)

    @property
    def is_about_to_change(self) -> bool:
        return self.state != NormState.IN_FORCE and self.since is not None and self.since > timezone.localdate()


class Objective(models.Model):
    """An objective of the network's plan, and the norms that it answers."""

    code = models.CharField(_("codice"), max_length=12, unique=True, help_text=_("Per esempio: OB-03."))
    title = models.CharField(_("obiettivo"), max_length=240)
    plan = models.CharField(_("piano"), max_length=120, help_text=_("Per esempio: Piano di zona 2026–2028."))
    norms = models.ManyToManyField(Norm, verbose_name=_("norme da cui viene"), blank=True, related_name="objectives")

    class Meta:
        verbose_name = _("obiettivo del piano")
        verbose_name_plural = _("obiettivi del piano")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Project(models.Model):
    """A project of the network, and the objectives of the plan that it pursues."""

    code = models.CharField(_("codice"), max_length=12, unique=True, help_text=_("Per esempio: PG-02."))
    title = models.CharField(_("progetto"), max_length=240)
    until = models.DateField(_("chiuso il"), null=True, blank=True, help_text=_("Lascia vuoto finché è in corso."))
    objectives = models.ManyToManyField(
        Objective, verbose_name=_("obiettivi che persegue"), blank=True, related_name="projects"
    )

    class Meta:
        verbose_name = _("progetto")
        verbose_name_plural = _("progetti")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Reason(models.Model):
    """A page is there because of a norm, at an article of it, of an objective, or of a project."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="reasons")
    norm = models.ForeignKey(
        Norm, verbose_name=_("norma"), null=True, blank=True, on_delete=models.PROTECT, related_name="reasons"
    )
    article = models.CharField(_("articolo"), max_length=80, blank=True)
    objective = models.ForeignKey(
        Objective, verbose_name=_("obiettivo"), null=True, blank=True, on_delete=models.PROTECT, related_name="reasons"
    )
    project = models.ForeignKey(
        Project, verbose_name=_("progetto"), null=True, blank=True, on_delete=models.PROTECT, related_name="reasons"
    )
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ragione di una pagina")
        verbose_name_plural = _("ragioni delle pagine")
        ordering = ["norm__citation", "objective__code", "project__code", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_reason_is_one_thing",
                condition=Q(norm__isnull=False, objective=None, project=None)
                | Q(norm=None, objective__isnull=False, project=None)
                | Q(norm=None, objective=None, project__isnull=False),
                violation_error_message=_("Scegli una norma, oppure un obiettivo, oppure un progetto."),
            ),
            models.UniqueConstraint(fields=["page", "norm", "article"], name="one_reason_by_a_norm"),
            models.UniqueConstraint(fields=["page", "objective"], name="one_reason_by_an_objective"),
            models.UniqueConstraint(fields=["page", "project"], name="one_reason_by_a_project"),
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.said}"

    @property
    def said(self) -> Norm | Objective | Project | None:
        return self.norm or self.objective or self.project
