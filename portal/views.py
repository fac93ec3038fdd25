"""The pages that are not in Wagtail's tree: home, spaces, files, directory, profile, mails."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from wagtail.models import Page

from . import access, digests, feed, outbox, problems
from .forms import DigestForm, ProblemForm, ProfileForm, own_path
from .frame import is_partner
from .models import Delivery, Document, Image, NetworkProfile, ProblemReport, Rendition, Space, User
from .models.pages import PortalPage
from .models.spaces import Role
from .overview import answered_by
from .requests import FramedRequest, PersonRequest, number
from .serving import file_response

NEWS_WINDOW = timedelta(days=30)
SHOWN = 6
CALLED = 5  # services on a partner’s home page; all of them stand in the directory

# --- Errors ----------------------------------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Hidden and missing answer alike; whoever has not entered is asked to, whatever the address."""
    user = getattr(request, "user", None)
    wants_page = request.method in {"GET", "HEAD"} and not request.path.startswith(("/static/", "/api/"))
    if user is not None and not user.is_authenticated and wants_page and request.GET.get("format") != "json":
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    return render(request, "404.html", status=404)


# --- Home ------------------------------------------------------------------------------------------------


def home(request: HttpRequest) -> HttpResponse:
    """The desk: what to do, what changed, what is coming, where I was. The public pages for whoever has not entered."""
    if not request.user.is_authenticated:
        space = Space.objects.filter(visibility="pubblico").select_related("root_page").first()
        below = Page.objects.child_of(space.root_page) if space else Page.objects.none()
        pages = access.allowed(below, request.user).specific()
        return render(request, "portal/home_public.html", {"space": space, "pages": pages})
    since = timezone.now() - NEWS_WINDOW
    changes = feed.news(request.user, since)
    resume = feed.resume(cast("PersonRequest", request))
    path = next((each for each in resume if each.of), None) if request.user.is_learner else None
    context = {
        "weeks": feed.by_week(changes[:SHOWN]),
        "shown_count": len(changes[:SHOWN]),
        "change_count": len(changes),
        "agenda": feed.agenda(request.user),
        "path": path,  # whoever learns finds it before anything else
        "resume": [each for each in resume if each is not path],
        "figures": feed.figures(request.user),
        "contacts": feed.contacts(request.user)[:CALLED] if is_partner(request.user) else [],
        "now": timezone.now(),
        "until": timezone.localdate() + timedelta(days=8),
        "spaces": _spaces_with_news(request.user, changes),
    }
    return render(request, "portal/home.html", context)


def _spaces_with_news(user: Any, changes: list[feed.Change]) -> list[tuple[Space, int]]:
    """The person's spaces, each with how many of its pages are new."""
    fresh = Counter(change.space for change in changes)
    found = access.allowed(Space.objects.select_related("root_page"), user)
    return sorted(((space, fresh[space.name]) for space in found), key=lambda row: (-row[1], row[0].name))


@login_required
def news(request: PersonRequest) -> HttpResponse:
    """Everything that changed for the person in the last thirty days."""
    return render(
        request, "portal/news.html", {"weeks": feed.by_week(feed.changes(request.user, timezone.now() - NEWS_WINDOW))}
    )


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


# --- Spaces ----------------------------------------------------------------------------------------------


def space_list(request: FramedRequest) -> HttpResponse:
    """The spaces that the person may read."""
    request.section = "spazi"
    found = access.allowed(Space.objects.select_related("root_page"), request.user)
    roles = access.standing(request.user).roles
    rows = [(space, Role(roles[space.pk]).label if space.pk in roles else "") for space in found]
    return render(request, "portal/space_list.html", {"spaces": rows})


# --- Files -----------------------------------------------------------------------------------------------


def document(request: HttpRequest, document_id: int, filename: str) -> HttpResponseBase:
    """A file, to whoever may see it; by a name that it bore before, or never, the way to its own.

    `?scarica` saves instead of showing.
    """
    found = access.get_or_404(Document.objects.all(), request.user, pk=document_id)
    if found.filename != filename:
        return redirect(found.url)
    return file_response(request, found.file, found.filename, etag=found.sha256, download="scarica" in request.GET)


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An image or a rendition by its place on disk; documents have their own address and none here."""
    for queryset in (Rendition.objects.all(), Image.objects.all()):
        found = access.allowed(queryset, request.user).filter(file=path).first()
        if found is not None:
            return file_response(request, found.file, Path(path).name, etag=f"{found.pk}-{found.file.size}")
    raise Http404


# --- Directory -------------------------------------------------------------------------------------------


@login_required
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """A colleague: body, profession, telephone, and what the colleague answers for."""
    request.section = "rubrica"
    found = access.get_or_404(User.objects.current().select_related("organisation"), request.user, pk=pk)
    kinds = answered_by(found, request.user)
    return render(request, "portal/person.html", {"found": found, "kinds": kinds})


# --- Oneself ---------------------------------------------------------------------------------------------


@login_required
def profile(request: PersonRequest) -> HttpResponse:
    """One's own name and telephone; where password and second factor are changed."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Profilo aggiornato."))
        return redirect("profile")
    return render(request, "portal/profile.html", {"form": form})


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


def report_problem(request: HttpRequest) -> HttpResponse:
    """«Segnala un problema in questa pagina»: to whoever answers for it; back to the page afterwards."""
    known = request.user.is_authenticated
    path = own_path(request.POST.get("page") or request.GET.get("pagina", "/"))
    form = ProblemForm(request.POST or None, initial={"page": path}, known=known)
    if request.method == "POST" and form.is_valid():
        if known or ratelimit.consume(request, action="report"):
            data = form.cleaned_data
            problems.report(request.user, data["page"], data["text"], data.get("email", ""))
            messages.success(request, _("Grazie: la segnalazione è partita."))
            return redirect(data["page"])
        form.add_error(None, _("Da qui sono partite troppe segnalazioni: riprova fra un’ora."))
    page = problems.page_at(path, request.user)
    context = {"form": form, "title": feed.name(page) if page else path, "path": path}
    return render(request, "portal/report_problem.html", context)


@login_required
def problem(request: PersonRequest, pk: int) -> HttpResponse:
    """A report, for the one person whom it reached; settling it takes it away."""
    mine = access.addressed(ProblemReport.objects.select_related("by", "page"), request.user, "to")
    row = get_object_or_404(mine, pk=pk)
    if request.method == "POST":
        problems.settle(row)
        messages.success(request, _("Segnalazione chiusa: il portale non la conserva."))
        return redirect("home")
    return render(request, "portal/problem.html", problems.shown(row, request.user))


# --- Administrators --------------------------------------------------------------------------------------


@login_required
def sent_mail(request: PersonRequest) -> HttpResponse:
    """«Posta inviata»: without a mail server mails go to a folder, shown here to administrators."""
    access.require_administrator(request.user)
    mails = outbox.mails(Path(getattr(settings, "EMAIL_FILE_PATH", "") or "/nonexistent"))
    deliveries = Delivery.objects.select_related("user").order_by("-window_end", "user")[:200]
    said = {"leaves": bool(settings.EMAIL_URL), "is_demo": settings.DEMO}
    return render(request, "portal/sent_mail.html", {"mails": mails, "deliveries": deliveries, **said})


# --- Lists -----------------------------------------------------------------------------------------------


def kind_list(request: FramedRequest, model: type[PortalPage], section: str) -> HttpResponse:
    """All the pages of one kind that the person may see, by code."""
    request.section = section
    pages = list(access.allowed(model.objects.select_related("responsible"), request.user).order_by("slug"))
    homes = access.spaces_of(pages, request.user)
    rows = [(page, homes.get(page.pk)) for page in pages]
    return render(request, "portal/kind_list.html", {"model": model, "rows": rows, "title": model.kind_plural})


# --- What the network says of itself ---------------------------------------------------------------------


def accessibility(request: HttpRequest) -> HttpResponse:
    """The declaration of accessibility, with what is still to be filled in for administrators alone."""
    return _of_the_network(request, "portal/accessibility.html", NetworkProfile.CONTACT + NetworkProfile.ACCESSIBILITY)


def privacy(request: HttpRequest) -> HttpResponse:
    """Who decides on the data, why, and how long they are kept."""
    return _of_the_network(request, "portal/privacy.html", NetworkProfile.CONTACT + NetworkProfile.PRIVACY)


def _of_the_network(request: HttpRequest, template: str, names: tuple[str, ...]) -> HttpResponse:
    profile = NetworkProfile.load(request)
    missing = profile.missing(names) if access.is_administrator(request.user) else []
    return render(request, template, {"profile": profile, "missing": missing})
