"""Entering with the account of one's own organisation (OpenID Connect, or SPID and CIE through an aggregator).

It proves an address and nothing else, and nothing else of what it says is kept, a tax code above all. Who has no
account in the network gets none by it; a second factor, an account that has ended or an invitation that waits count
as they do after a password. How an aggregator is set up: docs/accesso.md.
"""

from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal import security_log
from portal.models.people import User


def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the organisation's own page; where it does not answer, back to the password with a sentence."""
    try:
        response: HttpResponse = views.login(request, provider_id)
    except requests.RequestException:
        return _failed(request)
    return response


def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        response: HttpResponse = views.callback(request, provider_id)
    except requests.RequestException:
        return _failed(request)
    return response


def _failed(request: HttpRequest, *, is_cancelled: bool = False) -> HttpResponse:
    security_log.note("sign-on-failed", cancelled=is_cancelled)
    return render(request, "account/sign_on_failed.html", {"is_cancelled": is_cancelled}, status=403)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Accounts are found by the proven address, each time anew, and never made nor tied to anything."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        sociallogin.state["process"] = AuthProcess.LOGIN  # nothing is connected, whatever the address asks
        claims = _forget(sociallogin)
        said = [each.email for each in sociallogin.email_addresses]
        proven = [each for each in said if _is_proven(claims) and _is_its_own(each)]
        person = User.objects.filter(email__iexact=proven[0]).first() if proven else None
        if person is None:
            security_log.note("sign-on-refused", account="unknown")
            context = {"address": said[0] if said else "", "is_proven": bool(proven)}
            raise ImmediateHttpResponse(render(request, "account/sign_on_unknown.html", context, status=403))
        sociallogin.user = person

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        raise ImmediateHttpResponse(_failed(request, is_cancelled=error == AuthError.CANCELLED))


def _forget(sociallogin: SocialLogin) -> dict[str, Any]:
    """What the organisation said of the person, for this moment: allauth would carry it into the session."""
    claims: dict[str, Any] = sociallogin.account.get_provider_account().get_user_data() or {}
    sociallogin.account.extra_data, sociallogin.account.uid, sociallogin.token = {}, "", None
    return claims


def _is_proven(claims: dict[str, Any]) -> bool:
    """Whether it vouches for the address; one that never says so is believed where whoever installs the portal says."""
    return claims.get("email_verified", settings.OIDC_EMAIL_IS_PROVEN) in (True, "true")


def _is_its_own(address: str) -> bool:
    """Whether the organisation may speak of this address (`OIDC_DOMAINS`; empty: of all)."""
    return not settings.OIDC_DOMAINS or address.rpartition("@")[2].lower() in settings.OIDC_DOMAINS
