"""What each body did with an edition: one row for each time that it said so. Insert-only."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import Organisation, User
from portal.models.append_only import AppendOnly, AppendOnlyQuerySet

from .editions import Edition


class State(models.TextChoices):
    TO_ADOPT = "da-recepire", _("da recepire")
    EXAMINED = "in-esame", _("in esame")
    ADOPTED = "recepito", _("recepito")
    ADAPTED = "adattato", _("recepito con adattamento")
    NOT_APPLICABLE = "non-applicabile", _("non applicabile")


IN_FORCE = (State.ADOPTED, State.ADAPTED)
DECIDED = (*IN_FORCE, State.NOT_APPLICABLE)
COLOURS: dict[str, str] = {
    State.TO_ADOPT: "late",
    State.EXAMINED: "soon",
    State.NOT_APPLICABLE: "other",
}  # the others are well


class Adoption(AppendOnly):
    """A body's word on an edition, from a day on; the first, `TO_ADOPT`, is written by the publication.

    An edition without any row holds from its signature; one with rows holds where a body has adopted it.
    """

    edition = models.ForeignKey(Edition, verbose_name=_("edizione"), on_delete=models.PROTECT, related_name="adoptions")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("ente"), on_delete=models.PROTECT, related_name="adoptions"
    )
    state = models.CharField(_("stato"), max_length=16, choices=State.choices)
    since = models.DateField(_("dal"))
    act_number = models.CharField(_("atto"), max_length=120, blank=True)
    act_date = models.DateField(_("data dell’atto"), null=True)
    act_file = models.FileField(_("file dell’atto"), upload_to="atti/", max_length=200, blank=True)
    act_sha256 = models.CharField(max_length=64, blank=True)
    sections = models.JSONField(_("sezioni adattate"), default=list)  # anchors of the edition's parts
    text = models.TextField(_("come si fa qui"), blank=True)
    reason = models.TextField(_("perché"), blank=True)
    until = models.DateField(_("l’adattamento vale fino al"), null=True)
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("recepimento")
        verbose_name_plural = _("recepimenti")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["edition", "organisation"], name="adoptions_of_a_body")]
        constraints = [
            models.CheckConstraint(
                name="an_adoption_names_its_act",
                condition=~Q(state__in=IN_FORCE) | ~Q(act_number="") & Q(act_date__isnull=False),
            ),
            models.CheckConstraint(
                name="a_refusal_or_an_adaptation_has_a_reason",
                condition=~Q(state__in=[State.ADAPTED, State.NOT_APPLICABLE]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="an_adaptation_says_how_it_is_done_here", condition=~Q(state=State.ADAPTED) | ~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.get_state_display()} ({self.edition})"

    @property
    def colour(self) -> str:
        return COLOURS.get(self.state, "ok")

    @property
    def in_words(self) -> str:
        """As `get_state_display`, which puts all choices into another form first: it stands in long lists."""
        return str(State(self.state).label)

    @property
    def is_adapted(self) -> bool:
        return self.state == State.ADAPTED

    @property
    def is_decided(self) -> bool:
        return self.state in DECIDED

    def is_adapted_on(self, day: date) -> bool:
        """Whether the local text holds on the day; after its end the edition holds as it is for everybody."""
        return self.is_adapted and (self.until is None or day <= self.until)


class AdoptionReminder(models.Model):
    """A body's delegates were reminded on a day: once, whoever pressed."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("giorno"), default=timezone.localdate)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("sollecito")
        verbose_name_plural = _("solleciti")
        constraints = [models.UniqueConstraint(fields=["organisation", "day"], name="one_reminder_a_day")]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.day}"
