"""What each body’s regulation says of a service: who has a right to it, what one pays and brings, how one asks."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from portal.models import Organisation, Space, User
from portal.models.append_only import AppendOnly, AppendOnlyQuerySet


class RegulatedService(models.Model):
    """A service that each Comune gives by its own regulation; one of the network's words."""

    name = models.CharField(_("servizio"), max_length=80, unique=True)
    slug = models.SlugField(max_length=90, unique=True, editable=False)
    meaning = models.CharField(_("che cos’è"), max_length=240, blank=True)
    space = models.ForeignKey(
        Space, verbose_name=_("chi legge le regole"), on_delete=models.PROTECT, related_name="regulated_services",
        help_text=_("Le regole dei Comuni le legge chi legge questo spazio; il nome del servizio, anche chi scrive "
                    "procedure."),
    )  # fmt: skip
    retired = models.BooleanField(_("non si usa più"), default=False)

    class Meta:
        verbose_name = _("servizio con un regolamento")
        verbose_name_plural = _("servizi con un regolamento")
        ordering = ["retired", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Its address is given once, and stays when its name is mended."""
        wish = slugify(self.name) or "servizio"
        taken = set(RegulatedService.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
        number = 1
        while not self.slug:
            name = wish if number == 1 else f"{wish}-{number}"
            self.slug = "" if name in taken else name
            number += 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class BodyRule(AppendOnly):
    """A body's rule for a service, from a day on, with the act in which it stands; another one takes its place."""

    service = models.ForeignKey(RegulatedService, on_delete=models.PROTECT, related_name="rules")
    organisation = models.ForeignKey(Organisation, verbose_name=_("ente"), on_delete=models.PROTECT, related_name="+")
    offered = models.BooleanField(_("l’ente dà questo servizio"), default=True)
    threshold = models.DecimalField(
        _("soglia in euro"), max_digits=9, decimal_places=2, null=True, validators=[MinValueValidator(Decimal(0))]
    )
    threshold_words = models.CharField(_("soglia, a parole"), max_length=240, blank=True)
    fee = models.DecimalField(
        _("quota in euro"), max_digits=9, decimal_places=2, null=True, validators=[MinValueValidator(Decimal(0))]
    )
    fee_words = models.CharField(_("quota, a parole"), max_length=240, blank=True)
    documents = models.TextField(_("documenti"), blank=True)
    way = models.TextField(_("come si accede"), blank=True)
    act = models.CharField(_("atto"), max_length=160)
    act_date = models.DateField(_("data dell’atto"))
    source = models.CharField(_("dove si legge"), max_length=300, blank=True)
    valid_from = models.DateField(_("vale dal"))
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    by = models.ForeignKey(User, verbose_name=_("scritto da"), null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("regola di un ente")
        verbose_name_plural = _("regole degli enti")
        ordering = ["-valid_from", "-pk"]
        indexes = [models.Index(fields=["service", "organisation"], name="rules_of_a_body")]
        constraints = [models.CheckConstraint(name="a_rule_names_its_act", condition=~Q(act=""))]

    def __str__(self) -> str:
        return f"{self.service}: {self.organisation}"

    @property
    def brought(self) -> list[str]:
        """The documents, one by one."""
        return [line.strip(" -•\t") for line in self.documents.splitlines() if line.strip(" -•\t")]


class RuleConfirmation(AppendOnly):
    """A body's delegate looked at its rule, and it still holds."""

    rule = models.ForeignKey(BodyRule, on_delete=models.PROTECT, related_name="confirmations")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("conferma di una regola")
        verbose_name_plural = _("conferme delle regole")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return str(self.rule)
