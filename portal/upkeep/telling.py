"""Administrators are told by mail of faults of ours: of each kind once a day at most, and of nobody's page or words."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal import access
from portal.background import jobs
from portal.models.jobs import Lane
from portal.notices import emails

from . import notebook

TOLD_A_DAY = 20  # kinds


def tell() -> int:
    """Ask for the mails on what is new; a flood of kinds goes on tomorrow."""
    now = timezone.now()
    told_today = sum(
        1 for kind in notebook.kinds() if kind.told and now - datetime.fromisoformat(kind.told) < notebook.AGAIN_AFTER
    )
    news = [kind for kind in notebook.kinds() if kind.is_news(now)][: max(TOLD_A_DAY - told_today, 0)]
    if not news:
        return 0
    names = [kind.name for kind in news]
    with transaction.atomic():
        for user in access.administrators():
            jobs.ask(f"faults:{user.pk}:{names[0]}", "portal.upkeep.telling.mail", user.pk, names, lane=Lane.MAIL)
    for kind in news:
        kind.told = now.isoformat()
        notebook.keep(kind)
    return len(news)


def mail(user_id: int, names: list[str]) -> None:
    """To whoever is an administrator still."""
    wanted = list(_named(names))
    user = access.administrators().filter(pk=user_id).first()
    if user is not None and wanted:
        emails.faults_mail(user, kinds=wanted).send()


def _named(names: list[str]) -> Iterator[notebook.Kind]:
    yield from (kind for kind in notebook.kinds() if kind.name in names)
