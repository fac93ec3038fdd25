"""What was done, by whom: append-only, written in the transaction of the act."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal import prepared

from .append_only import AppendOnly, AppendOnlyQuerySet


class Verb(models.TextChoices):
    PUBLISHED = "pubblicato", _("ha pubblicato")
    WITHDRAWN = "ritirato", _("ha ritirato")
    SHARED = "condiviso", _("ha condiviso")
    UNSHARED = "non-condiviso", _("ha tolto la condivisione di")
    ROLE_GIVEN = "ruolo-dato", _("ha dato un ruolo")
    ROLE_TAKEN = "ruolo-tolto", _("ha tolto un ruolo")
    ROLE_LAPSED = "ruolo-scaduto", _("ruolo scaduto")
    SPACE_OPENED = "spazio-aperto", _("ha aperto lo spazio")
    SPACE_CHANGED = "spazio-cambiato", _("ha cambiato lo spazio")
    SPACE_CLOSED = "spazio-chiuso", _("ha chiuso lo spazio")
    SPACE_REOPENED = "spazio-riaperto", _("ha riaperto lo spazio")
    SPACE_TAKEN_AWAY = "spazio-esportato", _("ha portato via lo spazio")
    BODY_ADDED = "ente-aggiunto", _("ha aggiunto un ente")
    BODY_CHANGED = "ente-cambiato", _("ha cambiato un ente")
    COORDINATION_GIVEN = "rete-affidata", _("ha affidato il coordinamento della rete")
    COORDINATION_ENDED = "rete-lasciata", _("ha finito un coordinamento della rete")
    PERSON_INVITED = "persona-invitata", _("ha invitato una persona")
    PERSON_CHANGED = "persona-cambiata", _("ha cambiato una persona")
    PERSON_LEFT = "persona-uscita", _("ha chiuso un account")
    WORDS_CHANGED = "parole-cambiate", _("ha cambiato le parole della rete")
    DATA_REPORTED = "dati-segnalati", _("ha segnalato dati personali")
    DATA_HANDLED = "dati-decisi", _("ha chiuso una segnalazione di dati personali")
    REVIEW_CONFIRMED = "confermato", _("ha confermato senza modifiche")
    REVIEW_POSTPONED = "rinviato", _("ha rinviato la revisione di")
    READING_ASKED = "lettura-chiesta", _("ha chiesto di leggere e firmare")
    FILE_REPLACED = "file-sostituito", _("ha sostituito un file")
    VERSION_DROPPED = "versione-tolta", _("ha tolto la versione di un file")
    DELEGATION_GIVEN = "delega-data", _("ha dato una delega")
    DELEGATION_CHANGED = "delega-cambiata", _("ha cambiato una delega")
    PART_PUBLISHED = "parte-riservata", _("ha cambiato una parte riservata")
    INSIDE_PUBLISHED = "per-lo-spazio", _("ha pubblicato per chi ha un ruolo nello spazio")
    ACTION_CLOSED = "azione-chiusa", _("ha chiuso un’azione")
    ACTION_REOPENED = "azione-riaperta", _("ha riaperto un’azione")
    ACTION_WITHDRAWN = "azione-tolta", _("ha tolto un’azione dal verbale")
    SHIFTS_CHANGED = "turni-cambiati", _("ha cambiato i turni di reperibilità")


class Activity(AppendOnly):
    """One act. `sentence` says it as people would, for logs; `note` is the change note of a publication."""

    verb = models.CharField(max_length=16, choices=Verb.choices)
    by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=310, blank=True)  # as it was then; empty on acts older than the field
    # Of a publication that was approved: who wrote it and asked for it, and who approved.
    proposed_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    is_correction = models.BooleanField(default=False)  # of form: no news
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="activities")
    space = models.ForeignKey("portal.Space", null=True, on_delete=models.PROTECT, related_name="activities")
    sentence = models.TextField(blank=True)
    note = models.TextField(blank=True)
    note_is_inside = models.BooleanField(default=False)  # of a page that does not say all to all: for its space alone
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = AppendOnlyQuerySet.as_manager()
    may_lose = ("page",)  # a draft that nobody read is deleted

    class Meta:
        verbose_name = _("attività")
        verbose_name_plural = _("attività")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["page", "verb", "-at"], name="activity_page_verb")]

    def __str__(self) -> str:
        return self.sentence or f"{self.by} {self.get_verb_display()} {self.page}"

    @property
    def who(self) -> str:
        """The name of then, with today's beside it where it is another."""
        today = str(self.by or "")
        if not self.by_name or self.by_name == today:
            return today
        return str(_("%(name)s (oggi %(today)s)") % {"name": self.by_name, "today": today})

    @classmethod
    def last_publication_of(cls, page: Page) -> "Activity | None":
        """By whom it was published, and who approved it."""
        return next(iter(prepared.answers("last publication", cls._last_publication, page=page.pk)), None)

    @classmethod
    def _last_publication(cls) -> "models.QuerySet[Activity]":
        acts = cls.objects.filter(page__pk=prepared.given("page"), verb=Verb.PUBLISHED)
        return acts.select_related("by", "proposed_by", "approved_by")[:1]
