"""What happened at the doors, on a logger of its own: the event, who, whence. No name, no word that was typed.

Reading is not here: who looked at what is nobody's business (law 300/1970, art. 4). Entering is, for those who look
after the installation, as the Garante asks (27 November 2008).
"""

import logging
from typing import Any

from allauth.core import context
from django.http import HttpRequest

from . import access
from .models import Activity, NetworkCoordinator, User
from .models.activity import Verb

logger = logging.getLogger("portal.security")
OF_TEXTS = {
    Verb.PUBLISHED, Verb.WITHDRAWN, Verb.WORDS_CHANGED, Verb.ACTION_CLOSED, Verb.ACTION_REOPENED,
    Verb.ACTION_WITHDRAWN, Verb.SHIFTS_CHANGED, Verb.INSIDE_PUBLISHED,
}  # fmt: skip


def note(event: str, *, by: Any = None, **facts: Any) -> None:
    """Write it down; who and whence are those of the request, where there is one."""
    request: HttpRequest | None = context.request
    who = by or getattr(request, "user", None)
    whence = request.META.get("REMOTE_ADDR", "") if request else ""
    said = {"who": getattr(who, "pk", None) or "-", "whence": whence or "-", **facts}
    logger.info("%s %s", event, " ".join(f"{name}={value}" for name, value in said.items()))


def on_login_failed(sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    """Whose account was tried, by its number; of an address that is nobody's, not a letter: it may be a password."""
    email = str(credentials.get("email") or "")
    account = User.objects.filter(email__iexact=email).values_list("pk", flat=True).first() if email else None
    note("login-failed", account=account or "unknown")


def on_login(sender: Any, user: User, **kwargs: Any) -> None:
    if access.is_administrator(user) or access.coordinates(user):
        note("login", by=user)


def on_password(sender: Any, user: User, **kwargs: Any) -> None:
    note("password-changed", by=user)


def on_second_factor_added(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    note("second-factor-added", by=user, kind=authenticator.type)


def on_second_factor_removed(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    note("second-factor-removed", by=user, kind=authenticator.type)


def on_activity(sender: Any, instance: Activity, created: bool, **kwargs: Any) -> None:
    if created and instance.verb not in OF_TEXTS:
        note(f"rights-{instance.verb}", by=instance.by, space=instance.space_id or "-", activity=instance.pk)


def on_account_saved(sender: Any, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    if set(update_fields or ()) != {"last_login"}:
        kept = {
            "account": instance.pk,
            "active": instance.is_active,
            "administrator": access.is_administrator(instance),
        }
        note("account-saved", **kept)


def on_coordinator_saved(sender: Any, instance: NetworkCoordinator, **kwargs: Any) -> None:
    note("coordinator-changed", account=instance.person_id)
