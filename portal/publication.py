"""What a publication leaves behind, in its own transaction: an activity, and the search rows that follow it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.dispatch import Signal
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from . import access, feed
from .activity import record
from .models.activity import Verb

# Sent inside the transaction of the publication; packages to the right add what is theirs (editions, search).
published = Signal()  # arguments: page (specific), by, revision
withdrawn = Signal()  # arguments: page


def on_page_published(sender: type[Page], instance: Page, revision: Revision | None = None, **kwargs: Any) -> None:
    """Wagtail published a page: write it down and tell the packages."""
    if not instance.live:
        return  # scheduled for later: Wagtail sends the signal already now
    space = access.space_of(instance)
    by = revision.user if revision else None
    if space and space.root_page_id != instance.pk:
        record(
            Verb.PUBLISHED,
            by=by if isinstance(by, get_user_model()) else None,
            page=Page.objects.get(pk=instance.pk),
            space=space,
            sentence=_("ha pubblicato «%(page)s»") % {"page": feed.name(instance)},
            note=getattr(instance, "change_note", ""),
        )
    published.send(sender=sender, page=instance, by=by, revision=revision)


def on_page_unpublished(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    """Wagtail withdrew a page."""
    space = access.space_of(instance)
    if space:
        sentence = _("ha ritirato «%(page)s»") % {"page": feed.name(instance)}
        record(Verb.WITHDRAWN, by=None, page=Page.objects.get(pk=instance.pk), space=space, sentence=sentence)
    withdrawn.send(sender=sender, page=instance)
