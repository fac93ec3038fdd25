"""Spaces, the roles held in them, and what is shared beyond them."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from wagtail.models import Collection, Page

if TYPE_CHECKING:
    from .people import User


class Role(models.IntegerChoices):
    """Ordered: each role contains the one before."""

    READER = 1, _("lettore")
    EDITOR = 2, _("redattore")
    APPROVER = 3, _("approvatore")
    MANAGER = 4, _("responsabile")


ROLE_MEANING = {
    Role.READER: _("Legge, cerca e scarica."),
    Role.EDITOR: _("Legge, scrive e propone per l’approvazione."),
    Role.APPROVER: _("Scrive, approva e pubblica."),
    Role.MANAGER: _("Approva, pubblica e decide chi entra nello spazio."),
}


class Visibility(models.TextChoices):
    PRIVATE = "riservato", _("riservato a chi ha un ruolo")
    PUBLIC = "pubblico", _("aperto a chiunque")


class Space(models.Model):
    """A permissioned part of the portal: one subtree of pages, one collection of files, its people."""

    code = models.SlugField(_("codice"), unique=True)
    name = models.CharField(_("nome"), max_length=120)
    purpose = models.CharField(_("a che cosa serve"), max_length=240, blank=True)
    visibility = models.CharField(
        _("visibilità"), max_length=12, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    heading = models.CharField(
        _("sotto quale titolo"), max_length=60, blank=True,
        help_text=_("Negli elenchi gli spazi con lo stesso titolo stanno insieme."),
    )  # fmt: skip
    closed_at = models.DateTimeField(_("chiuso dal"), null=True, blank=True)
    opens_to_outsiders = models.BooleanField(_("si danno collegamenti a chi non ha un account"), default=False)
    root_page = models.OneToOneField(Page, on_delete=models.PROTECT, related_name="space")
    collection = models.OneToOneField(Collection, on_delete=models.PROTECT, related_name="space")

    class Meta:
        verbose_name = _("spazio")
        verbose_name_plural = _("spazi")
        ordering = ["name"]
        permissions = [
            ("contribute_space", _("scrivere nello spazio")),
            ("approve_space", _("approvare nello spazio")),
            ("manage_space", _("decidere chi entra nello spazio")),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/spazi/{self.root_page.slug}/"

    @property
    def slug(self) -> str:
        return self.root_page.slug

    @property
    def is_closed(self) -> bool:
        """Read as ever; nothing new is written in it."""
        return self.closed_at is not None

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.PUBLIC


class RoleGroup(models.Model):
    """The group by which Wagtail's admin and guardian know a role of a space.

    A copy of `Membership`, written by `role_copy.sync_space`: it opens nothing by itself.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="role_groups")
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="role_group")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["space", "role"], name="one_group_per_role")]

    def __str__(self) -> str:
        return f"{self.space}: {self.get_role_display()}"


class SpaceGroupPermission(GroupObjectPermissionBase):
    """django-guardian's permissions on spaces, as direct foreign keys; written by `role_copy.sync_space` only."""

    content_object = models.ForeignKey(Space, on_delete=models.CASCADE)


class PageUserGrant(UserObjectPermissionBase):
    """A page, and what lies below it, opened to one person beyond its space. Grants only."""

    content_object = models.ForeignKey(Page, on_delete=models.CASCADE)


class PageGroupGrant(GroupObjectPermissionBase):
    """A page, and what lies below it, opened to one group beyond its space. Grants only."""

    content_object = models.ForeignKey(Page, on_delete=models.CASCADE)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, now: datetime | None = None) -> "MembershipQuerySet":
        """Roles that hold now: an expiry takes effect at its minute, whoever is or is not at work."""
        return self.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now or timezone.now()))

    def lapsed(self, now: datetime | None = None) -> "MembershipQuerySet":
        return self.filter(expires_at__lte=now or timezone.now())


class Membership(models.Model):
    """The role that a person, or everybody of a group, holds in a space: the one source of who may do what."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    role = models.PositiveSmallIntegerField(_("ruolo"), choices=Role.choices)
    reason = models.CharField(_("perché"), max_length=240, blank=True)
    expires_at = models.DateTimeField(_("fino a"), null=True, blank=True, db_index=True)
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("ruolo in uno spazio")
        verbose_name_plural = _("ruoli negli spazi")
        constraints = [
            models.CheckConstraint(
                name="membership_person_or_group",
                condition=models.Q(user__isnull=False, group__isnull=True)
                | models.Q(user__isnull=True, group__isnull=False),
            ),
            models.UniqueConstraint(fields=["space", "user"], name="membership_once_per_person"),
            models.UniqueConstraint(fields=["space", "group"], name="membership_once_per_group"),
        ]
        # Whom to ask: the first of those who answer for a space.
        indexes = [models.Index(fields=["role", "given_at"], name="membership_by_role")]

    def __str__(self) -> str:
        return f"{self.holder}: {self.get_role_display()} in {self.space}"

    @property
    def held_by(self) -> "User | Group":
        """The person or the group; the database sees to it that there is exactly one."""
        return cast("User | Group", self.user or self.group)

    @property
    def holder(self) -> str:
        """The name people know: the person's, or the body's behind the group."""
        if self.user:
            return str(self.user)
        organisation = getattr(self.group, "organisation", None)
        return str(organisation or self.group)


class PageShare(models.Model):
    """A page, and what lies below it, that the readers of another space may read too."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="shares")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="shared_pages")
    reason = models.CharField(_("perché"), max_length=240, blank=True)
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("condivisione di una pagina")
        verbose_name_plural = _("condivisioni di pagine")
        constraints = [models.UniqueConstraint(fields=["page", "space"], name="page_shared_once_per_space")]

    def __str__(self) -> str:
        return f"{self.page} → {self.space}"
