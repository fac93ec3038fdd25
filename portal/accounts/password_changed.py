"""Whoever's password changed is told, whoever changed it: a thief changes it first of all."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from portal.background import jobs
from portal.models.jobs import Lane
from portal.models.people import User
from portal.notices import emails


def ask(person: User) -> None:
    """In the transaction of the change."""
    at = timezone.localtime().isoformat()
    jobs.ask(f"password-changed:{person.pk}", "portal.accounts.password_changed.tell", person.pk, at, lane=Lane.MAIL)


def on_password_changed(sender: Any, user: User, **kwargs: Any) -> None:
    ask(user)


def tell(person_id: int, at: str) -> None:
    person = User.objects.current().filter(pk=person_id).first()
    if person:
        emails.password_changed_mail(person, at=datetime.fromisoformat(at)).send()
