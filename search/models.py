"""The table of what can be found: it is also the outbox of the engine."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.models import Page

from coordination.models import ServicePage
from portal.models import Organisation, Space, Term, User
from portal.models.glossary import Relation


class SearchDocument(models.Model):
    """A page, a section of it, or a page of a file, as the engine must know it.

    Written in the transaction that publishes; `pending` until the engine has it. `stamp` grows with each
    change, so that a change made while the engine was writing stays pending.
    """

    key = models.CharField(max_length=160, unique=True)
    group = models.CharField(max_length=80, db_index=True)
    audience = models.JSONField(default=list)
    kind = models.CharField(max_length=20)
    space = models.CharField(max_length=50, blank=True)
    organisation = models.CharField(max_length=160, blank=True)
    year = models.PositiveSmallIntegerField(default=0)
    date = models.BigIntegerField(default=0, help_text="seconds since 1970, UTC")
    code = models.CharField(max_length=12, blank=True)
    title = models.CharField(max_length=255)
    heading = models.CharField(max_length=160, blank=True)
    text = models.TextField(blank=True)
    place = models.PositiveIntegerField(default=0, help_text="in the page or file, as one reads")
    url = models.CharField(max_length=400)
    superseded = models.BooleanField(default=False)
    version = models.CharField(max_length=12, blank=True)
    page_id = models.PositiveBigIntegerField(default=0, db_index=True)
    file_id = models.PositiveBigIntegerField(default=0)
    gone = models.BooleanField(default=False)
    pending = models.BooleanField(default=True)
    stamp = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("documento di ricerca")
        verbose_name_plural = _("documenti di ricerca")
        indexes = [models.Index(fields=["id"], condition=models.Q(pending=True), name="search_pending")]

    def __str__(self) -> str:
        return self.key


class Meaning(models.Model):
    """What a document says, as a vector that the index holds beside its words; gone when the document says another.

    The row is there before the work, and counts it: a text that ends whoever reads it is given up.
    """

    document = models.OneToOneField(SearchDocument, on_delete=models.CASCADE, related_name="meaning")
    encoder = models.CharField(max_length=40)
    vector = models.BinaryField(default=b"")
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("significato di un testo")
        verbose_name_plural = _("significati dei testi")

    def __str__(self) -> str:
        return f"{self.document_id}, {self.encoder}"


class IndexState(models.Model):
    """Which write the index must show: the last that ended, or the one begun after it (a process may die between).

    One row. An index that shows another stamp belongs to another moment of the database, as after a restore.
    """

    written = models.CharField(max_length=32, blank=True)
    begun = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("stato dell’indice")
        verbose_name_plural = _("stati dell’indice")

    def __str__(self) -> str:
        return self.written


class OwnName(models.Model):
    """What a body calls a service or a term of the glossary: a synonym for the people of that body alone."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("ente"), on_delete=models.CASCADE, related_name="own_names"
    )
    said = models.CharField(_("da noi si chiama"), max_length=80)
    term = models.ForeignKey(Term, null=True, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(ServicePage, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("nome di un ente")
        verbose_name_plural = _("nomi degli enti")
        ordering = ["said", "pk"]
        constraints = [
            models.CheckConstraint(
                name="own_name_of_one_thing",
                condition=models.Q(term=None, service__isnull=False) | models.Q(term__isnull=False, service=None),
            ),
            models.UniqueConstraint(fields=["organisation", "said", "term"], name="own_name_of_a_term_once"),
            models.UniqueConstraint(fields=["organisation", "said", "service"], name="own_name_of_a_service_once"),
        ]

    def __str__(self) -> str:
        return self.said

    @property
    def meant(self) -> str:
        """What the network calls it; an acronym with several senses is none of them."""
        if self.service:
            return self.service.title
        term = self.term
        return "" if term is None else term.meaning if term.relation == Relation.AMBIGUOUS else term.word


class Gap(models.Model):
    """Words that found nothing, or of whose results nobody opened one, and how often: of nobody.

    `bodies` tells how many bodies asked, and names none.
    """

    key = models.CharField(max_length=120, unique=True)
    said = models.CharField(_("parole"), max_length=80)
    asks = models.PositiveIntegerField(_("volte senza risultato"), default=0)  # since the last answer
    left = models.PositiveIntegerField(_("volte senza aprire niente"), default=0)  # the same
    bodies = models.BigIntegerField(default=0)
    last_on = models.DateField(_("ultima volta"), default=timezone.localdate)
    # The page that somebody was asked to write.
    owner = models.ForeignKey(User, verbose_name=_("di chi"), null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due = models.DateField(_("entro il"), null=True)
    note = models.CharField(_("nota"), max_length=240, blank=True)

    class Meta:
        verbose_name = _("ricerca senza risultato")
        verbose_name_plural = _("ricerche senza risultato")
        ordering = ["-asks", "-last_on", "pk"]

    def __str__(self) -> str:
        return self.said

    @property
    def bodies_count(self) -> int:
        return self.bodies.bit_count()

    @property
    def how_often(self) -> str:
        """«5 volte senza risultato · 7 volte senza aprire niente», since the last answer."""
        nothing = ngettext("%(count)d volta senza risultato", "%(count)d volte senza risultato", self.asks)
        unopened = ngettext("%(count)d volta senza aprire niente", "%(count)d volte senza aprire niente", self.left)
        told = [(self.asks, nothing), (self.left, unopened)]
        return " · ".join(words % {"count": count} for count, words in told if count)


class Pin(models.Model):
    """A page shown above the results of these words, to whoever may read it, until a day."""

    key = models.CharField(max_length=120, db_index=True)
    said = models.CharField(_("parole"), max_length=80)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    until = models.DateField(_("fino al"))
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("pagina in evidenza")
        verbose_name_plural = _("pagine in evidenza")
        ordering = ["said", "pk"]
        constraints = [models.UniqueConstraint(fields=["key", "page"], name="pinned_once_for_the_words")]

    def __str__(self) -> str:
        return f"{self.said}: {self.page}"


class Followed(models.Model):
    """A search that a person keeps: what is new in it stands in the digest; a wish is told once, when it finds."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followed_searches")
    words = models.CharField(_("parole"), max_length=80)
    key = models.CharField(max_length=120, db_index=True)
    filters = models.JSONField(default=dict, blank=True)
    is_wish = models.BooleanField(default=False)
    answer = models.CharField(_("risposta"), max_length=240, blank=True)  # to a wish that nothing will fulfil
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ricerca salvata")
        verbose_name_plural = _("ricerche salvate")
        ordering = ["-since", "-pk"]

    def __str__(self) -> str:
        return self.words


class CanaryWatch(models.Model):
    """What the last trial of a closed space found: what somebody saw who must not, or did not see who must."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, related_name="canary")
    at = models.DateTimeField()
    questions = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)

    class Meta:
        verbose_name = _("prova dei permessi di uno spazio")
        verbose_name_plural = _("prove dei permessi degli spazi")

    def __str__(self) -> str:
        return f"{self.space}: {len(self.problems)}"
