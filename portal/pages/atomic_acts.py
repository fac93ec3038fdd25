"""An act on a page is whole, with all that follows from it, or it did not happen.

Every door ends in one of Wagtail's actions: the editor's button, an approval, the clock, acts on many pages, the
admin's API, our own code. So the guard stands there: on a method of our pages, the button would go round it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.http import Http404
from django.utils.translation import gettext as _
from wagtail.actions.convert_alias import ConvertAliasPageAction, ConvertAliasPageError
from wagtail.actions.copy_page import CopyPageAction, CopyPageIntegrityError
from wagtail.actions.create_alias import CreatePageAliasAction, CreatePageAliasIntegrityError
from wagtail.actions.delete_page import DeletePageAction
from wagtail.actions.move_page import MovePageAction
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.actions.revert_to_page_revision import RevertToPageRevisionAction, RevertToPageRevisionError
from wagtail.actions.unpublish import UnpublishAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.log_actions import LogContext, get_active_log_context
from wagtail.models import Page, TaskState, Workflow, WorkflowState

ACTS = (
    PublishRevisionAction, UnpublishAction, UnpublishPageAction, MovePageAction, DeletePageAction, CopyPageAction,
    CreatePageAliasAction, ConvertAliasPageAction, RevertToPageRevisionAction,
)  # fmt: skip
# A refusal with its own words is no fault.
ANSWERS = (
    PermissionDenied, ValidationError, Http404, ConvertAliasPageError, CopyPageIntegrityError,
    CreatePageAliasIntegrityError, RevertToPageRevisionError,
)  # fmt: skip
# Sent inside the transaction, before a text is published or set for a day: by whom (None: the clock), and in the
# place of which one where an earlier text is put back.
publishing = Signal()  # arguments: revision, user, previous
_outermost: ContextVar[Any] = ContextVar("the act that somebody asked for", default=None)


class NotDone(Exception):
    """Something that follows from an act failed, and the act with it; the fault is its cause."""

    def __init__(self, act: Any, page: Page | None) -> None:
        self.page_id = page.pk if page is not None else None
        kept = _("Quello che hai scritto è salvato come bozza.") if isinstance(act, PublishRevisionAction) else ""
        super().__init__(" ".join([_("Non è riuscito, e non è cambiato niente di quello che si legge."), kept]).strip())


class Named:
    """Whatever fails inside goes on as `NotDone`, with the fault as its cause."""

    def __init__(self, act: Any, page: Page | None) -> None:
        self.act, self.page = act, page

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        if isinstance(problem, Exception) and not isinstance(problem, (NotDone, *ANSWERS)):
            raise NotDone(self.act, self.page) from problem


def guard() -> None:
    """Called once, when the portal starts."""
    # Some of Wagtail's classes take their `execute` from one that is not named here.
    for act in {next(each for each in act.__mro__ if "execute" in vars(each)) for act in ACTS}:
        act.execute = _whole(act.execute)
    Workflow.start = _whole(Workflow.start)
    for model, names in ((WorkflowState, ("resume", "cancel")), (TaskState, ("approve", "reject"))):
        for name in names:
            setattr(model, name, _whole(getattr(model, name)))


def _whole(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def whole(self: Any, *args: Any, **kwargs: Any) -> Any:
        user = getattr(self, "user", None) or kwargs.get("user") or actor()
        asked_for = _outermost.set(_outermost.get() or self)
        try:
            with Named(self, _page_of(self, args)), transaction.atomic(), LogContext(user=user):
                if isinstance(self, PublishRevisionAction):
                    publishing.send(type(self), revision=self.revision, user=user, previous=self.previous_revision)
                return act(self, *args, **kwargs)
        finally:
            _outermost.reset(asked_for)

    return whole


def _page_of(act: Any, args: tuple[Any, ...]) -> Page | None:
    """The page of one of Wagtail's actions, or of its workflow."""
    if isinstance(act, Workflow):
        return args[0] if args else None
    if isinstance(act, TaskState):
        act = act.workflow_state
    named = (getattr(act, name, None) for name in ("page", "object", "content_object", "instance"))
    return next((each for each in named if isinstance(each, Page)), None)


def actor() -> Any:
    """Who is acting: the user handed to Wagtail's action, or whoever is at work in the admin; None for the clock."""
    return get_active_log_context().user


def is_deletion() -> bool:
    """Whether a page is withdrawn because it is being deleted."""
    return isinstance(_outermost.get(), DeletePageAction)
