"""The band above the text of a protocol: what holds at the reader's body, at the others, and anywhere on any day."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, prepared
from portal.models import Organisation, User
from portal.models.delegations import Purpose
from portal.models.people import OrganisationKind

from . import adoptions
from .holding import Binding, Held, held, last_said
from .models import Adoption, Edition, ProtocolPage


class AskForm(forms.Form):
    """«In a body, on a day»: as a link, or typed below the list of the bodies."""

    ente = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Ente"), to_field_name="slug", empty_label=_("Scegli l’ente"),
        error_messages={"invalid_choice": _("Fra gli enti di questo protocollo non c’è: sceglilo dall’elenco.")},
    )  # fmt: skip
    giorno = forms.DateField(
        label=_("Giorno"), required=False,
        widget=forms.DateInput(attrs={"placeholder": _("gg/mm/aaaa"), "autocomplete": "off"}),
        help_text=_("Vuoto: oggi."),
    )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What one body works by on a day, and its word on the edition that the network has then."""

    body: Organisation
    day: date
    held: Held
    network: Edition | None  # the newest that had begun
    last: Adoption | None
    is_readable: bool  # the edition by which it works

    @property
    def works_by_the_newest(self) -> bool:
        return self.held.holds and self.held.edition == self.network

    @property
    def touched(self) -> list[tuple[str, str]]:
        """Anchor and heading of each section that is done otherwise here."""
        if self.held.edition is None or self.held.adoption is None:
            return []
        return [
            (anchor, head) for anchor, head, _text in self.held.edition.parts if anchor in self.held.adoption.sections
        ]

    @property
    def is_municipality(self) -> bool:
        return self.body.kind == OrganisationKind.MUNICIPALITY

    @property
    def is_today(self) -> bool:
        return self.day == timezone.localdate()

    @property
    def is_past(self) -> bool:
        return self.day < timezone.localdate()


@dataclass
class Band:
    own: Place | None = None
    asked: Place | None = None
    places: list[Place] = field(default_factory=list)
    acts_for: list[Place] = field(default_factory=list)  # bodies for which the reader may say what they do
    form: AskForm | None = None
    beside: dict[str, list[Adoption]] = field(default_factory=dict)  # anchor → the local texts that touch it
    then: Edition | None = None  # shown in the place of today's text


def of(
    page: ProtocolPage, request: HttpRequest, kept: list[Edition], readable: set[int], signatories: list[Organisation]
) -> Band | None:
    """Nothing where every edition holds from its signature, unless somebody asks; nor for an outsider, who was given
    one page and not what each body does with it.

    `kept` are all editions: what holds does not depend on the reader, who reads the `readable` ones.
    """
    if isinstance(request.user, access.Outsider):
        return None
    if not page.by_body and not (request.GET.get("ente") or request.GET.get("giorno")):
        return None
    rows: list[Adoption] = prepared.answers("adoptions", _rows, page=page.pk)
    known = adoptions.bindings(page, kept, rows, signatories)
    bodies = {body.pk: body for body in signatories}
    others = prepared.by_key(Organisation, {row.organisation_id for row in rows} - bodies.keys())
    bodies |= {body.pk: body for body in others}
    for row in rows:
        row.organisation = bodies[row.organisation_id]
    found = Band(form=_asked(request, bodies))
    today = timezone.localdate()
    found.places = [
        _place(body, today, known, readable) for body in sorted(bodies.values(), key=lambda body: body.name)
    ]
    user = request.user
    mine = user.organisation_id if isinstance(user, User) else None
    found.own = next((each for each in found.places if each.body.pk == mine), None) if rows else None
    if rows and isinstance(user, User):
        acting = access.acts_for(user, Purpose.ADOPTION)
        found.acts_for = [each for each in found.places if each.last and each.body.pk in acting]
    if found.form and found.form.is_bound and found.form.is_valid():
        _answer(found, known, readable)
    _beside(found, page)
    return found


def _rows() -> QuerySet[Adoption]:
    return Adoption.objects.filter(edition__page__pk=prepared.given("page"))


def _asked(request: HttpRequest, bodies: dict[int, Organisation]) -> AskForm:
    asked = {name: request.GET[name] for name in ("ente", "giorno") if request.GET.get(name)}
    own = getattr(request.user, "organisation", None)
    if asked and "ente" not in asked and own and own.pk in bodies:
        asked["ente"] = own.slug
    form = AskForm(asked or None)
    chosen: Any = form.fields["ente"]
    chosen.queryset = Organisation.objects.filter(pk__in=list(bodies))
    offered = sorted(bodies.values(), key=lambda body: body.name)  # read already: asked again where one is chosen alone
    chosen.choices = [("", chosen.empty_label), *((body.slug, str(body)) for body in offered)]
    return form


def _place(body: Organisation, day: date, known: list[Binding], readable: set[int]) -> Place:
    works_by = held(known, body.pk, day)
    newest = next((each for each in reversed(known) if each.begins <= day), None)
    last = last_said(newest.said.get(body.pk, ())) if newest else None
    is_readable = works_by.edition is None or works_by.edition.pk in readable
    return Place(body, day, works_by, newest.edition if newest else None, last, is_readable)


def _answer(found: Band, known: list[Binding], readable: set[int]) -> None:
    typed = found.form.cleaned_data if found.form else {}
    day = typed.get("giorno") or timezone.localdate()
    found.asked = _place(typed["ente"], day, known, readable)


def _beside(found: Band, page: ProtocolPage) -> None:
    """The text of the edition that answers, in the place of today's; and beside its sections what is done otherwise."""
    place = found.asked or found.own
    if place is None or place.held.edition is None or not place.is_readable:
        return
    is_shown = place.held.edition.version == page.version
    if found.asked and not is_shown and place.held.holds:
        found.then = place.held.edition
    if place.held.is_adapted and place.held.adoption and (is_shown or found.then):
        for anchor in place.held.adoption.sections:
            found.beside.setdefault(anchor, []).append(place.held.adoption)
