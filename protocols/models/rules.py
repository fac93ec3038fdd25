"""What protocols, procedures and forms have in common: they are in force, or not."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import Revision, get_default_page_content_type

from portal import prepared
from portal.models import Organisation
from portal.models.pages import Beside, PortalPage
from portal.pages.copying import PageCopyForm
from portal.words import dates
from protocols import versions

from .editions import Edition

NEWS = timedelta(days=6)  # so long one says since when it holds
FIRST = "1.0"


def _next_revision() -> "models.QuerySet[Revision]":
    page, now = prepared.given("page", models.CharField()), prepared.given("now", models.DateTimeField())
    rows = Revision.objects.filter(base_content_type__pk=prepared.given("kind"), object_id=page)
    return rows.filter(approved_go_live_at__gt=now).order_by("approved_go_live_at")[:1]


class RuleCopyForm(PageCopyForm):
    """A copy of a rule begins as a draft: nobody has agreed to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("publish_copies", None)


class RulePage(PortalPage):
    """A coded text with a version and a time in which it holds."""

    copy_form_class = RuleCopyForm
    keeps_editions = True

    version = models.CharField(gettext_lazy("versione"), max_length=12, default=FIRST)
    valid_from = models.DateField(gettext_lazy("in vigore dal"), null=True, blank=True)
    valid_until = models.DateField(gettext_lazy("in vigore fino al"), null=True, blank=True)

    register_number = models.CharField(gettext_lazy("numero di registro"), max_length=40, blank=True)
    register_date = models.DateField(gettext_lazy("registrato il"), null=True, blank=True)
    register_office = models.CharField(gettext_lazy("ufficio del registro"), max_length=120, blank=True)
    act_kind = models.CharField(
        gettext_lazy("atto che l’approva"), max_length=80, blank=True,
        help_text=gettext_lazy("Per esempio: delibera di Giunta, determina dirigenziale."),
    )  # fmt: skip
    act_number = models.CharField(gettext_lazy("numero dell’atto"), max_length=40, blank=True)
    act_date = models.DateField(gettext_lazy("data dell’atto"), null=True, blank=True)
    act_body = models.ForeignKey(
        Organisation, verbose_name=gettext_lazy("ente dell’atto"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    act_file = models.ForeignKey(
        settings.WAGTAILDOCS_DOCUMENT_MODEL, verbose_name=gettext_lazy("file dell’atto"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip

    force_panels = [
        MultiFieldPanel(
            [
                FieldPanel("version"),
                FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_until")]),
            ],
            heading=gettext_lazy("Validità"),
        )
    ]
    act_panels = [
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [FieldPanel("register_number"), FieldPanel("register_date"), FieldPanel("register_office")]
                ),
                FieldRowPanel([FieldPanel("act_kind"), FieldPanel("act_number"), FieldPanel("act_date")]),
                FieldPanel("act_body", widget=forms.Select),
                FieldPanel("act_file"),
            ],
            heading=gettext_lazy("Registro e atto"),
        )
    ]
    care_panels = [
        *PortalPage.care_panels[:-2],
        FieldPanel(
            "change_note",
            heading=gettext_lazy("Che cosa cambia, e per chi"),
            help_text=gettext_lazy(
                "Una frase per chi legge, per esempio «Il reparto segnala entro 48 ore invece di 72: riguarda i "
                "reparti e la COT». Serve per pubblicare."
            ),
        ),
        PortalPage.care_panels[-1],
    ]

    # The fields that are the text of the rule, and what makes it one: an edition keeps them.
    says = [
        "title", "summary", "attachments", "register_number", "register_date", "register_office", "act_kind",
        "act_number", "act_date", "act_body",
    ]  # fmt: skip

    class Meta:
        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        try:
            self.version = versions.normal(self.version)
        except versions.NotAVersion as problem:
            # What was put in force before numbers were asked for can still be mended.
            if not Edition.objects.filter(page_id=self.pk, version=self.version).exists():
                raise ValidationError({"version": _("La versione è un numero, per esempio 2.0 o 2.1.")}) from problem
        super().full_clean(*args, **kwargs)
        self._wait_for_its_day()

    def _wait_for_its_day(self) -> None:
        """A version of tomorrow takes over tomorrow: until then the one in force is what everybody reads."""
        latest = self.latest_revision
        before = _day(latest.content.get("valid_from")) if latest else None
        if before and before != self.valid_from and self.go_live_at == dates.midnight(before):  # type: ignore[has-type]
            self.go_live_at = None
        if self.valid_from is None or self.valid_from <= timezone.localdate() or not self.pk:
            return
        day = dates.midnight(self.valid_from)
        earlier = Edition.objects.filter(page_id=self.pk).exclude(version=self.version)
        if (self.go_live_at is None or self.go_live_at < day) and earlier.exists():
            self.go_live_at = day

    @property
    def coming(self) -> str:
        """«Dal 1° gennaio 2027 varrà la versione 2.0»: a version that waits is announced, never its text."""
        kind = get_default_page_content_type().pk
        rows = prepared.answers("next revision", _next_revision, page=str(self.pk), kind=kind, now=timezone.now())
        waiting = next(iter(rows), None)
        if waiting is None or waiting.content["version"] == self.version:
            return ""
        begins = _day(waiting.content.get("valid_from")) or waiting.approved_go_live_at
        day = max(dates.local_day(begins), dates.local_day(waiting.approved_go_live_at))
        words = {"day": capfirst(dates.in_words(day, article="dal")), "version": waiting.content["version"]}
        return _("%(day)s varrà la versione %(version)s") % words

    def what_holds(self) -> str:
        """«Da oggi vale la versione 2.0.»: in the news of the week in which it begins."""
        today = timezone.localdate()
        if self.valid_from is None or not today - NEWS <= self.valid_from <= today:
            return ""
        if self.valid_from == today:
            return _("Da oggi vale la versione %(version)s.") % {"version": self.version}
        day = capfirst(dates.in_words(self.valid_from, "j F", article="dal"))
        return _("%(day)s vale la versione %(version)s.") % {"day": day, "version": self.version}

    def difference_url(self) -> str:
        """The door that leads each reader to the comparison with the edition before, as far as it is known."""
        return reverse("choose_comparison", args=[self.code or self.slug]) if self.version != FIRST else ""

    @property
    def state(self) -> tuple[str, str]:
        """Whether it holds: the name of a colour and the words, never the colour alone."""
        today = timezone.localdate()
        if self.valid_until and self.valid_until < today:
            return "late", _("scaduto %(day)s") % {"day": dates.in_words(self.valid_until, article="il")}
        if self.valid_from is None:
            return "ok", _("in vigore")
        since = {"day": dates.in_words(self.valid_from, article="dal")}
        if self.valid_from > today:
            return "soon", _("non ancora in vigore: lo sarà %(day)s") % since
        return "ok", _("in vigore %(day)s") % since

    said_in_lists = (*PortalPage.said_in_lists, "version", "valid_from", "valid_until")

    def beside_its_name(self) -> Beside:
        colour, says = self.state
        return Beside(says, colour=colour, version=self.version)

    def relevant_date(self) -> date | None:
        return self.valid_from or super().relevant_date()


def _day(value: Any) -> date | None:
    """A day as a revision keeps it: in words once it was stored, until then as it is."""
    return parse_date(value) if isinstance(value, str) else value
