"""What a publication leaves behind, in its own transaction: an activity, and the search rows that follow it."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.dispatch import Signal
from django.utils.translation import gettext as _
from wagtail.models import Page, PageLogEntry, Revision

from portal import access
from portal.models.activity import Activity, Verb
from portal.models.people import User
from portal.models.workflow import ApprovalState
from portal.notices import feed
from portal.notices.activity import record

from . import atomic_acts, reserved, withdrawing


class Refused(ValidationError):
    """What may not be published as it is; its message says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__({NON_FIELD_ERRORS: [sentence]})  # by field: so the admin's API asks for it


# Sent inside the transaction of the publication; packages to the right add what is theirs (editions, search).
# Arguments: page (specific), by (who pressed, or set the day), and of an approved text proposed_by and approved_by.
published = Signal()
withdrawn = Signal()  # arguments: page


def on_page_published(sender: type[Page], instance: Page, revision: Revision | None = None, **kwargs: Any) -> None:
    """Wagtail published a page: write it down and tell the packages."""
    if not instance.live:
        return  # scheduled for later: Wagtail sends the signal already now
    verb = _keep_the_day(instance, revision)
    space = access.space_of(instance)
    approval = ApprovalState.of(revision)
    proposed_by = approval.workflow_state.requested_by if approval else None
    approved_by = approval.finished_by if approval else None
    by = _person(atomic_acts.actor()) or set_by(revision) or approved_by
    if space and space.root_page_id != instance.pk:
        record(
            verb,
            by=by,
            proposed_by=proposed_by,
            approved_by=approved_by,
            is_correction=_is_correction(instance),
            page=Page.objects.get(pk=instance.pk),
            space=space,
            sentence=_("ha pubblicato «%(page)s»") % {"page": feed.name(instance)},
            note=getattr(instance, "change_note", ""),
            note_is_inside=reserved.is_partly_read(instance),
        )
    named = {"by": by, "proposed_by": proposed_by, "approved_by": approved_by}
    published.send(sender=sender, page=instance, revision=revision, **named)


def on_publishing(sender: Any, revision: Revision, **kwargs: Any) -> None:
    """A text is about to go out: look at what is read now, as long as it is there."""
    model = revision.content_type.model_class()
    live = model._default_manager.filter(pk=revision.object_id, live=True).first() if issubclass(model, Page) else None
    if live is None:
        return
    verb = reserved.published_for(live, revision.as_object())
    if verb != Verb.PUBLISHED:
        revision.for_some = (verb, live.last_published_at)  # type: ignore[attr-defined]


def _keep_the_day(page: Page, revision: Revision | None) -> Verb:
    """Where only parts for some readers have changed: for the others nothing has, and no day tells of it."""
    verb, day = getattr(revision, "for_some", (Verb.PUBLISHED, None))
    if verb != Verb.PUBLISHED:
        page.last_published_at = day
        Page.objects.filter(pk=page.pk).update(last_published_at=day)
    return Verb(verb)


def set_by(revision: Revision | None) -> User | None:
    """Who set the day on which the clock publishes a text: never whoever wrote it last, but who pressed."""
    acts = PageLogEntry.objects.filter(action="wagtail.publish.schedule", revision=revision)
    last = acts.select_related("user").order_by("timestamp", "pk").last() if revision else None
    return _person(last and last.user)


def _person(user: Any) -> User | None:
    return user if isinstance(user, User) else None


def _is_correction(page: Page) -> bool:
    """What nobody has read yet is news, whatever its author ticked."""
    known = Activity.objects.filter(page=page.pk, verb=Verb.PUBLISHED)
    return bool(getattr(page, "correction", False)) and known.exists()


def on_page_unpublished(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    """Wagtail withdrew a page, because somebody asked for it, because its day came, or because it is being deleted."""
    space = access.space_of(instance)
    if space:
        by = _person(atomic_acts.actor())
        words = _("ha ritirato «%(page)s»") if by else _("«%(page)s» è scaduta: non si legge più")
        if atomic_acts.is_deletion():
            words = _("ha eliminato «%(page)s»")
        elif by and not withdrawing.reason():
            raise Refused(str(withdrawing.MISSING))  # a door that does not ask withdraws nothing
        page = Page.objects.get(pk=instance.pk)
        sentence = words % {"page": feed.name(instance)}
        record(Verb.WITHDRAWN, by=by, page=page, space=space, sentence=sentence, note=withdrawing.reason())
    withdrawn.send(sender=sender, page=instance)
