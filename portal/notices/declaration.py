"""The declaration of accessibility, asked of whoever keeps it: the first, then each year’s, a month before its day."""

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access
from portal.models.network import NetworkProfile
from portal.models.people import User
from portal.words.terms import Direction, Term, Unit

from . import obligations
from .obligations import Duty

KEY = "declaration"
BEFORE = Term(30, Unit.DAYS, Direction.BEFORE)


def on_profile_saved(sender: Any, **kwargs: Any) -> None:
    """Another day, or somebody else who keeps it."""
    ask()


def on_person_saved(
    sender: Any, instance: User, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    """Where nobody is named, the administrators keep it: somebody may have become one, or be one no more."""
    if created and not instance.is_current():  # somebody who was only invited
        return
    if not update_fields or {"is_active", "valid_until", "is_superuser"} & set(update_fields):
        ask()


@transaction.atomic
def ask() -> None:
    """Bring what is asked to what the network says of itself."""
    profile = NetworkProfile.objects.select_related("declaration_owner").first()
    owner, due = (profile.declaration_owner, profile.declaration_due) if profile else (None, None)
    keepers = [owner] if owner else list(access.administrators())
    obligations.ask(keepers, KEY, _renewal(due) if due else _first())
    obligations.settle(KEY, but=keepers)


def _first() -> Duty:
    """None was ever made: nothing has expired."""
    why = _("non ce n’è ancora una; poi si rinnova ogni anno entro il 23 settembre")
    return Duty(_("Fai la dichiarazione di accessibilità"), _("Apri"), why, reverse("accessibility"))


def _renewal(due: date) -> Duty:
    why = _("si rinnova ogni anno entro il 23 settembre")
    title = _("Rinnova la dichiarazione di accessibilità")
    return Duty(title, _("Apri"), why, reverse("accessibility"), due=due, starts_on=BEFORE.day(due))
