"""The step of Wagtail's workflow in which an approver of the page's own space decides."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.locks import WorkflowLock
from wagtail.models import Page, Revision, Task, TaskState

from portal import access

from .people import User


class ApprovalState(TaskState):
    """One approval; a model of its own so that its mails can be told from Wagtail's group task."""

    @classmethod
    def of(cls, revision: Revision | None) -> "ApprovalState | None":
        """The approval that this very text was given."""
        given = cls.objects.filter(revision=revision, status=TaskState.STATUS_APPROVED)
        return given.select_related("workflow_state__requested_by", "finished_by").last() if revision else None


class WaitingLock(WorkflowLock):
    """While a page waits only approvers write in it; the others read who decides, above fields that take no letter."""

    def get_message(self, user: Any) -> str | None:
        if not self.for_user(user):
            return None
        deciding = access.deciders([self.object]).get(self.object.pk, [])
        known = access.allowed(User.objects.filter(pk__in=[person.pk for person in deciding]), user)
        names = [str(person) for person in known.order_by("last_name", "first_name")]
        who = ngettext("decide %(names)s", "decidono %(names)s", len(names)) if names else now("decide chi approva qui")
        said = now("La pagina è in attesa di approvazione: %(who)s. Fino ad allora qui si legge e non si scrive.")
        return said % {"who": who % {"names": ", ".join(names)}}


class ApprovalTask(Task):
    """Approval by whoever approves in the page's space, never by who asked for it."""

    task_state_class = ApprovalState
    lock_class = WaitingLock

    class Meta:
        verbose_name = _("approvazione nello spazio")
        verbose_name_plural = _("approvazioni nello spazio")

    def user_can_access_editor(self, obj: Page, user: Any) -> bool:
        return access.can(user, "approve", obj)

    def page_locked_for_user(self, page: Page, user: Any) -> bool:
        return not self.user_can_access_editor(page, user)

    def locked_for_user(self, obj: Page, user: Any) -> bool:
        return not self.user_can_access_editor(obj, user)

    def get_actions(self, obj: Page, user: Any) -> list[tuple[str, Any, bool]]:
        """None in the admin: its buttons post the editor, and would approve another text than the one read."""
        return []

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> Any:
        """Closed: `workflow.approve` and `workflow.ask_for_changes` are the only way."""
        raise PermissionDenied

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> Any:
        waiting = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, task=self.task_ptr)
        return access.approvals(user, waiting)

    @classmethod
    def get_description(cls) -> str:
        return str(_("Decide un approvatore dello spazio in cui sta la pagina, diverso da chi la propone."))
