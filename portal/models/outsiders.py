"""One page for somebody without an account: a school, a family doctor, a mayor."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .people import User
from .spaces import Space


class OutsiderLink(models.Model):
    """A link to one page, or to one edition of it, for somebody named, until a day; never deleted, only taken back.

    Of its token the hash alone is kept: it is read once, by whoever gave it.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="outsider_links")
    page = models.ForeignKey(Page, verbose_name=_("pagina"), on_delete=models.CASCADE, related_name="outsider_links")
    version = models.CharField(_("edizione"), max_length=12, blank=True)
    named = models.CharField(_("per chi"), max_length=120)
    reason = models.CharField(_("perché"), max_length=240)
    token_hash = models.CharField(max_length=64, unique=True)
    asked_as = models.UUIDField(unique=True)  # the form it came from: pressed twice, it gives one link
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("collegamento per un esterno")
        verbose_name_plural = _("collegamenti per esterni")
        ordering = ["-given_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.page} → {self.named}"

    @property
    def is_over(self) -> bool:
        return self.revoked_at is not None or self.expires_at <= timezone.now()


class OutsiderVisit(models.Model):
    """Somebody opened the page, or a file of it, by the link; from where is nobody's business."""

    link = models.ForeignKey(OutsiderLink, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=255, blank=True)  # the title of the file

    class Meta:
        verbose_name = _("apertura da un esterno")
        verbose_name_plural = _("aperture da esterni")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.link}, {self.at:%d/%m/%Y}"
