"""Who was asked into the network, by whom, and whether the person has come."""

from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _


def _nonce() -> str:
    return get_random_string(24)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; perhaps expired."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def to_greet(self) -> "InvitationQuerySet":
        """Of those who entered and have not said yet to have seen the first things to do."""
        return self.filter(accepted_at__isnull=False, greeted_at=None)


class Invitation(models.Model):
    """A link that holds until its day and opens once. `nonce` makes an earlier link worthless when it is sent again."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="invitations")
    invited_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    nonce = models.CharField(max_length=24, default=_nonce)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    greeted_at = models.DateTimeField(null=True)  # when the person said to have seen the first things to do

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invito")
        verbose_name_plural = _("inviti")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.asked_at:%d/%m/%Y}"

    @property
    def is_over(self) -> bool:
        return self.withdrawn_at is not None or self.expires_at <= timezone.now()
