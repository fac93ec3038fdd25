"""A page to an outsider: a link with a name and an end, kept as a hash, that opens one page and nothing beyond."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from portal import access
from portal.models import OutsiderLink, OutsiderVisit, Space, User
from portal.models.activity import Verb
from portal.notices.activity import record
from portal.words import dates

LONGEST = timedelta(days=90)
SHOWN_AFTER = timedelta(days=30)  # what is over stays on the sharing page so long
VISITS_KEPT = timedelta(days=365)

# A package whose pages have editions says which one a page shows now, and how one of them is drawn.
Drawn = tuple[str, dict[str, Any]]
current_edition: list[Callable[[Page], str]] = []
draws_edition: list[Callable[[Page, str, Any], Drawn | None]] = []


def allow(space: Space, allowed: bool, *, by: User) -> None:
    """Whether links are given in the space; where they are no longer, those that were given open nothing."""
    with transaction.atomic():
        Space.objects.filter(pk=space.pk).update(opens_to_outsiders=allowed)
        words = (
            _("ha permesso in «%(space)s» i collegamenti per esterni")
            if allowed
            else _("ha tolto da «%(space)s» i collegamenti per esterni")
        )
        record(Verb.SHARED if allowed else Verb.UNSHARED, by=by, space=space, sentence=words % {"space": space})


def give(
    page: Page, space: Space, named: str, *, until: date, reason: str, by: User, asked_as: UUID, version: str = ""
) -> tuple[OutsiderLink, str]:
    """The link and its token, which is told now and never again."""
    token = secrets.token_urlsafe(32)
    said = {
        "space": space, "page_id": page.pk, "version": version, "named": named, "reason": reason, "given_by": by,
        "expires_at": timezone.make_aware(datetime.combine(until, time(23, 59, 59))), "token_hash": _hash(token),
    }  # fmt: skip
    with transaction.atomic():
        link, new = OutsiderLink.objects.update_or_create(asked_as=asked_as, given_by=by, defaults=said)
        if new:
            words = {"page": page.title, "who": named, "day": dates.in_words(until, article="al")}
            sentence = _("ha aperto «%(page)s» a un esterno, %(who)s, fino %(day)s") % words
            record(Verb.SHARED, by=by, page=page, space=space, sentence=sentence, note=reason)
    return link, token


def revoke(link: OutsiderLink, *, by: User) -> None:
    """From now on it opens nothing."""
    with transaction.atomic():
        if OutsiderLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=by):
            words = {"page": link.page.title, "who": link.named}
            sentence = _("ha chiuso «%(page)s» a un esterno, %(who)s") % words
            record(Verb.UNSHARED, by=by, page=link.page, space=link.space, sentence=sentence)


def found(token: str) -> tuple[OutsiderLink, Page, access.Outsider] | None:
    """What the token opens now: its page, read as whoever holds it may read it; None for all that opens nothing."""
    rows = OutsiderLink.objects.filter(revoked_at=None, expires_at__gt=timezone.now(), space__opens_to_outsiders=True)
    link = rows.select_related("page", "space__root_page").filter(token_hash=_hash(token)).first()
    if link is None or not link.page.path.startswith(link.space.root_page.path):  # in another space others decide
        return None
    reader = access.Outsider(link.page)
    return (link, link.page.specific, reader) if access.can(reader, "view", link.page) else None


def visited(link: OutsiderLink, what: str = "") -> None:
    OutsiderVisit.objects.create(link=link, what=what[:255])


def of(space: Space) -> QuerySet[OutsiderLink]:
    """The links given there, those that are over for a while yet; each with how often and when it was opened."""
    lately = timezone.now() - SHOWN_AFTER
    rows = space.outsider_links.filter(Q(expires_at__gt=lately) & (Q(revoked_at=None) | Q(revoked_at__gt=lately)))
    opened = Count("visits", filter=Q(visits__what=""))
    found = rows.select_related("page", "given_by", "revoked_by").annotate(times=opened, last=Max("visits__at"))
    return found.order_by("-given_at", "-pk")


def open_in(space: Space) -> int:
    """How many links of the space open something now, as far as their days say."""
    return space.outsider_links.filter(revoked_at=None, expires_at__gt=timezone.now()).count()


def purge() -> int:
    """When a link was opened is told for a year."""
    return OutsiderVisit.objects.filter(at__lt=timezone.now() - VISITS_KEPT).delete()[0]


def edition_now(page: Page) -> str:
    """The edition that the page shows; empty where its kind has none."""
    return next((version for each in current_edition if (version := each(page))), "")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
