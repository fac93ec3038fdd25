"""«Cambia ente», «Assenza», «Lascia la rete»: what happens in a person's working life, kept by coordinators."""

from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access
from portal.models import Absence, Delegation, Organisation, Placement, Space, User
from portal.models.spaces import Role
from portal.models.working_life import PlacementKind
from portal.requests import PersonRequest
from portal.spaces import role_mail, roles
from portal.words import dates
from portal.words.days import DayField

from . import absences, delegations, ends, handover, working_life
from .people_admin import left_alone_in_words
from .person_field import Offered, PersonField, choosable

ENDS = "fine"


def _kept(request: PersonRequest, pk: int) -> User:
    access.require_coordinator(request.user)
    request.section = "rete"
    return access.get_or_404(User.objects.select_related("organisation"), request.user, "manage", pk=pk)


class MoveForm(forms.Form):
    """Another body, or where the person sits."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Che cosa cambia"), choices=[
            (PlacementKind.BODY, gettext_lazy("L’ente: con lui gli spazi che legge")),
            (PlacementKind.SEAT, gettext_lazy("La sede: lavora presso un altro ente, l’ente resta")),
        ], widget=forms.RadioSelect,
    )  # fmt: skip
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Ente"), queryset=Organisation.objects.all(), empty_label=gettext_lazy("Scegli un ente")
    )
    since = DayField(label=gettext_lazy("Dal"))
    until = DayField(
        label=gettext_lazy("Fino al (facoltativo)"), required=False,
        help_text=gettext_lazy("Solo per la sede: l’ente dura finché non ne comincia un altro."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until, body = data.get("since"), data.get("until"), data.get("organisation")
        if since and until and until < since:
            self.add_error("until", _("L’ultimo giorno viene prima del primo."))
        if data.get("kind") == PlacementKind.BODY:
            if body and since and body == working_life.body_on(self.person, since):
                self.add_error("organisation", _("È già il suo ente."))
            if until:
                self.add_error("until", _("L’ente dura finché non ne comincia un altro: lascia vuoto."))
            if ends.is_needed(body) and not self.person.valid_until:
                self.add_error("organisation", ends.NEEDED)
        kind = data.get("kind", "")
        if since and (row := working_life.begun_after(self.person, kind, since, until)):
            day = dates.in_words(row.since, article="dal").capitalize()
            words = {"since": day, "body": row.organisation}
            self.add_error("since", _("%(since)s è già scritto «%(body)s»: quello che cambia comincia dopo.") % words)
        return data


@login_required
def move_person(request: PersonRequest, pk: int) -> HttpResponse:
    person = _kept(request, pk)
    form, former, alone = MoveForm(request.POST or None, person=person), person.organisation, []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        replaced = working_life.planned(person, given["kind"], given["since"], given["until"])
        try:
            if given["kind"] == PlacementKind.BODY:
                alone = working_life.move(person, given["organisation"], since=given["since"], by=request.user)
            else:
                working_life.sit(
                    person, given["organisation"], since=given["since"], until=given["until"], by=request.user
                )
        except working_life.LeavesAlone as problem:
            form.add_error("organisation", left_alone_in_words(problem.spaces))
        else:
            messages.success(request, _("Scritto: vale dal giorno che hai indicato."))
            for row in replaced:
                words = {"body": row.organisation, "since": dates.in_words(row.since, article="dal")}
                messages.warning(request, _("Prende il posto di «%(body)s», che era scritto %(since)s.") % words)
            if alone:
                messages.warning(request, left_alone_then(alone, given["since"]))
            if given["kind"] == PlacementKind.BODY and former and delegations.held(person).filter(organisation=former):
                messages.warning(request, _acts_on(person, former))
            return redirect("person_card", pk=pk)
    return render(request, "portal/move_person.html", {"found": person, "form": form})


@login_required
@require_POST
def take_back_placement(request: PersonRequest, pk: int, placement_pk: int) -> HttpResponse:
    """A body or a seat that has not begun; pressed twice, or too late, that is said."""
    person = _kept(request, pk)
    rows = Placement.objects.filter(person=person, since__gt=timezone.localdate()).select_related("organisation")
    row = rows.filter(pk=placement_pk).first()
    if row is None:
        messages.error(request, _("È già cominciato, o non c’è più: non si toglie."))
    else:
        working_life.take_back(row, by=request.user)
        messages.success(request, _("Tolto: non comincerà."))
    return redirect("person_card", pk=pk)


def left_alone_then(alone: list[Space], day: date) -> str:
    """A move that is planned, and what keeps it from taking place."""
    words = {"day": dates.in_words(day, article="il"), "names": ", ".join(f"«{space}»" for space in alone)}
    return _("%(day)s resterebbe senza responsabile %(names)s: nominane un altro prima, o il passaggio aspetta.") % (
        words | {"day": words["day"].capitalize()}
    )


def _acts_on(person: User, former: Organisation) -> SafeString:
    """A body names who acts for it, and not only its own people: leaving it ends no delegation by itself."""
    return format_html(
        _("{who} agisce ancora a nome di {body}: <a href='{url}'>finisci le sue deleghe, o dalle ad altri</a>."),
        who=person, body=former, url=reverse("body_delegations", args=[former.slug]),
    )  # fmt: skip


class AbsenceForm(forms.Form):
    """From when until when, and who stands in; why is not asked."""

    since = DayField(label=gettext_lazy("Dal"))
    until = DayField(label=gettext_lazy("Fino al"), help_text=gettext_lazy("Compreso quel giorno."))
    substitute = PersonField(
        label=gettext_lazy("Chi fa quello che le tocca (facoltativo)"), required=False,
        empty_label=gettext_lazy("Nessuno"),
        help_text=gettext_lazy("Trova le sue cose da fare tra le proprie. Non legge per questo altre pagine."),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        fields: dict[str, Any] = self.fields
        fields["substitute"].offer(choosable().exclude(pk=person.pk))

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day < timezone.localdate():
            raise ValidationError(_("La data è già passata."))
        if (since := self.cleaned_data.get("since")) and day < since:
            raise ValidationError(_("L’ultimo giorno viene prima del primo."))
        return day

    def clean(self) -> dict[str, Any]:
        """One absence at a time: of two substitutes each would think that the other does it."""
        data = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and (found := self.person.absences.filter(since__lte=until, until__gte=since).first()):
            words = {"since": dates.in_words(found.since, article="dal"),
                     "until": dates.in_words(found.until, article="al")}  # fmt: skip
            self.add_error("since", _("È già assente %(since)s %(until)s: prima finisci quell’assenza.") % words)
        other = data.get("substitute")
        if since and until and other and (why := absences.why_not(other, since, until)):
            self.add_error("substitute", why)
        return data


@login_required
def absence(request: PersonRequest, pk: int) -> HttpResponse:
    person = _kept(request, pk)
    form = AbsenceForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        working_life.be_away(
            person, since=given["since"], until=given["until"], substitute=given["substitute"], by=request.user
        )
        messages.success(request, _("Assenza scritta; il motivo non serve."))
        overlap = {"since__lte": given["until"], "until__gte": given["since"]}
        for away in Absence.objects.filter(substitute=person, **overlap).select_related("person"):
            words = {"who": away.person, "person": person}
            messages.warning(request, _("In quei giorni %(person)s sostituisce %(who)s: trova chi lo fa.") % words)
        rows = delegations.unattended(person, given["since"], given["until"])
        for body, of_body in groupby(rows, key=lambda row: row.organisation):
            messages.warning(request, _nobody_acts(body, list(of_body)))
        return redirect("person_card", pk=pk)
    return render(request, "portal/absence.html", {"found": person, "form": form})


def _nobody_acts(body: Organisation, rows: list[Delegation]) -> SafeString:
    """What a body asks of its delegate is done by nobody else who stands in for her."""
    return format_html(
        _("In quei giorni nessun altro agisce a nome di {body} ({purposes}): <a href='{url}'>dai la delega anche a "
          "qualcun altro</a>."),
        body=body, purposes="; ".join(row.get_purpose_display() for row in rows),
        url=reverse("body_delegations", args=[body.slug]),
    )  # fmt: skip


@login_required
@require_POST
def end_absence(request: PersonRequest, pk: int, absence_pk: int) -> HttpResponse:
    person = _kept(request, pk)
    row = person.absences.filter(pk=absence_pk).first()
    if row is None or row.until < timezone.localdate():
        messages.error(request, _("Questa assenza era già finita."))
    else:
        working_life.end_absence(row, by=request.user)
        messages.success(request, _("Assenza finita."))
    return redirect("person_card", pk=pk)


class ManagerForm(forms.Form):
    """Who answers for a space beside the one person who does; whose account has an end would leave it again."""

    manager = PersonField(label=gettext_lazy("Chi ne risponde"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["manager"].offer(choosable().filter(valid_until=None).exclude(pk=person.pk))


@login_required
def name_manager(request: PersonRequest, pk: int, space_pk: int) -> HttpResponse:
    """Another responsabile where the person is the only one: before she moves, ends, or leaves."""
    person = _kept(request, pk)
    space = next((each for each in working_life.answered_alone(person) if each.pk == space_pk), None)
    if space is None:  # of a space that others answer for, and of none: one answer
        messages.info(request, _("Di questo spazio risponde già qualcun altro."))
        return redirect("person_card", pk=pk)
    form = ManagerForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["manager"]
        with transaction.atomic():
            reason = _("Insieme a %(who)s") % {"who": person}
            roles.give_role(space, to, Role.MANAGER, by=request.user, reason=reason)
            role_mail.ask(to, space, by=request.user)
        messages.success(request, _("Di «%(space)s» ora risponde anche %(who)s.") % {"space": space, "who": to})
        return redirect("person_card", pk=pk)
    return render(request, "portal/name_manager.html", {"found": person, "form": form, "answered": space})


class HandoverForm(forms.Form):
    """Each thing with its new owner, or its end; nobody is chosen beforehand."""

    to_all = PersonField(
        label=gettext_lazy("A chi passa tutto quello che non scegli qui sotto"), required=False,
        empty_label=gettext_lazy("Scelgo cosa per cosa"),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User, items: list[handover.Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        fields: dict[str, Any] = self.fields
        for item in items:
            end = ((ENDS, _("Finisce qui")),) if item.may_end else ()
            empty = _("Finisce con l’account") if item.is_named else _("Scegli")
            end = () if item.is_named else end
            fields[item.key] = PersonField(label=item.title, required=False, always=end, empty_label=empty)
            if item.is_named:
                fields[item.key].help_text = _("Se non scegli nessuno finisce con l’account.")
        people = Offered(choosable().exclude(pk=person.pk))
        for field in fields.values():
            field.offer(people)

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields under what they are about."""
        found: dict[str, list[Any]] = {}
        for item in self.items:
            found.setdefault(item.what, []).append((self[item.key], item))
        return list(found.items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for item in self.items:
            if item.key in data and not data[item.key] and not data.get("to_all") and not item.is_named:
                self.add_error(item.key, _("Scegli chi la prende: niente resta senza qualcuno.") if not item.may_end
                               else _("Scegli chi la prende, o che finisce qui."))  # fmt: skip
        return data

    @property
    def given(self) -> dict[str, User | None]:
        data = self.cleaned_data
        given = {item.key: data[item.key] or (None if item.is_named else data["to_all"]) for item in self.items}
        return {key: None if to == ENDS else to for key, to in given.items()}


@login_required
def hand_over(request: PersonRequest, pk: int) -> HttpResponse:
    """All on one screen, and one button; the account closes with it."""
    person = _kept(request, pk)
    if person == request.user:
        messages.error(request, _("Le tue consegne le chiude un’altra persona che coordina la rete."))
        return redirect("person_card", pk=pk)
    form = HandoverForm(request.POST or None, person=person, items=handover.items(person, request.user))
    if handover.is_over(person, form.items):
        messages.info(request, _("Le consegne di %(who)s erano già passate.") % {"who": person})
        return redirect("person_card", pk=pk)
    if form.is_valid():
        try:
            handover.leave(person, form.given, by=request.user)
        except handover.NothingLeft as problem:
            messages.info(request, str(problem))
            return redirect("person_card", pk=pk)
        except handover.Refused as problem:
            for key, why in problem.reasons.items():
                form.add_error(key, why)
        except handover.SomethingNew as problem:
            form.add_error(None, str(problem))
        else:
            said = _("Fatto: l’account di %(who)s è chiuso.") if person.is_current() else _(
                "Fatto: le consegne di %(who)s sono passate."
            )  # fmt: skip
            messages.success(request, said % {"who": person})
            return redirect("network_people")
    return render(request, "portal/hand_over.html", {"found": person, "form": form})


@login_required
@require_POST
def reopen_account(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody comes back: the account opens again, with the body's spaces and no role of its own."""
    person = _kept(request, pk)
    if person.is_active or person.invitations.waiting().exists():
        messages.error(request, _("Questo account non è chiuso."))
    else:
        working_life.come_back(person, by=request.user)
        messages.success(request, _("Account riaperto: entra con la sua password, o ne sceglie un’altra."))
    return redirect("person_card", pk=pk)
