"""A person's page, and what a person says of oneself."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import NameProposal, User
from portal.models.working_life import PlacementKind
from portal.personal_data.guard import no_personal_data
from portal.requests import PersonRequest
from portal.spaces.overview import answered_by

from . import names
from .delegation_mail import days_in_words, lasting


class ProfileForm(forms.ModelForm):
    """What everybody says of oneself; the profession is the administrators', because rights follow from it."""

    first_name = forms.CharField(label=gettext_lazy("Nome"), max_length=150, validators=[no_personal_data])
    last_name = forms.CharField(label=gettext_lazy("Cognome"), max_length=150, validators=[no_personal_data])

    class Meta:
        model = User
        fields = ["first_name", "last_name", "telephone", "slash_searches"]


@login_required
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """A colleague: body, profession, telephone, and what the colleague answers for."""
    request.section = "rubrica"
    found = access.get_or_404(User.objects.current().select_related("organisation", "profession"), request.user, pk=pk)
    kinds = answered_by(found, request.user)
    keeps = access.can(request.user, "manage", found)
    context = {
        "found": found,
        "kinds": kinds,
        "keeps": keeps,
        "seats": found.placements.current().filter(kind=PlacementKind.SEAT).select_related("organisation"),
        "absences": access.with_known_substitutes(found.absences.current().select_related("substitute"), request.user),
    }
    return render(request, "portal/person.html", context)


@login_required
def profile(request: PersonRequest) -> HttpResponse:
    """One's own name and telephone; where password and second factor are changed."""
    proposal = NameProposal.objects.filter(person=request.user).first()
    asked = {"first_name": proposal.first_name, "last_name": proposal.last_name} if proposal else {}
    form = ProfileForm(request.POST or None, instance=request.user, initial=asked)
    if request.method == "POST" and form.is_valid():
        _save(request, form)
        return redirect("profile")
    held = [(row, days_in_words(row, request.user)) for row in lasting(request.user)]
    return render(request, "portal/profile.html", {"form": form, "proposal": proposal, "delegations": held})


def _save(request: PersonRequest, form: ProfileForm) -> None:
    """Telephone and keys at once; another name is asked for, and the own one again asks for nothing."""
    person = User.objects.get(pk=request.user.pk)
    typed = form.cleaned_data["first_name"], form.cleaned_data["last_name"]
    asks = typed != (person.first_name, person.last_name) and not names.is_free(person)
    said = _("Profilo aggiornato.")
    with transaction.atomic():
        if asks:
            form.instance.first_name, form.instance.last_name = person.first_name, person.last_name
            names.propose(person, *typed)
            said = _("Profilo aggiornato. Il nome nuovo lo conferma chi coordina la rete.")
        else:
            names.withdraw(person)
        form.save()
    messages.success(request, said)
