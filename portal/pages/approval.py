"""An approval from its request to its end: of whom it is asked, who is told, how it is decided."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision, TaskState, WorkflowState

from portal import access
from portal.background import jobs
from portal.models.jobs import Lane
from portal.models.people import User
from portal.models.spaces import Space
from portal.models.workflow import ApprovalState
from portal.notices import emails, obligations
from portal.notices.obligations import Duty, Need
from portal.words import dates

from . import concurrent_edits, publish_approved


class AlreadyDecided(Exception):
    """Somebody else was faster, or the author took the request back."""


class TextChanged(Exception):
    """Somebody saved the page after the approver had read it."""


# --- Asking ----------------------------------------------------------------------------------------------


def on_task_submitted(sender: Any, instance: TaskState, user: User | None = None, **kwargs: Any) -> None:
    """Somebody asked for approval: whoever may decide finds it among the things to do, and gets a mail, by a job."""
    state = instance.specific
    if isinstance(state, ApprovalState):
        _asked_again(state, user)
        obligations.settle(_key_of_answer(state))
        ask_deciders([state])
        function = "portal.pages.approval.tell_approvers"
        jobs.ask(f"approval-mail:{instance.pk}", function, instance.pk, lane=Lane.MAIL)


def _asked_again(state: TaskState, user: User | None) -> None:
    """Who sends again what came back to somebody else is who asks now, and decides on it as little."""
    asked = state.workflow_state
    before = asked.task_states.exclude(pk=state.pk).order_by("pk").last()
    if user is not None and before is not None and before.status == TaskState.STATUS_REJECTED:
        asked.requested_by = user
        asked.save(update_fields=["requested_by"])


def ask_deciders(states: Iterable[ApprovalState]) -> None:
    """Ask each of these approvals of whoever may decide it now, and of nobody else.

    Where no role lets anybody decide, it waits for the administrators.
    """
    states = list(states)
    pages = Page.objects.in_bulk([int(state.workflow_state.object_id) for state in states])
    deciders = access.deciders(pages.values()) if pages else {}
    for state in states:
        page, author = int(state.workflow_state.object_id), state.workflow_state.requested_by
        people = deciders.get(page) or [person for person in access.administrators() if person != author]
        duty = Duty(
            title=title_of(state),
            verb=_("Decidi"),
            why=_("da approvare: lo chiede %(person)s") % {"person": author},
            url=reverse("approval", args=[state.pk]),
            page=page,
            needs=Need.APPROVE,
        )
        obligations.ask(people, _key(state), duty)
        obligations.settle(_key(state), but=people)


def waiting_on(pages: QuerySet[Page]) -> QuerySet[ApprovalState]:
    """The approvals that wait for a decision on these pages."""
    keys = pages.order_by().annotate(key=Cast("pk", CharField())).values("key")
    waiting = ApprovalState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, workflow_state__object_id__in=keys)
    return waiting.select_related("workflow_state__requested_by", "revision")


def on_roles_changed(sender: Any, space: Space, **kwargs: Any) -> None:
    """Who may decide in the space has changed: what waits there follows."""
    ask_deciders(waiting_on(Page.objects.filter(path__beneath=[space.root_page.path])))


def on_page_moved(sender: Any, instance: Page, **kwargs: Any) -> None:
    """In another space others decide on what waits."""
    ask_deciders(waiting_on(Page.objects.filter(path__beneath=[instance.path])))


def on_person_saved(
    sender: Any, instance: User, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    """An account that holds again finds what was asked of its roles while it did not; a new one has none."""
    if created:
        return
    if update_fields and not {"is_active", "valid_until"} & set(update_fields):
        return
    access.forget(instance)
    ask_deciders(access.approvals(instance, waiting_on(Page.objects.all())))


def _key(state: ApprovalState) -> str:
    return f"approval:{state.pk}"


def _key_of_answer(state: ApprovalState) -> str:
    return f"given-back:{state.workflow_state_id}"


def tell_approvers(state_id: int) -> None:
    """Mail those who may decide on a waiting approval, asking access again now; over one connection."""
    state = ApprovalState.objects.filter(pk=state_id, status=TaskState.STATUS_IN_PROGRESS).first()
    if state is None:
        return
    page = state.workflow_state.content_object
    words = {
        "title": title_of(state), "asked_by": str(state.workflow_state.requested_by or ""),
        "note": state.revision.content.get("change_note", ""), "url": address(state),
    }  # fmt: skip
    deciders = access.deciders([page]).get(page.pk, [])
    get_connection().send_messages([emails.approval_mail(person, **words) for person in deciders])


def address(state: ApprovalState) -> str:
    """Where the approval is decided, for a mail."""
    return settings.BASE_URL + reverse("approval", args=[state.pk])


def proposed(state: ApprovalState) -> Revision:
    """What waits for the decision: the page as it was saved last, which may be after it was asked for."""
    revision: Revision = state.workflow_state.content_object.latest_revision
    return revision


def title_of(state: ApprovalState) -> str:
    """Code and title as proposed, without building the page for it."""
    content = state.revision.content
    return f"{content.get('code', '')} {content['title']}".strip()


def scheduled_for(page: Page) -> str:
    """The day for which its publication is set; empty when that is at once."""
    if page.go_live_at and page.go_live_at > timezone.now():
        return dates.in_words(page.go_live_at, "l j F")
    return ""


# --- Deciding --------------------------------------------------------------------------------------------


@transaction.atomic
def approve(state: ApprovalState, *, by: User, seen: str, note: str = "") -> Page:
    """Publish what the approver has read, or schedule it; returns the page as approved."""
    state = _to_decide(state, by)
    revision = proposed(state)
    if concurrent_edits.mark(revision) != seen:
        raise TextChanged
    if state.revision_id != revision.pk:
        state.revision = revision
        state.save(update_fields=["revision"])
    state.approve(user=by, comment=note)
    page: Page = revision.as_object()
    return page


@transaction.atomic
def ask_for_changes(state: ApprovalState, *, by: User, reason: str) -> None:
    """Give the page back to its author, with the reason."""
    _to_decide(state, by).reject(user=by, comment=reason)


def _to_decide(state: ApprovalState, by: User) -> ApprovalState:
    """The approval as it stands now, held until the decision is written."""
    state = ApprovalState.objects.select_for_update().get(pk=state.pk)
    page = Page.objects.select_for_update().get(pk=state.workflow_state.object_id)
    if state.status != TaskState.STATUS_IN_PROGRESS:
        raise AlreadyDecided
    if not access.may_decide(by, page):
        raise PermissionDenied
    return state


def on_publishing(sender: Any, revision: Revision, user: User | None, previous: Revision | None, **kwargs: Any) -> None:
    """Whoever publishes a page that waits has decided on it: its author gets the answer as by any other way.

    The clock publishes what was decided before, and decides nothing on what was asked since.
    """
    open_ones = WorkflowState.objects.active().filter(
        object_id=revision.object_id, base_content_type=revision.base_content_type
    )
    asked = open_ones.select_for_update().first() if user else None
    if asked is None:
        return
    waiting = ApprovalState.objects.select_for_update().filter(
        workflow_state=asked, status=TaskState.STATUS_IN_PROGRESS
    )
    state = waiting.first()
    if state is None or asked.requested_by == user:
        asked.cancel(user=user)
    elif previous:
        state.reject(
            user=user, comment=_("Ho rimesso la versione di prima: la tua resta tra le versioni della pagina.")
        )
    else:
        state.revision = revision
        state.approve(user=user, update=False, comment=_after_whom(state, revision))
        asked.status = WorkflowState.STATUS_APPROVED
        asked.save(update_fields=["status"])


def _after_whom(state: ApprovalState, revision: Revision) -> str:
    """What the author must know: the last hand on the text was another's."""
    if revision.user_id in {None, state.workflow_state.requested_by_id}:
        return ""
    return _("L’ho pubblicata dopo averla aperta in scrittura: rileggila, può non essere parola per parola la tua.")


# --- The answer ------------------------------------------------------------------------------------------


def on_task_decided(sender: Any, instance: TaskState, **kwargs: Any) -> None:
    """Approved or given back: nobody is asked to decide any more, and the author gets the answer."""
    state = instance.specific
    if isinstance(state, ApprovalState):
        obligations.settle(_key(state))
        if state.status == TaskState.STATUS_REJECTED:
            _ask_author(state)
        jobs.ask(f"answer-mail:{instance.pk}", "portal.pages.approval.tell_author", instance.pk, lane=Lane.MAIL)


def on_task_cancelled(sender: Any, instance: TaskState, **kwargs: Any) -> None:
    """The request was taken back."""
    state = instance.specific
    if isinstance(state, ApprovalState):
        obligations.settle(_key(state))


def on_workflow_cancelled(sender: Any, instance: WorkflowState, **kwargs: Any) -> None:
    """Nor has the author anything to correct for it."""
    state = instance.current_task_state.specific if instance.current_task_state else None
    if isinstance(state, ApprovalState):
        obligations.settle(_key_of_answer(state))


def came_back(page: Page) -> TaskState | None:
    """The decision that sent the page back to whoever had asked, until it is sent again."""
    state = page.current_workflow_state
    is_back = state is not None and state.status == state.STATUS_NEEDS_CHANGES
    return state.current_task_state if is_back else None


def _ask_author(state: ApprovalState) -> None:
    """The page came back: until it is sent again, published, or the request is taken back, it is to be corrected."""
    page = state.workflow_state.content_object
    duty = Duty(
        title=_("Ti è tornata: %(page)s") % {"page": title_of(state)},
        verb=_("Correggi"),
        why=_("%(person)s chiede: %(reason)s") % {"person": state.finished_by, "reason": state.comment},
        url=edit_address(page),
        page=page.pk,
        needs=Need.EDIT,
    )
    obligations.ask(_whose(state, page), _key_of_answer(state), duty)


def _whose(state: ApprovalState, page: Page) -> list[User]:
    """Whoever asked for the approval; who has left meanwhile leaves it to the page's owner, or to the space's."""
    author = state.workflow_state.requested_by
    if author is None or author.is_current():
        return [author] if author else []
    owner = User.objects.current().filter(pk=page.owner_id).first()
    if owner and access.can(owner, "edit", page):
        return [owner]
    space = access.space_of(page)
    return access.managers(space) if space else []


def tell_author(state_id: int) -> None:
    """Mail the answer to whoever asked, if that person still has to do with the page."""
    state = ApprovalState.objects.select_related("finished_by").filter(pk=state_id).first()
    author = state.workflow_state.requested_by if state else None
    page = state.workflow_state.content_object if state else None
    if state is None or author is None or page is None or not author.is_current():
        return
    by, title = str(state.finished_by or ""), title_of(state)
    if state.status == TaskState.STATUS_REJECTED and access.can(author, "edit", page):
        url = settings.BASE_URL + edit_address(page)
        emails.given_back_mail(author, title=title, by=by, reason=state.comment, url=url).send()
    elif any(step.has_begun(state.revision) for step in publish_approved.further):
        return  # not published yet: who carries it on tells the author
    elif state.status == TaskState.STATUS_APPROVED and _still_concerns(author, page):
        scheduled = scheduled_for(state.revision.as_object())
        url = settings.BASE_URL + (page.specific.url or "")
        emails.approved_mail(author, title=title, by=by, note=state.comment, scheduled=scheduled, url=url).send()


def _still_concerns(author: User, page: Page) -> bool:
    return access.can(author, "view", page) or access.can(author, "edit", page)


def edit_address(page: Page) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def waiting_of(user: User) -> list[ApprovalState]:
    """The person's own requests that nobody has answered yet."""
    return access.addressed_rows("approvals", _waiting, user, "workflow_state__requested_by")


def _waiting() -> QuerySet[ApprovalState]:
    rows = ApprovalState.objects.filter(status=TaskState.STATUS_IN_PROGRESS)
    return rows.select_related("workflow_state", "revision")
