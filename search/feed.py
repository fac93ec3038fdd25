"""What search adds to the home page and the digest: the person's last searches, what is new in the kept ones."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import ngettext

from portal import access
from portal.models import User
from portal.notices.feed import Figure, sources

from . import followed, gaps
from .recent import searches


def unanswered(user: User) -> Iterable[Figure]:
    """For whoever keeps the network."""
    if access.coordinates(user):
        count = gaps.shown().count()
        what = ngettext("ricerca che non trova niente", "ricerche che non trovano niente", count)
        yield Figure(count, what, reverse("gaps"))


sources.resume.append(searches)
sources.alerts.append(followed.alerts)
sources.figures.append(unanswered)
