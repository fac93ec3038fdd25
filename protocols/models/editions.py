"""Editions: what a coded text said while it was in force. Insert-only."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.models import Space, User
from portal.models.append_only import AppendOnly, AppendOnlyQuerySet
from portal.pages import anchors
from portal.words import dates


class EditionQuerySet(AppendOnlyQuerySet):
    def with_ends(self) -> "EditionQuerySet":
        """Each with the first day of the one that followed it."""
        later = Edition.objects.filter(page=models.OuterRef("page"), valid_from__gt=models.OuterRef("valid_from"))
        return self.annotate(next_from=models.Subquery(later.order_by("valid_from").values("valid_from")[:1]))


class Edition(AppendOnly):
    """One published version of a page, as it was read; a revision can be rewritten, an edition cannot."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="editions")
    space = models.ForeignKey(
        Space, verbose_name=_("spazio"), null=True, on_delete=models.PROTECT, related_name="+",
        help_text="where the page lay: its readers of then are the readers of this text",
    )  # fmt: skip
    version = models.CharField(_("versione"), max_length=12)
    title = models.CharField(_("titolo"), max_length=255)
    change_note = models.CharField(_("che cosa cambia"), max_length=240, blank=True)
    valid_from = models.DateField(_("in vigore dal"), null=True)
    valid_until = models.DateField(_("in vigore fino al"), null=True)
    sections = models.JSONField(_("testo"), default=list)
    content = models.JSONField(default=dict, help_text="all that the page says, field by field, and its files' hashes")
    cited = models.JSONField(default=dict, help_text="what the text pointed at, as it was called then; «kind:number»")
    wordings = models.JSONField(
        default=list, help_text="whose words parts of it are: heading, body, person, who took them over"
    )
    sha256 = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edizione")
        verbose_name_plural = _("edizioni")
        ordering = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["page", "version"], name="one_edition_per_version")]

    def __str__(self) -> str:
        return f"{self.title}, versione {self.version}"

    @property
    def begins(self) -> date:
        """The first day on which it holds; where none was written, the day of its publication."""
        return self.valid_from or dates.local_day(self.published_at)

    @property
    def in_brief(self) -> list[str]:
        return [line["value"] for line in self.content.get("in_brief", [])]

    @property
    def registered(self) -> str:
        """«registro SDS-0168 del 3 marzo 2026, Ufficio protocollo»."""
        number, day, office = (self.content.get(f"register_{name}") for name in ("number", "date", "office"))
        words = " ".join(filter(None, [now("registro"), number, _of(day)])) if number or day else ""
        return ", ".join(filter(None, [words, office]))

    @property
    def act(self) -> str:
        """«delibera di Giunta n. 12 del 3 marzo 2026, Comune di Quarrata»."""
        kind, number, day, body = (self.content.get(f"act_{name}") for name in ("kind", "number", "date", "body"))
        written = now("n. %(number)s") % {"number": number} if number else ""
        words = " ".join(filter(None, [kind or now("atto"), written, _of(day)])) if kind or number or day else ""
        return ", ".join(filter(None, [words, body]))

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """Anchor, heading and text of each section; the anchors unique, whatever was kept."""
        wishes = [(str(place), anchor) for place, (anchor, _heading, _text) in enumerate(self.sections)]
        names = anchors.settled(wishes, dict(wishes))
        return [(names[str(place)], part[1], part[2]) for place, part in enumerate(self.sections)]

    @property
    def held_until(self) -> date | None:
        """The last day on which it held, for one read with `with_ends()`; None while no later one has begun."""
        next_from: date | None = getattr(self, "next_from", None)
        return next_from - timedelta(days=1) if next_from else None

    @property
    def superseded_from(self) -> date | None:
        """The day on which another one took its place, for one read with `with_ends()`; None while it has not come."""
        next_from: date | None = getattr(self, "next_from", None)
        return next_from if next_from and next_from <= timezone.localdate() else None


def _of(day: str | None) -> str:
    return dates.in_words(date.fromisoformat(day), article="del") if day else ""
