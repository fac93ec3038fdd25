"""Meetings: agenda, presence, minutes, decisions and the actions that follow."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, get_form_for_model
from wagtail.models import Orderable

from portal.fields import BlocksField
from portal.models import Organisation, User
from portal.models.pages import Beside, PortalPage, Section
from portal.models.spaces import Role
from portal.pages import anchors, reserved
from portal.pages.reserved import Part, ReadersBlock
from portal.words import dates
from portal.words.terms import FARTHEST, Direction, Term, Unit, no_such_day


class ActionItemForm(WagtailAdminModelForm):
    """A line of the form keeps the key it was shown with, whether it lies in a table yet or only in a draft."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, instance: "ActionItem | None" = None, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.initial["key"] = instance.key if instance else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.instance.key = data.get("key") or self.instance.key
        for name, problem in _problems_of_day(data):
            if not self.errors.keys() & {name}:
                self.add_error(name, problem)
        return data


def _problems_of_day(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """By when: a day or a term, the whole of it, and one of the two; nothing is guessed."""
    number, unit = data.get("number"), data.get("unit")
    if data.get("due") and (number or unit):
        yield "due", _("Scrivi il giorno, oppure fra quanto dalla riunione: non tutti e due.")
    elif not (data.get("due") or number or unit):
        yield "due", _("Scrivi entro quando: il giorno, oppure fra quanto dalla riunione.")
    elif unit and not number:
        yield "number", _("Scrivi quanti sono.")
    elif number and not unit:
        yield "unit", _("Scegli se sono giorni o mesi.")
    elif number and unit and (problem := no_such_day(number, unit, data.get("direction") or "")):
        yield problem


class ActionsPanel(InlinePanel):
    """Wagtail's, whose lines keep their keys: of itself it takes no form of ours."""

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        late = self.child_edit_handler.get_form_options().get("defer_required_on_fields")
        options["formsets"][self.relation_name]["form"] = get_form_for_model(
            self.db_field.related_model, form_class=ActionItemForm, defer_required_on_fields=late or []
        )
        return options


class MeetingPage(PortalPage):
    """One meeting, from its convening to its minutes."""

    starts_at = models.DateTimeField(_("quando"))
    minutes_long = models.PositiveSmallIntegerField(_("durata in minuti"), default=90)
    place = models.CharField(_("dove"), max_length=160, blank=True)
    chair = models.ForeignKey(
        User, verbose_name=_("chi conduce"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    minutes = models.TextField(_("sintesi del verbale"), blank=True)
    guests_apart = models.BooleanField(
        _("chi non ha un ruolo in questo spazio legge solo i punti che gli riservi"), default=False,
        help_text=_(
            "Per una riunione con ospiti: quando condividi la pagina con loro trovano titolo, frase che la riassume, "
            "data, luogo, allegati e i loro punti. Gli altri punti, le decisioni, le azioni, il verbale e le presenze "
            "per loro non ci sono."
        ),
    )  # fmt: skip

    kind_order = 40
    kind = "riunione"
    code_form = "R-{:02}"
    kind_label = _("Riunione")
    kind_plural = _("Riunioni")

    page_description = _("Una riunione, dalla convocazione al verbale: ordine del giorno, decisioni, azioni.")
    content_panels = [
        *PortalPage.title_panels,
        FieldPanel("code"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("starts_at"), FieldPanel("minutes_long")]),
                FieldPanel("place"),
                FieldPanel("chair"),
            ],
            heading=_("Convocazione"),
        ),
        FieldPanel("guests_apart", heading=_("Ospiti")),
        InlinePanel("agenda", heading=_("Ordine del giorno"), label=_("Punto")),
        InlinePanel("attendance", heading=_("Presenze per ente"), label=_("Ente")),
        FieldPanel("minutes"),
        InlinePanel("decisions", heading=_("Decisioni"), label=_("Decisione")),
        ActionsPanel("actions", heading=_("Azioni"), label=_("Azione")),
        *PortalPage.care_panels,
    ]

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="meeting_starts_at")]
        verbose_name = _("riunione")
        verbose_name_plural = _("riunioni")

    def skeleton(self) -> None:
        super().skeleton()
        rows: Any = self.agenda
        rows.add(AgendaItem())

    @property
    def ends_at(self) -> Any:
        return self.starts_at + timedelta(minutes=self.minutes_long)

    @property
    def is_over(self) -> bool:
        return self.ends_at < timezone.now()

    said_in_lists = (*PortalPage.said_in_lists, "starts_at")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Its lines are read once: what the page shows asks for each kind of them many times."""
        for lines in (self.agenda, self.decisions, self.actions):
            lines.get_object_list()
        models.prefetch_related_objects(self.attendance.get_object_list(), "organisation")
        return super().get_context(request, *args, **kwargs)

    def beside_its_name(self) -> Beside:
        return Beside(self.starts_at)

    def relevant_date(self) -> date:
        return timezone.localtime(self.starts_at).date()

    def parts(self) -> list[tuple[str, str]]:
        open_items = [] if self.guests_apart else [item for item in self.agenda.all() if not item.readers]
        return [(anchors.key(item), f"punto-{anchors.of(item.title)}") for item in open_items]

    def sections(self) -> list[Section]:
        """Decisions and actions first, as on the page; then the points of the agenda."""
        return [section for _key, readers, section in self._told() if not readers]

    def reserved_parts(self) -> list[Part]:
        """The points with readers of their own; with guests apart, all else is for who has a role in the space."""
        return [
            Part(key, readers, section.anchor or reserved.anchor(key), section.heading, section.text)
            for key, readers, section in self._told()
            if readers
        ]

    def inside(self) -> frozenset[str]:
        rows = {"agenda", "attendance", "minutes", "decisions", "actions"}
        return frozenset(rows) if self.guests_apart else frozenset()

    def lines(self, anchor: str) -> list[Section]:
        """Each decision or action of that section by itself, by its number and the day; of another section none."""
        day = dates.in_words(self.relevant_date())
        if anchor == "decisioni":
            name, heading, rows = "decisione", _("Decisione %(number)d del %(day)s"), self.decisions
        elif anchor == "azioni":
            name, heading, rows = "azione", _("Azione %(number)d del %(day)s"), self.actions
        else:
            return []
        return [
            Section(f"{name}-{number}", str(heading % {"number": number, "day": day}), each.text)
            for number, each in enumerate(rows.all(), start=1)
        ]

    def _told(self) -> Iterator[tuple[str, Any, Section]]:
        """What the meeting says: the key of each part, who reads it where not everybody does, and its words."""
        others = _members() if self.guests_apart else None
        if decided := "\n".join(each.text for each in self.decisions.all()):
            yield "decisioni", others, Section("decisioni", str(_("Decisioni")), decided)
        if to_do := "\n".join(each.text for each in self.actions.all()):
            yield "azioni", others, Section("azioni", str(_("Azioni")), to_do)
        names = self.section_anchors
        for item in self.agenda.all():
            key = anchors.key(item)
            words = f"{item.text}\n{item.discussion}".strip()
            yield f"punto-{key}", item.readers or others, Section(names.get(key, ""), item.title, words)
        if self.minutes:
            yield "verbale", others, Section("verbale", str(_("Verbale")), self.minutes)
        if others:
            yield "presenze", others, Section("presenze", "", "")


def _members() -> Any:
    """Whoever holds a role in the meeting's own space."""
    return ReadersBlock().to_python([{"type": "role", "value": str(Role.READER.value)}])


class AgendaItem(Orderable):
    """A point of the agenda, and what was said about it."""

    page = ParentalKey(MeetingPage, on_delete=models.CASCADE, related_name="agenda")
    title = models.CharField(_("punto"), max_length=160)
    text = models.TextField(_("di che cosa si parla"), blank=True)
    discussion = models.TextField(_("che cosa è stato detto"), blank=True)
    readers = BlocksField(
        ReadersBlock(required=False), verbose_name=_("riservato a"), blank=True, default=list,
        help_text=_(
            "Lascia vuoto se lo legge chiunque legga la riunione. Altrimenti lo legge solo chi indichi, insieme a chi "
            "scrive in questo spazio: per gli altri il punto non c’è, e i numeri non lo saltano."
        ),
    )  # fmt: skip

    panels = [FieldPanel("title"), FieldPanel("text"), FieldPanel("discussion"),
              FieldPanel("readers", classname="who-reads-it")]  # fmt: skip

    class Meta(Orderable.Meta):
        verbose_name = _("punto all’ordine del giorno")
        verbose_name_plural = _("punti all’ordine del giorno")

    def __str__(self) -> str:
        return self.title


class Attendance(Orderable):
    """How many persons of a body were there."""

    page = ParentalKey(MeetingPage, on_delete=models.CASCADE, related_name="attendance")
    organisation = models.ForeignKey(Organisation, verbose_name=_("ente"), on_delete=models.PROTECT, related_name="+")
    present = models.PositiveSmallIntegerField(_("presenti"), default=1)

    panels = [FieldRowPanel([FieldPanel("organisation"), FieldPanel("present")])]

    class Meta(Orderable.Meta):
        verbose_name = _("presenza")
        verbose_name_plural = _("presenze")

    def __str__(self) -> str:
        return f"{self.organisation}: {self.present}"


class Decision(Orderable):
    """What the meeting decided, in one sentence."""

    page = ParentalKey(MeetingPage, on_delete=models.CASCADE, related_name="decisions")
    text = models.TextField(_("decisione"))

    panels = [FieldPanel("text")]

    class Meta(Orderable.Meta):
        verbose_name = _("decisione")
        verbose_name_plural = _("decisioni")

    def __str__(self) -> str:
        return self.text[:80]


class ActionItem(Orderable):
    """A line of the minutes: what somebody is to do, and by when. What that person does with it is an `Action`."""

    page = ParentalKey(MeetingPage, on_delete=models.CASCADE, related_name="actions")
    key = models.UUIDField(default=uuid4, editable=False)  # the same in every draft, by which its action is known
    text = models.CharField(_("azione"), max_length=240)
    person = models.ForeignKey(User, verbose_name=_("chi"), null=True, on_delete=models.SET_NULL, related_name="+")
    due = models.DateField(
        _("entro il"), null=True, blank=True, help_text=_("Il giorno; oppure, qui sotto, fra quanto dalla riunione.")
    )
    number = models.PositiveSmallIntegerField(
        _("oppure entro"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(FARTHEST)],
        help_text=_("Per esempio 5. Il giorno si calcola quando il verbale è pubblicato."),
    )  # fmt: skip
    unit = models.CharField(
        _("giorni o mesi"), max_length=20, blank=True, default="",
        choices=[(each.value, each.label) for each in Unit if each != Unit.HOURS],  # an action is due on a day
        help_text=_("I giorni lavorativi sono quelli dell’ente di chi la fa, con il suo patrono e le sue chiusure."),
    )  # fmt: skip
    direction = models.CharField(
        _("dopo o prima della riunione"), max_length=5, choices=Direction.choices, default=Direction.AFTER
    )

    panels = [
        FieldPanel("text"),
        FieldRowPanel([FieldPanel("person"), FieldPanel("due")]),
        FieldRowPanel([FieldPanel("number"), FieldPanel("unit"), FieldPanel("direction")]),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("azione")
        verbose_name_plural = _("azioni")

    def __str__(self) -> str:
        return self.text

    @property
    def term(self) -> Term | None:
        if self.number is None or not self.unit:
            return None
        return Term(self.number, Unit(self.unit), Direction(self.direction))
