"""Who works in the network: persons and the bodies they belong to."""

import calendar
from datetime import date, datetime
from typing import Any, cast

from django.contrib.auth.models import AbstractUser, BaseUserManager, Group
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.words.names import fold, squeezed
from portal.words.telephone import valid_telephone

NAMES = {"first_name", "last_name"}
ROOM = 400


class OrganisationKind(models.TextChoices):
    MUNICIPALITY = "comune", _("Comune")
    HEALTH_UNIT = "azienda", _("Azienda sanitaria")
    CONSORTIUM = "consorzio", _("Consorzio")
    THIRD_SECTOR = "terzo", _("Terzo settore")
    OTHER = "altro", _("Altro")


class Organisation(models.Model):
    """A body of the network; its people belong to its group, so that a role can be given to all of them."""

    name = models.CharField(_("nome"), max_length=160, unique=True)
    slug = models.SlugField(_("indirizzo breve"), unique=True)
    kind = models.CharField(_("tipo"), max_length=12, choices=OrganisationKind.choices)
    area = models.CharField(_("area"), max_length=60, blank=True)
    population = models.PositiveIntegerField(_("abitanti"), null=True, blank=True)
    population_source = models.CharField(_("fonte degli abitanti"), max_length=160, blank=True)
    population_date = models.DateField(_("data degli abitanti"), null=True, blank=True)
    contact = models.CharField(_("contatto"), max_length=160, blank=True)
    telephone = models.CharField(_("telefono"), max_length=40, blank=True, validators=[valid_telephone])
    email = models.EmailField(_("posta elettronica"), blank=True)
    delegates_invite = models.BooleanField(
        _("i suoi delegati invitano persone dell’ente"), default=False,
        help_text=_("Senza spunta invita solo chi coordina la rete."),
    )  # fmt: skip
    # The local holiday: a day of each year, so without a year.
    patron_saint = models.CharField(_("santo patrono"), max_length=80, blank=True)
    patron_month = models.PositiveSmallIntegerField(_("mese del patrono"), null=True, blank=True)
    patron_day = models.PositiveSmallIntegerField(_("giorno del patrono"), null=True, blank=True)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="organisation", editable=False)

    class Meta:
        verbose_name = _("ente")
        verbose_name_plural = _("enti")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            if self.group_id is None:
                self.group = Group.objects.create(name=f"ente: {self.name}"[:150])
            super().save(*args, **kwargs)

    @property
    def is_partner(self) -> bool:
        """Of the third sector: its people read what is shared with them, and their accounts have an end."""
        return self.kind == OrganisationKind.THIRD_SECTOR

    def patron_in(self, year: int) -> date | None:
        """The body's local holiday in that year; None where nobody has written it."""
        if self.patron_month is None or self.patron_day is None:
            return None
        last = calendar.monthrange(year, self.patron_month)[1]
        return date(year, self.patron_month, min(self.patron_day, last))

    def next_patron(self) -> date | None:
        """The local holiday that comes next, today's too."""
        today = timezone.localdate()
        this, following = self.patron_in(today.year), self.patron_in(today.year + 1)
        return following if this and this < today else this


class Organ(models.Model):
    """A board, an assembly, an office that decides for its body."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="organs")
    name = models.CharField(_("organo"), max_length=120)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("organo di un ente")
        verbose_name_plural = _("organi degli enti")
        ordering = ["organisation", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="organ_once_per_body")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class UserQuerySet(models.QuerySet["User"]):
    def current(self, now: datetime | None = None) -> "UserQuerySet":
        """Accounts that may enter now."""
        now = now or timezone.now()
        return self.filter(models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=now), is_active=True)

    def lasting(self) -> "UserQuerySet":
        """Accounts that may enter now and have no end."""
        return self.filter(valid_until=None, is_active=True)

    def update(self, **values: Any) -> int:
        """What a person is found by goes with the name, whoever writes it."""
        if NAMES.isdisjoint(values):
            return super().update(**values)
        with transaction.atomic():
            keys = list(self.values_list("pk", flat=True))
            changed = super().update(**values)
            for person in self.model.objects.filter(pk__in=keys):
                self.model.objects.filter(pk=person.pk).update(squeezed_name=as_found(person))
        return changed

    def named(self, words: str) -> "UserQuerySet":
        """Those in whose names each word stands, with or without its accents and apostrophes."""
        wanted = fold(words).split()
        return self.filter(*(models.Q(squeezed_name__contains=word) for word in wanted)) if wanted else self.none()

    def called(self, name: str) -> "UserQuerySet":
        """Those whose whole name it is, whichever part is said first."""
        words = fold(name).split()
        return self.filter(squeezed_name__in={"".join(words[at:] + words[:at]) for at in range(len(words))})

    def colleagues(self) -> "UserQuerySet":
        """Without the accounts that only look after the installation: they are nobody's colleague."""
        return self.exclude(is_superuser=True, profession=None)


def as_found(person: Any) -> str:
    """Surname and name, as long as there is room."""
    return squeezed(f"{person.last_name} {person.first_name}")[:ROOM]


class SqueezedName(models.CharField):
    """Surname and name as the telephone book sorts them and as they are found: written with the row, at every door."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        person = cast(User, model_instance)
        person.squeezed_name = as_found(person)
        return person.squeezed_name


class User(AbstractUser):
    """A person; the e-mail address is the login."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("posta elettronica"), unique=True)
    squeezed_name = SqueezedName(max_length=ROOM, editable=False, db_index=True, default="")
    profession = models.ForeignKey(
        "portal.Profession", verbose_name=_("professione"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="people",
    )  # fmt: skip
    positions = models.ManyToManyField(
        "portal.Position", verbose_name=_("ruoli nella rete"), blank=True, related_name="people"
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("ente"), null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    telephone = models.CharField(_("telefono"), max_length=40, blank=True, validators=[valid_telephone])
    slash_searches = models.BooleanField(
        _("il tasto / porta alla casella di ricerca"),
        default=True,
        help_text=_("Togli la spunta se usi comandi vocali."),
    )
    valid_until = models.DateTimeField(
        _("account valido fino a"), null=True, blank=True, help_text=_("Dopo questo momento la persona non entra più.")
    )

    # What a person has *said* to have seen; what somebody only looked at is not kept (law 300/1970, art. 4).
    news_seen_until = models.DateTimeField(_("novità viste fino a"), null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []  # type: ignore[misc]
    objects = UserManager.from_queryset(UserQuerySet)()  # type: ignore[assignment, misc]

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("persone")
        ordering = ["last_name", "first_name"]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        if fields := kwargs.get("update_fields"):
            kwargs["update_fields"] = {*fields, "squeezed_name"} if NAMES.intersection(fields) else fields
        with transaction.atomic():
            super().save(*args, **kwargs)
            if set(fields or ()) != {"last_login"}:  # who enters is in no other body for that
                self._join_own_body()

    def _join_own_body(self) -> None:
        """Belong to the group of one's body, and to no other body's."""
        group_id = self.organisation.group_id if self.organisation else None
        held = set(self.groups.filter(organisation__isnull=False).values_list("pk", flat=True))
        wanted = {group_id} if group_id else set()
        self.groups.remove(*(held - wanted))
        self.groups.add(*(wanted - held))

    @property
    def is_learner(self) -> bool:
        """Trainees and newcomers, who find their path first."""
        return self.profession is not None and self.profession.is_learner

    def is_current(self, now: datetime | None = None) -> bool:
        """Whether the account may enter now."""
        return self.is_active and (self.valid_until is None or self.valid_until > (now or timezone.now()))
