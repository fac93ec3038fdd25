"""The joint approval of a protocol: each body that signs it says yes or no; what it said is insert-only."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision

from portal.models import Delegation, Organisation, Space, User
from portal.models.append_only import AppendOnly, AppendOnlyQuerySet

DAYS = 15  # for a body to say yes or no, where its space says nothing else


class SigningRule(models.Model):
    """How the bodies sign in a space; without a row all of them sign."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, related_name="signing_rule")
    quorum = models.PositiveSmallIntegerField(
        _("quanti enti bastano"), null=True, blank=True,
        help_text=_("Vuoto: firmano tutti. Con un numero, il testo entra in vigore quando tanti enti hanno firmato."),
    )  # fmt: skip
    days = models.PositiveSmallIntegerField(
        _("giorni per firmare"), default=DAYS, help_text=_("Prima e dopo quel giorno il portale ricorda chi manca.")
    )

    class Meta:
        verbose_name = _("regola di firma")
        verbose_name_plural = _("regole di firma")
        constraints = [models.CheckConstraint(name="somebody_signs", condition=Q(quorum=None) | Q(quorum__gte=1))]

    def __str__(self) -> str:
        return str(self.space)


class JointState(models.TextChoices):
    OPEN = "in-corso", _("in corso")
    APPROVED = "approvato", _("approvato")
    REFUSED = "rifiutato", _("rifiutato")
    TAKEN_BACK = "ritirato", _("ritirato")


class JointApproval(models.Model):
    """One text, as its reviewer left it, put before the bodies that sign it; another text is another one."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="joint_approvals")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("titolo"), max_length=270)  # with its code
    version = models.CharField(_("versione"), max_length=12)
    sha256 = models.CharField(max_length=64, help_text="of all that the bodies agree on, its days included")
    bodies = models.ManyToManyField(Organisation, verbose_name=_("enti"), related_name="+")
    needed = models.PositiveSmallIntegerField(_("quante firme bastano"))
    due = models.DateField(_("entro il"))
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(_("stato"), max_length=10, choices=JointState, default=JointState.OPEN)
    ended_at = models.DateTimeField(null=True)
    reminded_before = models.DateTimeField(null=True)
    reminded_after = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("approvazione congiunta")
        verbose_name_plural = _("approvazioni congiunte")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"], condition=Q(state=JointState.OPEN), name="one_open_joint_approval_of_a_page"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"

    @property
    def is_open(self) -> bool:
        return self.state == JointState.OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due < timezone.localdate()


class Signature(AppendOnly):
    """What a body's delegate said in its name: once, and for good."""

    approval = models.ForeignKey(JointApproval, on_delete=models.PROTECT, related_name="signatures")
    organisation = models.ForeignKey(Organisation, verbose_name=_("ente"), on_delete=models.PROTECT, related_name="+")
    agrees = models.BooleanField(_("approva"))
    reason = models.TextField(_("motivo"), blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("firma di un ente")
        verbose_name_plural = _("firme degli enti")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "organisation"], name="a_body_signs_once"),
            models.CheckConstraint(name="who_refuses_says_why", condition=Q(agrees=True) | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.approval}"
