"""The author's own look at what a publication will do, before anybody is asked."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from wagtail.models import Page

from portal import access
from portal.notices import feed
from portal.requests import PersonRequest

from . import trial


@login_required
def trial_page(request: PersonRequest, pk: int) -> HttpResponse:
    live = access.get_or_404(Page.objects.filter(depth__gt=access.SPACE_DEPTH), request.user, "edit", pk=pk).specific
    proposal = live.get_latest_revision_as_object()
    context = {"page": live, "title": feed.name(proposal), "trial": trial.of(live, proposal)}
    return render(request, "portal/trial.html", context)
