"""What belongs to no room: the home page, news, what the network says of itself, what is not found."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.models import Page

from . import access, paging, typed
from .frame import is_partner
from .models import Invitation, NetworkProfile, Organisation, Space, Term, User
from .models.spaces import Visibility
from .notices import feed, first_steps
from .pages import withdrawing
from .requests import PersonRequest, number
from .upkeep import terms

NEWS_WINDOW = timedelta(days=30)
SHOWN = 6
AHEAD = 30  # what happens in the week
SPACES = 20  # on the home page; all of them stand in their list
CALLED = 5  # services on a partner’s home page; all of them stand in the directory

# --- Errors ----------------------------------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Hidden and missing answer alike; whoever has not entered is asked to, whatever the address."""
    user = getattr(request, "user", None)
    wants_page = request.method in {"GET", "HEAD"} and not request.path_info.startswith(("/static/", "/api/"))
    if user is not None and not user.is_authenticated and wants_page and request.GET.get("format") != "json":
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    if user is not None and user.is_authenticated and wants_page and (found := withdrawing.gone(request.path, user)):
        return render(request, "portal/withdrawn.html", found, status=410)
    return render(request, "404.html", typed.unsent(request), status=404)


# --- Home ------------------------------------------------------------------------------------------------


def home(request: HttpRequest) -> HttpResponse:
    """The desk: what to do, what changed, what is coming, where I was. The public pages for whoever has not entered."""
    if not request.user.is_authenticated:
        space = Space.objects.filter(visibility=Visibility.PUBLIC).select_related("root_page").first()
        below = Page.objects.child_of(space.root_page) if space else Page.objects.none()
        part = paging.part(
            request, lambda piece: access.allowed(below, request.user).order_by("path")[piece].specific()
        )
        return render(request, "portal/home_public.html", {"space": space, "pages": part.rows, "part": part})
    since = timezone.now() - NEWS_WINDOW
    changes, places = feed.news_and_places(request.user, since, SHOWN)
    agenda = feed.agenda(request.user, asked=feed.asked_of(request), most=AHEAD + 1)
    resume = feed.resume(cast("PersonRequest", request))
    path = next((each for each in resume if each.of), None) if request.user.is_learner else None
    context = {
        "weeks": feed.by_week(changes),
        "shown_count": len(changes),
        "change_count": len(places),
        "uncounted": len(places) == feed.COUNTED,
        "agenda": agenda[:AHEAD],
        "more_ahead": len(agenda) > AHEAD,
        "path": path,  # whoever learns finds it before anything else
        "resume": [each for each in resume if each is not path],
        "figures": feed.figures(request.user),
        "contacts": feed.contacts(request.user)[:CALLED] if is_partner(request.user) else [],
        "now": timezone.now(),
        "steps": first_steps.of(request.user),
        "welcome": access.addressed_rows("welcome", Invitation.objects.to_greet, request.user, "person", most=1),
        "until": timezone.localdate() + timedelta(days=8),
        "spaces": _spaces_with_news(request.user, places),
    }
    return render(request, "portal/home.html", context)


def _spaces_with_news(user: Any, places: list[str]) -> list[tuple[Space, int]]:
    """The first of the person's spaces, each with how many of its pages are new, those with the most before."""
    fresh = Counter(path[: access.SPACE_PATH] for path in places)
    named = sorted(access.names_of_spaces(user).items(), key=lambda row: (-fresh[row[0]], row[1]))[:SPACES]
    held = access.standing(user)
    return [(space, fresh[path]) for path, _name in named if (space := held.space_at(path))]


@login_required
def news(request: PersonRequest) -> HttpResponse:
    """Everything that changed for the person in the last thirty days."""
    since = timezone.now() - NEWS_WINDOW
    part = paging.part(request, lambda piece: feed.changes(request.user, since, piece=piece))
    return render(request, "portal/news.html", {"weeks": feed.by_week(part.rows), "part": part})


@login_required
@require_POST
def news_seen(request: PersonRequest) -> HttpResponse:
    """«Segna tutte come viste»: home page and digest leave out what had changed when the page was read."""
    seconds = number(request.POST.get("fino"))
    if seconds is None:
        messages.error(request, _("Non ho capito fino a quando: ricarica la pagina e riprova."))
    else:
        feed.see_news(request.user, datetime.fromtimestamp(min(seconds, time.time()), UTC))
        messages.success(request, _("Fatto: il riepilogo non ripete le novità che hai visto."))
    return redirect("home")


@login_required
def network_desk(request: PersonRequest) -> HttpResponse:
    """Where whoever keeps the network begins: its spaces, its bodies, its coordinators."""
    access.require_coordinator(request.user)
    request.section = "rete"
    counts = {
        "spaces": Space.objects.filter(closed_at=None).count(),
        "people": User.objects.current().count(),
        "invited": Invitation.objects.waiting().count(),
        "bodies": Organisation.objects.count(),
        "terms": Term.objects.count(),
        "coordinators": access.coordinators().count(),
    }
    return render(request, "portal/network_desk.html", {"counts": counts})


# --- What the network says of itself ---------------------------------------------------------------------


def accessibility(request: HttpRequest) -> HttpResponse:
    """The declaration of accessibility, with what is still to be filled in for administrators alone."""
    return _of_the_network(request, "portal/accessibility.html", NetworkProfile.CONTACT + NetworkProfile.ACCESSIBILITY)


def privacy(request: HttpRequest) -> HttpResponse:
    """Who decides on the data, why, and how long they are kept."""
    names = NetworkProfile.CONTACT + NetworkProfile.PRIVACY
    return _of_the_network(request, "portal/privacy.html", names, terms=terms.shown())


def _of_the_network(request: HttpRequest, template: str, names: tuple[str, ...], **more: Any) -> HttpResponse:
    profile = NetworkProfile.load(request)
    missing = profile.missing(names) if access.is_administrator(request.user) else []
    return render(request, template, {"profile": profile, "missing": missing, **more})
