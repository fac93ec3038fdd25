"""The mails of a demonstration, which do not leave: read back from the folder where they end up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal import access
from portal.models import Delivery
from portal.requests import PersonRequest

SHOWN = 200
BETWEEN = b"\n" + b"-" * 79 + b"\n"  # what Django's file backend writes after each mail


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    at: datetime | None
    text: str


def mails(folder: Path) -> list[Mail]:
    """The latest mails, newest first; none where there is no folder."""
    files = sorted(folder.glob("*.log"), reverse=True)[:SHOWN] if folder.is_dir() else []
    return [mail for file in files for mail in reversed(list(_mails_of(file)))][:SHOWN]


def _mails_of(file: Path) -> Iterator[Mail]:
    """One file holds all the mails of one connection."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:  # emptied meanwhile
        return
    for part in content.split(BETWEEN):
        if part.strip():
            yield _mail(message_from_bytes(part, policy=policy.default))


def _mail(message: EmailMessage) -> Mail:
    return Mail(str(message["To"] or ""), str(message["Subject"] or ""), _moment(message), _text(message))


def _moment(message: EmailMessage) -> datetime | None:
    """When it was written. «-0000», which is what Django writes, is UTC that says nothing of the place (RFC 5322)."""
    at: datetime | None = getattr(message["Date"], "datetime", None)
    return timezone.make_aware(at, UTC) if at is not None and timezone.is_naive(at) else at


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, ValueError, MessageError):  # a charset that nobody knows, a part cut short
        return bytes(body.get_payload(decode=True) or b"").decode("utf-8", "replace")


@login_required
def sent_mail(request: PersonRequest) -> HttpResponse:
    """«Posta inviata»: without a mail server mails go to a folder, shown here to administrators."""
    access.require_administrator(request.user)
    latest = mails(Path(getattr(settings, "EMAIL_FILE_PATH", "") or "/nonexistent"))
    deliveries = Delivery.objects.select_related("user").order_by("-window_end", "user")[:200]
    said = {"leaves": bool(settings.EMAIL_URL), "is_demo": settings.DEMO}
    return render(request, "portal/sent_mail.html", {"mails": latest, "deliveries": deliveries, **said})
