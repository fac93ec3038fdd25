"""«Persone della rete»: everybody with an account or an invitation, and each one's card, for coordinators."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.models import Invitation, Membership, NameProposal, Position, Profession, User
from portal.models.activity import Verb
from portal.notices.activity import record
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.spaces import roles
from portal.words.days import LastDayField
from portal.words.names import squeezed

from . import delegations, ends, left_behind, working_life
from .people_admin import left_alone_in_words

SOON = timedelta(days=30)
STATES = {
    "attivi": gettext_lazy("Attivi"), "invitati": gettext_lazy("Invitati"), "in-scadenza": gettext_lazy("In scadenza"),
    "chiusi": gettext_lazy("Chiusi"),
}  # fmt: skip


class CardForm(forms.ModelForm):
    """What coordinators keep of a person. The address is the login: administrators change it."""

    first_name = forms.CharField(label=gettext_lazy("Nome"), max_length=150, validators=[no_personal_data])
    last_name = forms.CharField(label=gettext_lazy("Cognome"), max_length=150, validators=[no_personal_data])
    valid_until = LastDayField(
        label=gettext_lazy("Account valido fino al"), required=False,
        help_text=gettext_lazy("Compreso quel giorno. Vuoto: senza scadenza."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["first_name", "last_name", "profession", "positions", "telephone", "valid_until"]
        widgets = {"positions": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        held = self.instance
        fields["profession"].queryset = Profession.objects.filter(Q(retired=False) | Q(people=held)).distinct()
        fields["positions"].queryset = Position.objects.filter(Q(retired=False) | Q(people=held)).distinct()
        fields["profession"].empty_label = _("Nessuna")
        if not fields["positions"].queryset.exists():
            del self.fields["positions"]

    def clean_valid_until(self) -> Any:
        """The day is shown, the minute is kept."""
        return self.cleaned_data["valid_until"] if "valid_until" in self.changed_data else self.instance.valid_until

    def clean(self) -> dict[str, Any]:
        """Refuse what would leave a space to nobody, or a partner's account without an end."""
        data = super().clean() or self.cleaned_data
        ending = "valid_until" in self.changed_data and User.objects.lasting().filter(pk=self.instance.pk).exists()
        if "valid_until" not in self.errors and ends.is_needed(self.instance.organisation) and not data["valid_until"]:
            self.add_error("valid_until", ends.NEEDED)
        if ending and (alone := roles.left_alone([User.objects.get(pk=self.instance.pk)])):
            self.add_error("valid_until", left_alone_in_words(alone))
        return data


@login_required
def network_people(request: PersonRequest) -> HttpResponse:
    """By name and state."""
    access.require_coordinator(request.user)
    request.section = "rete"
    words, state = request.GET.get("nome", "").strip()[:80], request.GET.get("stato", "")
    rows = _in_state(_rows(), state)
    for word in words.split():
        rows = rows.filter(
            Q(squeezed_name__contains=squeezed(word)) | Q(email__icontains=word) | Q(organisation__name__icontains=word)
        )
    part = paging.part(request, rows.__getitem__)
    return render(request, "portal/network_people.html", {
        "people": part.rows, "part": part, "words": words, "state": state,
        "states": STATES.items(), "soon": timezone.now() + SOON,
    })  # fmt: skip


def _rows() -> Any:
    waiting = Invitation.objects.waiting().filter(person=OuterRef("pk"))
    rows = User.objects.select_related("organisation", "profession").annotate(is_invited=Exists(waiting))
    return rows.order_by("last_name", "first_name", "pk")


def _in_state(rows: Any, state: str) -> Any:
    now = timezone.now()
    open_now = Q(is_active=True) & (Q(valid_until=None) | Q(valid_until__gt=now))
    wanted = {
        "attivi": open_now,
        "invitati": Q(is_invited=True),
        "in-scadenza": open_now & Q(valid_until__lte=now + SOON),
        "chiusi": Q(is_invited=False) & ~open_now,
    }
    return rows.filter(wanted[state]) if state in wanted else rows


@login_required
def person_card(request: PersonRequest, pk: int) -> HttpResponse:
    """Body, profession, end; the invitation that waits, and the roles held."""
    access.require_coordinator(request.user)
    request.section = "rete"
    person = access.get_or_404(_rows(), request.user, "manage", pk=pk)
    name = str(person)
    form = CardForm(request.POST or None, instance=person)
    if request.method == "POST":
        with transaction.atomic():  # checked and written in one, as the admin does
            if form.is_valid():
                keep(form, by=request.user)
                messages.success(request, _("La scheda è aggiornata."))
                return redirect("person_card", pk=pk)
    held = Membership.objects.current().filter(user=person).select_related("space__root_page")
    today = timezone.localdate()
    return render(request, "portal/person_card.html", {
        "found": person, "name": name, "form": form,
        "roles": paging.part(request, held.order_by("space__name", "pk").__getitem__, key="ruoli"),
        "delegations": delegations.held(person),
        "in_the_way": working_life.in_the_way(person), "alone": working_life.answered_alone(person),
        "left": left_behind.is_something(person),
        "proposal": NameProposal.objects.filter(person=person).first(),
        "placements": person.placements.select_related("organisation").order_by("-since"), "today": today,
        "absences": person.absences.filter(until__gte=today).select_related("substitute"),
        "invitation": person.invitations.first() if person.is_invited else None, "asked": ends.is_asked(person),
    })  # fmt: skip


def keep(form: CardForm, *, by: User) -> User:
    """Write the card, and which of its parts changed: the parts, not what they said."""
    person: User = form.save()
    labels = ", ".join(str(form.fields[name].label).lower() for name in form.changed_data)
    sentence = _("ha cambiato la scheda di %(person)s") % {"person": person}
    record(Verb.PERSON_CHANGED, by=by, sentence=sentence, note=labels)
    return person


@login_required
@require_POST
def let_account_end(request: PersonRequest, pk: int) -> HttpResponse:
    """«Lascia che finisca»: the account ends on its day, and nobody is asked again."""
    access.require_coordinator(request.user)
    person = access.get_or_404(User.objects.all(), request.user, "manage", pk=pk)
    ends.let_end(person)
    messages.success(request, _("Va bene: l’account finisce nel suo giorno."))
    return redirect("person_card", pk=pk)
