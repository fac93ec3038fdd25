"""A second factor for those who could do most harm: without one they get to the page where they turn it on."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portal import access, security_log
from portal.frame import Frame
from portal.models.people import User
from portal.requests import PersonRequest

# What may be named in SECOND_FACTOR_FOR.
ROLES: dict[str, Callable[[User], bool]] = {
    "administrators": access.is_administrator, "coordinators": access.coordinates,
    # of some space; a role that may more is asked too
    "managers": lambda user: bool(access.standing(user).spaces("manage")),
    "approvers": lambda user: bool(access.standing(user).spaces("approve")),
    "editors": lambda user: bool(access.standing(user).spaces("edit")),
}  # fmt: skip
OPEN = ("/accesso/", "/secondo-fattore/", "/static/", "/sessione/", "/segnala/", "/accessibilita/", "/riservatezza/")


def is_missing(user: User) -> bool:
    """Whether the person must have a second factor and has none."""
    wanted = any(ROLES[name](user) for name in settings.SECOND_FACTOR_FOR)
    return wanted and not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def forget(user: User) -> bool:
    """Whoever lost it, or has one that no key opens, sets up another; whether there was any.

    Whoever is inside by it enters again.
    """
    with transaction.atomic():
        count, _rows = Authenticator.objects.filter(user=user).delete()
        if count:
            Session.objects.filter(session_key__in=UserSession.objects.filter(user=user).values("session_key")).delete()
            security_log.note("second-factor-forgotten", account=user.pk)
    return bool(count)


class SecondFactorMiddleware:
    """Behind the login: the password alone opens nothing to them but the way to their second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.path_info.startswith(OPEN) and is_missing(request.user):
            if request.accepts("text/html") and "x-requested-with" not in request.headers:
                return redirect("second_factor")
            words = _("Prima attiva il codice sul telefono.")
            return JsonResponse({"success": False, "error_code": "second_factor", "error_message": words}, status=403)
        return self.get_response(request)


@login_required
def second_factor(request: PersonRequest) -> HttpResponse:
    """Why, how long it takes, and the button; until then the menu is that of whoever has not entered."""
    frame, missing = Frame(request), is_missing(request.user)
    if missing:
        frame.user = AnonymousUser()
    return render(request, "portal/second_factor.html", {"is_missing": missing, "frame": frame})
