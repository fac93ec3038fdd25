"""Mails about one's own account: made and sent by a job, so that a request takes the same time for an address
that has an account and for one that has none, and a mail server that is down stops nobody.

What opens an account is made by the job and stands in the mail alone.
"""

from hashlib import blake2b
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal.background import jobs
from portal.models.jobs import Lane
from portal.models.people import User
from portal.notices import emails

from .login_forms import ResetPasswordForm


class AskForPassword(ResetPasswordForm):
    """«Hai dimenticato la password?»: asks for the same work whoever is asked about."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        key = blake2b(email.strip().lower().encode(), digest_size=12).hexdigest()
        jobs.ask(
            f"password:{key}", "portal.accounts.password_reset.send_password_link", [user.pk for user in self.users],
            lane=Lane.MAIL,
        )  # fmt: skip
        return email


def send_password_link(user_ids: list[int]) -> None:
    """To each of the accounts that may still enter, a link that holds once and for a short time."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        emails.password_mail(user, url=settings.BASE_URL + path.replace("UID-KEY", key)).send()
