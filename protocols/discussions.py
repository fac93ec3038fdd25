"""A rule's draft is put before those who are asked, and taken from them: with the request for approval, and its end.

Who sees it: whoever writes where the page lies, and the delegates of the bodies that sign it, by the same rule as for
the signature itself.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import CharField, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision, TaskState

from portal import access
from portal.accounts import handover
from portal.models import User
from portal.models.delegations import Purpose
from portal.models.workflow import ApprovalState
from portal.notices import feed, obligations

from . import consent
from .models import Discussion, JointApproval, JointState, Remark
from .models.rules import RulePage

access.between(Discussion, page="page", bodies="bodies", purpose=Purpose.APPROVAL)
access.between(Remark, page="discussion__page", bodies="discussion__bodies", purpose=Purpose.APPROVAL)


class Phase(models.TextChoices):
    """Where the draft stands."""

    REVIEW = "revisione", _("in revisione")
    SIGNING = "firma", _("alla firma degli enti")
    DRAFT = "bozza", _("tornata in mano a chi la scrive")
    ENDED = "finita", _("in vigore")


def key(discussion: Discussion) -> str:
    """Of what is asked of its author."""
    return f"remarks:{discussion.pk}"


def open_for(page: RulePage, author: User | None) -> Discussion:
    """Put the draft before those who are asked; what was said of an earlier draft of the same edition stays."""
    with transaction.atomic():
        Page.objects.select_for_update(no_key=True).get(pk=page.pk)
        title = feed.name(page)
        found, is_new = Discussion.objects.get_or_create(page_id=page.pk, ended_at=None, defaults={"title": title})
        found.title, found.author = title, author or found.author
        found.save()
        found.bodies.set(consent.bodies(page))
    return found


def close_for(pages: Iterable[int]) -> None:
    """The text is decided: nothing of it is to be answered any more."""
    for discussion in Discussion.objects.filter(page__in=list(pages), ended_at=None):
        Discussion.objects.filter(pk=discussion.pk).update(ended_at=timezone.now())
        obligations.settle(key(discussion))


def on_task_submitted(sender: Any, instance: TaskState, user: User | None = None, **kwargs: Any) -> None:
    """Somebody asked for the approval of a rule."""
    if isinstance(instance.specific, ApprovalState):
        page = instance.revision.as_object() if instance.revision else None
        if isinstance(page, RulePage):
            open_for(page, instance.workflow_state.requested_by or user)


def on_published(sender: Any, page: Page, **kwargs: Any) -> None:
    if isinstance(page, RulePage):
        close_for([page.pk])


def in_the_hands_of(person: User, reader: User) -> Iterator[handover.Item]:
    """Drafts that others comment: to whom their remarks go."""
    rows = Discussion.objects.filter(author=person, ended_at=None).select_related("page").order_by("pk")
    known = set(access.known(Page.objects.filter(pk__in=rows.values("page")), reader).values_list("pk", flat=True))
    for row in rows:
        title = row.title if row.page_id in known else str(_("una bozza di uno spazio che non leggi"))
        heading = str(_("Bozze di cui riceve le osservazioni"))
        yield handover.Item(
            f"discussion:{row.pk}", heading, title, partial(_hand, row), why_not=partial(_cannot_answer, row)
        )


def _cannot_answer(discussion: Discussion, to: User) -> str:
    if access.can(to, "edit", discussion.page):
        return ""
    said = _("%(who)s non scrive dove sta questa bozza, e non potrebbe rispondere: scegli un’altra persona.")
    return str(said % {"who": to})


def _hand(discussion: Discussion, to: User | None, by: User) -> None:
    Discussion.objects.filter(pk=discussion.pk).update(author=to)


handover.sources.append(in_the_hands_of)


# --- Read ------------------------------------------------------------------------------------------------


def signing(discussion: Discussion) -> JointApproval | None:
    """What the bodies are signing of it now."""
    rows = JointApproval.objects.filter(page=discussion.page_id, state=JointState.OPEN)
    return rows.select_related("revision", "page").first() if discussion.is_open else None


def phase(discussion: Discussion, joint: JointApproval | None) -> Phase:
    if not discussion.is_open:
        return Phase.ENDED
    if joint:
        return Phase.SIGNING
    return Phase.REVIEW if waiting().filter(workflow_state__object_id=str(discussion.page_id)).exists() else Phase.DRAFT


def waiting() -> QuerySet[ApprovalState]:
    return ApprovalState.objects.filter(status=TaskState.STATUS_IN_PROGRESS)


def draft(discussion: Discussion, joint: JointApproval | None, user: User, now: Phase) -> Revision | None:
    """The text of which one speaks: what the bodies sign, or what was saved last; that one is not shown to them while
    its author is still at it, nor once it is in force.
    """
    if now == Phase.ENDED or (now == Phase.DRAFT and not access.can(user, "edit", discussion.page)):
        return None
    return joint.revision if joint else discussion.page.latest_revision


def of(page: Page, user: User) -> Discussion | None:
    """The open one of a page, for whoever is asked."""
    found: Discussion | None = access.allowed(Discussion.objects.filter(page=page.pk, ended_at=None), user).first()
    return found


def asked_of(user: User) -> QuerySet[Discussion]:
    """The drafts in review on which the person may speak for a body."""
    bodies = access.acts_for(user, Purpose.APPROVAL)
    if not bodies:
        return Discussion.objects.none()
    in_review = waiting().filter(workflow_state__object_id=Cast(OuterRef("page"), CharField()))
    rows = Discussion.objects.filter(models.Exists(in_review), ended_at=None, bodies__in=bodies).distinct()
    found: QuerySet[Discussion] = access.allowed(rows, user, "edit").exclude(author=user)
    return found
