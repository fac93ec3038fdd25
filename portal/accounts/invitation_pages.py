"""«Invita una persona», and the page behind the link of the mail."""

from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access
from portal.models import Invitation, Organisation, Profession, Space, User
from portal.models.spaces import Role
from portal.personal_data.guard import no_personal_data
from portal.requests import FramedRequest, PersonRequest
from portal.words.days import LastDayField
from portal.words.telephone import valid_telephone

from . import ends, invitations

NO_ROLE = ("", gettext_lazy("Nessun ruolo"))


class InviteForm(forms.Form):
    """Who, of which body, as what, until when; and a role in each of the spaces that the inviter answers for."""

    email = forms.EmailField(label=gettext_lazy("E-mail di lavoro"), max_length=254)
    first_name = forms.CharField(label=gettext_lazy("Nome"), max_length=150, validators=[no_personal_data])
    last_name = forms.CharField(label=gettext_lazy("Cognome"), max_length=150, validators=[no_personal_data])
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Ente"), queryset=Organisation.objects.none(), empty_label=gettext_lazy("Scegli un ente")
    )
    profession = forms.ModelChoiceField(
        label=gettext_lazy("Professione (facoltativa)"), queryset=Profession.objects.none(), required=False,
        empty_label=gettext_lazy("Nessuna"),
    )  # fmt: skip
    telephone = forms.CharField(
        label=gettext_lazy("Telefono (facoltativo)"), max_length=40, required=False, validators=[valid_telephone]
    )
    valid_until = LastDayField(
        label=gettext_lazy("Account valido fino al"), required=False,
        help_text=gettext_lazy("Compreso quel giorno. Vuoto: senza scadenza; per il Terzo settore serve sempre."),
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = access.bodies_to_invite_for(by)
        fields["profession"].queryset = Profession.objects.filter(retired=False)
        self.spaces = list(access.allowed(Space.objects.filter(closed_at=None).order_by("name"), by, "manage"))
        for space in self.spaces:
            self.fields[f"role_{space.pk}"] = forms.ChoiceField(
                label=space.name, required=False, choices=[NO_ROLE, *((str(role.value), role.label) for role in Role)]
            )

    @property
    def about(self) -> list[Any]:
        """The fields about the person."""
        return [field for field in self if not field.name.startswith("role_")]

    @property
    def role_fields(self) -> list[Any]:
        return [field for field in self if field.name.startswith("role_")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "valid_until" not in self.errors and ends.is_needed(data.get("organisation")) and not data["valid_until"]:
            self.add_error("valid_until", ends.NEEDED)
        return data

    @property
    def asked(self) -> invitations.Asked:
        given = self.cleaned_data
        roles = [(space, Role(int(given[f"role_{space.pk}"]))) for space in self.spaces if given[f"role_{space.pk}"]]
        names = ("email", "first_name", "last_name", "organisation", "profession", "telephone", "valid_until")
        return invitations.Asked(**{name: given[name] for name in names}, roles=roles)


@login_required
def invite(request: PersonRequest) -> HttpResponse:
    """One person; the mail leaves at once."""
    access.require_inviter(request.user)
    request.section = "rete"
    form = InviteForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.invite(form.asked, by=request.user)
        except invitations.AlreadyThere as found:
            form.add_error("email", already_there(found.person, request.user))
        else:
            messages.success(request, _("Invito mandato a %(email)s: vale 14 giorni.") % {"email": made.person.email})
            return redirect("network_people") if access.coordinates(request.user) else redirect("invite")
    first = not access.bodies_to_invite_for(request.user).exists()
    return render(request, "portal/invite.html", {"form": form, "needs_body": first})


def already_there(person: User, reader: User) -> Any:
    """Who has the address already, for whoever keeps accounts; to others no name."""
    if not access.can(reader, "manage", person):
        return _("C’è già un account con questo indirizzo: chiedi a chi coordina la rete.")
    waiting = Invitation.objects.waiting().filter(person=person).exists()
    if waiting:
        words = _("{person} ha già un invito: <a href='{url}'>mandalo di nuovo dalla sua scheda</a>.")
    elif person.is_active:
        words = _("È l’indirizzo di {person}: <a href='{url}'>apri la sua scheda</a>.")
    else:
        words = _("L’account di {person} è chiuso: <a href='{url}'>riaprilo dalla sua scheda</a>.")
    return format_html(words, person=person, url=reverse("person_card", args=[person.pk]))


@login_required
@require_POST
def invitation_act(request: PersonRequest, pk: int) -> HttpResponse:
    """Send the invitation again, or withdraw it."""
    access.require_coordinator(request.user)
    person = access.get_or_404(User.objects.all(), request.user, "manage", pk=pk)
    waiting = Invitation.objects.waiting().filter(person=person).first()
    try:
        if waiting is None:
            raise invitations.NotWaiting(_("L’invito non è più in attesa."))
        if "ritira" in request.POST:
            invitations.withdraw(waiting, by=request.user)
            messages.success(request, _("Invito ritirato: il collegamento non vale più."))
        else:
            invitations.invite_again(waiting, by=request.user)
            messages.success(request, _("Invito mandato di nuovo: vale 14 giorni, quello di prima non più."))
    except invitations.NotWaiting as problem:
        messages.error(request, str(problem))
    return redirect("person_card", pk=pk)


def accept_invitation(request: FramedRequest, token: str) -> HttpResponse:
    """Choose a password, and come in. Looking at the page uses nothing up: mail programs open links too."""
    found = invitations.read(token)
    if found is None or (found.accepted_at is None and found.is_over):
        return render(request, "portal/invitation_over.html", status=410)
    if found.accepted_at is not None:
        return render(request, "portal/invitation_over.html", {"used": True}, status=410)
    form = SetPasswordForm(found.person, request.POST or None)
    form.fields["new_password1"].label = _("Password")
    form.fields["new_password2"].label = _("La stessa password, un’altra volta")
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept(found, form.cleaned_data["new_password1"])
        except invitations.NotWaiting:
            return render(request, "portal/invitation_over.html", status=410)
        response: HttpResponse = perform_login(request, person, email_verification="none", redirect_url="/")
        return response
    return render(request, "portal/invitation.html", {"found": found, "form": form})


@login_required
@require_POST
def greeted(request: PersonRequest) -> HttpResponse:
    """«Ho visto»: the first things to do leave the home page."""
    Invitation.objects.filter(person=request.user, greeted_at=None).update(greeted_at=timezone.now())
    return redirect("home")
