"""A person's page, and what a person says of oneself."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import User
from portal.requests import PersonRequest
from portal.spaces.overview import answered_by


class ProfileForm(forms.ModelForm):
    """What everybody says of oneself; the profession is the administrators', because rights follow from it."""

    first_name = forms.CharField(label=gettext_lazy("Nome"), max_length=150)
    last_name = forms.CharField(label=gettext_lazy("Cognome"), max_length=150)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "telephone", "slash_searches"]


@login_required
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """A colleague: body, profession, telephone, and what the colleague answers for."""
    request.section = "rubrica"
    found = access.get_or_404(User.objects.current().select_related("organisation"), request.user, pk=pk)
    kinds = answered_by(found, request.user)
    return render(request, "portal/person.html", {"found": found, "kinds": kinds})


@login_required
def profile(request: PersonRequest) -> HttpResponse:
    """One's own name and telephone; where password and second factor are changed."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Profilo aggiornato."))
        return redirect("profile")
    return render(request, "portal/profile.html", {"form": form})
