"""Entering: who may, and what the others are told."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access, prepared, security_log, visitors
from portal.models.people import User

from . import known_devices


class ValidityBackend(AuthenticationBackend):
    """Login by e-mail; a session ends at the minute at which its account ends; the admin's door asks `access`."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm == "wagtailadmin.access_admin":
            return access.may_enter_admin(user_obj)
        return bool(super().has_perm(user_obj, perm, obj))

    def get_user(self, user_id: int) -> User | None:
        found = prepared.answers("user", _of_a_session, pk=user_id)
        return next((user for user in found if user.is_current()), None)


def _of_a_session() -> QuerySet[User]:
    return User.objects.select_related("organisation", "profession").filter(pk=prepared.given("pk"))


class AccountAdapter(DefaultAccountAdapter):
    """allauth without sign-up, and with a reason for whoever may no longer enter.

    Wrong passwords shut nobody else out: they count for that person at that address, and a browser from which the
    person has entered before has a count of its own, which nobody can use up from elsewhere. Where many fail from
    one address, each person still has a first try there: guessing at many accounts gets one a minute of each.
    """

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; `authenticate` takes it back when it was right."""
        key = self._get_login_attempts_cache_key(request, **credentials)
        if known_devices.knows(request, credentials.get("email", "")):
            tries = [self._count(request, "login_failed_here", key)]
        else:
            here = self._count(request, "login_failed_address", key)
            own = self._count(request, "login_failed" if here else "login_failed_crowded", key)
            tries = [self._count(request, "login_unknown", key), own, here or ratelimit.RateLimitUsage([])]
        counted = [each for each in tries if each is not None]
        self._login_failed_rl_usage = ratelimit.RateLimitUsage([one for each in counted for one in each.usage])
        if len(counted) < len(tries):
            security_log.note("login-held-back", account=self._account(credentials.get("email", "")))
            raise self.validation_error("too_many_login_attempts")

    @staticmethod
    def _account(email: str) -> int | str:
        return User.objects.filter(email__iexact=email).values_list("pk", flat=True).first() or "unknown"

    @staticmethod
    def _count(request: HttpRequest, action: str, key: str) -> ratelimit.RateLimitUsage | None:
        """None when the limit is reached."""
        return ratelimit.consume(request, app="allauth.account", action=action, key=key)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        key = super()._get_login_attempts_cache_key(request, **credentials)
        is_known = known_devices.knows(request, credentials.get("email", ""))
        return f"{key}:{'known' if is_known else ratelimit.get_ip(request)}"  # of IPv6 the line that has it

    def get_client_ip(self, request: HttpRequest) -> str:
        return visitors.plain(super().get_client_ip(request))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        known_devices.remember(request, response, user.email)
        return response

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        # The password was right: the reason is told to the person it belongs to, and to nobody else.
        if not user.is_current():
            raise ImmediateHttpResponse(self._refusal(request, user))
        if user.check_password(settings.DEMO_PASSWORD) and not settings.DEMO:
            raise ImmediateHttpResponse(self._refusal(request, user))
        return super().pre_login(request, user, **kwargs)

    @staticmethod
    def _refusal(request: HttpRequest, user: User) -> HttpResponse:
        """Why not, and whom to ask."""
        over = user.valid_until is not None and user.valid_until <= timezone.now()
        context = {
            "expired_at": user.valid_until if over else None,
            "is_closed": not user.is_active,
            "contact": access.somebody_to_ask(user),
        }
        return render(request, "account/account_inactive.html", context, status=403)


def on_address_saved(sender: type[EmailAddress], instance: EmailAddress, **kwargs: Any) -> None:
    """The network gave the address with the account: there is nothing left to verify.

    allauth writes a row for it at the first reset of a password, and one that is not verified allows no second factor.
    """
    instance.verified = True


def on_person_saved(sender: type[User], instance: User, **kwargs: Any) -> None:
    """Whoever has got another address no longer enters with the former, which may be somebody else's tomorrow."""
    EmailAddress.objects.filter(user=instance).exclude(email=instance.email).delete()


class LongEnough(MinimumLengthValidator):
    """Django's, with the sentence that its Italian translation lacks."""

    def get_error_message(self) -> str:
        return _("La password è troppo corta: servono almeno %(length)d caratteri.") % {"length": self.min_length}

    def get_help_text(self) -> str:
        return _("Almeno %(length)d caratteri.") % {"length": self.min_length}


class NotTheDemoPassword:
    """The demo's password is printed in the README: nothing outside the demo accepts it."""

    def validate(self, password: str, user: User | None = None) -> None:
        if password == settings.DEMO_PASSWORD and not settings.DEMO:
            raise ValidationError(_("Questa password è quella della dimostrazione: scegline un’altra."))

    def get_help_text(self) -> str:
        return ""
