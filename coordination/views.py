"""Meetings, their actions, and the directory."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import access, paging
from portal.models import Delegation, Organisation, User
from portal.pages import kinds
from portal.requests import PersonRequest

from . import actions, calendars, names
from .forms import NoteForm
from .models import MeetingPage, ServicePage

LONGEST = timedelta(minutes=32_767)  # as long as one can be written down
KEYS = {"people": "persone", "services": "servizi", "bodies": "enti"}  # of the lists of the directory


@login_required
def meeting_list(request: PersonRequest) -> HttpResponse:
    """Meetings to come, then those held, newest first."""
    request.section = "riunioni"
    now, shown = timezone.now(), (*kinds.NAME, *MeetingPage.said_in_lists, "minutes_long", "place")
    meetings = access.allowed(MeetingPage.objects.only(*shown), request.user)
    begun = meetings.filter(starts_at__gt=now - LONGEST, starts_at__lte=now)
    running = [meeting.pk for meeting in begun.only("starts_at", "minutes_long") if not meeting.is_over]
    coming = meetings.filter(Q(starts_at__gt=now) | Q(pk__in=running)).order_by("starts_at", "pk")
    next_ones = paging.part(request, coming.__getitem__, key="prossime")
    held = meetings.filter(starts_at__lte=now).exclude(pk__in=running)
    part = paging.part(request, held.order_by("-starts_at", "-pk").__getitem__)
    homes = access.spaces_of([*next_ones.rows, *part.rows], request.user)
    context = {
        "coming": [(meeting, homes.get(meeting.pk)) for meeting in next_ones.rows],
        "next_ones": next_ones,
        "count": paging.count(next_ones, coming.count),
        "held": [(meeting, homes.get(meeting.pk)) for meeting in part.rows],
        "part": part,
    }
    return render(request, "coordination/meeting_list.html", context)


@login_required
def action(request: PersonRequest, pk: int) -> HttpResponse:
    """An own action: its sentence, its day, «Completa» with a note; once done, the note and «Riapri»."""
    request.section = "home"
    found = get_object_or_404(actions.of(request.user), pk=pk)
    form = NoteForm(request.POST if request.method == "POST" else None, action=found)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        if actions.close(found, note=note, by=request.user):
            messages.success(request, render_to_string("coordination/closed.html", {"action": found}, request))
        elif "note" not in request.POST or (note == found.done_note and form.cleaned_data["seen"] == ""):
            messages.info(request, _("L’azione era già chiusa: «%(action)s»") % {"action": found.text})
        else:
            actions.annotate(found, note=note, by=request.user)
            messages.success(request, _("La nota è salvata."))
        return redirect("home")
    readable = access.can(request.user, "view", found)
    context = {"action": found, "form": form, "meeting": found.meeting if readable else None}
    return render(request, "coordination/action.html", context)


@login_required
@require_POST
def reopen_action(request: PersonRequest, pk: int) -> HttpResponse:
    """«Annulla», «Riapri»: an own action goes back to what is to be done."""
    found = get_object_or_404(actions.of(request.user), pk=pk)
    if actions.reopen(found, by=request.user):
        messages.success(request, _("L’azione è di nuovo da fare: «%(action)s»") % {"action": found.text})
    return redirect("home")


def meeting_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting for the person's own calendar (RFC 5545)."""
    meeting = access.get_or_404(MeetingPage.objects.live(), request.user, pk=pk)
    response = HttpResponse(calendars.of_meeting(meeting), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{meeting.slug}.ics"'
    return response


@login_required
def directory(request: PersonRequest) -> HttpResponse:
    """People, bodies and services that the reader may see, found by name."""
    request.section = "rubrica"
    words = request.GET.get("nome", "").strip()[:80]
    services = access.allowed(ServicePage.objects.select_related("organisation"), request.user)
    found = {
        "services": names.found(words, services, lambda each: each.title, lambda each: each.summary),
        "bodies": names.found(words, Organisation.objects.all(), lambda body: body.name),
    }
    parts = {kind: paging.part(request, rows.__getitem__, key=KEYS[kind]) for kind, rows in found.items()}
    counts = {f"{kind}_count": len(rows) for kind, rows in found.items()}
    colleagues = _colleagues(request)
    people = colleagues.named(words) if words else colleagues
    part = paging.part(request, people.__getitem__, key=KEYS["people"])
    context = {**parts, **counts, "people": part, "people_count": paging.count_in_words(part, people), "words": words}
    return render(request, "coordination/directory.html", context)


@login_required
def organisation(request: PersonRequest, slug: str) -> HttpResponse:
    """A body of the network, its services, and its people as far as the reader works with them."""
    request.section = "rubrica"
    found = get_object_or_404(Organisation, slug=slug)
    people = _colleagues(request).filter(organisation=found)
    services = access.allowed(ServicePage.objects.filter(organisation=found), request.user)
    delegations = Delegation.objects.current().filter(organisation=found).select_related("person", "substitute")
    context = {
        "found": found,
        "organs": found.organs.all(),
        "is_of_mine": access.bodies_of(request.user).filter(pk=found.pk).exists(),
        "may_invite": access.bodies_to_invite_for(request.user).filter(pk=found.pk).exists(),
        "patron": found.next_patron(),
        "delegations": access.allowed(delegations, request.user),
        "services": paging.part(request, services.order_by("title", "pk").__getitem__, key="servizi"),
        "people": paging.part(request, people.__getitem__, key="persone"),
    }
    return render(request, "coordination/organisation.html", context)


def _colleagues(request: PersonRequest) -> Any:
    """As the telephone book has them."""
    found = User.objects.current().colleagues().select_related("organisation", "profession")
    return access.allowed(found, request.user).order_by("squeezed_name", "pk")
