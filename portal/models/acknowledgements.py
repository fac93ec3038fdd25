"""Who was asked to read a page and sign that they did, which text it was, and who signed it."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from portal.words import dates

from .append_only import AppendOnly, AppendOnlyQuerySet
from .people import Organisation, User
from .spaces import Space


class ReadingRequest(models.Model):
    """A page is to be read and signed by everybody of some spaces, bodies, professions, or by persons, by a day.

    Whoever joins them later is asked too. Ended by whoever asks, never deleted.
    """

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="reading_requests")
    spaces = models.ManyToManyField(Space, verbose_name=_("chi legge gli spazi"), blank=True, related_name="+")
    bodies = models.ManyToManyField(Organisation, verbose_name=_("gli enti"), blank=True, related_name="+")
    professions = models.JSONField(_("le professioni"), default=list)
    people = models.ManyToManyField(User, verbose_name=_("le persone"), blank=True, related_name="+")
    due = models.DateField(_("entro il"))
    is_required = models.BooleanField(_("obbligatoria"), default=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("richiesta di lettura")
        verbose_name_plural = _("richieste di lettura")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.page}: {self.due}"

    def due_for(self, text: "SignableText") -> date:
        """The day for a text: of a later one as many days after it came out as people had for the first."""
        began, came = dates.local_day(self.asked_at), dates.local_day(text.since)
        return self.due if came <= began else came + max(self.due - began, timedelta())


class SignableText(AppendOnly):
    """A published text of a page, as it is signed; one that `keeps` an earlier one lets its signatures hold."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="signable_texts")
    label = models.CharField(_("quale testo"), max_length=80)
    key = models.CharField(max_length=40, blank=True)  # what its kind of page calls it: of a rule, the version
    fingerprint = models.CharField(max_length=64)
    since = models.DateTimeField(default=timezone.now)
    keeps = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("testo da firmare")
        verbose_name_plural = _("testi da firmare")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.page}, {self.label}"


class Acknowledgement(AppendOnly):
    """«Ho letto e compreso»: a person's explicit act on one text. There is no taking it back, only a note."""

    text = models.ForeignKey(SignableText, on_delete=models.PROTECT, related_name="acknowledgements")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acknowledgements")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")  # of then
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("presa visione")
        verbose_name_plural = _("prese visione")
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["text", "person"], name="signed_once_by_a_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.text}"


class AcknowledgementNote(AppendOnly):
    """What a person says of the own signature afterwards: that it was a slip, for instance."""

    acknowledgement = models.ForeignKey(Acknowledgement, on_delete=models.PROTECT, related_name="notes")
    words = models.CharField(_("nota"), max_length=240)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("nota a una presa visione")
        verbose_name_plural = _("note alle prese visione")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.words


class ReadingReminder(models.Model):
    """Those who had not signed a text were reminded, so many days before or after its day: once each."""

    request = models.ForeignKey(ReadingRequest, on_delete=models.PROTECT, related_name="reminders")
    text = models.ForeignKey(SignableText, null=True, on_delete=models.PROTECT, related_name="+")
    step = models.SmallIntegerField(_("giorni dal termine"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("promemoria di lettura")
        verbose_name_plural = _("promemoria di lettura")
        constraints = [models.UniqueConstraint(fields=["request", "text", "step"], name="reminded_once_of_a_text")]

    def __str__(self) -> str:
        return f"{self.request}: {self.step:+d}"
