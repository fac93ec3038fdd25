"""How often a person wants the digest: asked in the profile, stopped from the mail."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from portal.models import DigestPreference
from portal.requests import PersonRequest

from . import digests


class DigestForm(forms.ModelForm):
    class Meta:
        model = DigestPreference
        fields = ["frequency", "weekday", "hour"]
        widgets = {"frequency": forms.RadioSelect}


@login_required
def digest_preference(request: PersonRequest) -> HttpResponse:
    """How often, which day, at what hour; with what the next one would say."""
    choice = digests.preference(request.user)
    form = DigestForm(request.POST or None, instance=choice)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Preferenza salvata."))
        return redirect("digest_preference")
    return render(request, "portal/digest_preference.html", {"form": form, "digest": digests.preview(request.user)})


@csrf_exempt  # RFC 8058: the mail program posts without a session
@never_cache
def digest_stop(request: HttpRequest, token: str) -> HttpResponse:
    """One click stops the digest; a visit asks first, because mail scanners visit every link."""
    user = digests.person_of(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        digests.stop(token)
    return render(request, "portal/digest_stop.html", {"found": user, "stopped": request.method == "POST"})
