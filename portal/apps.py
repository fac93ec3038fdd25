"""Joins the packages by name: their feeds, and the signals of Wagtail that the ground listens to."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from wagtail.admin.apps import WagtailAdminAppConfig
from wagtail.users.apps import WagtailUsersAppConfig

from .pages import field_lengths

field_lengths.cut_nothing()  # here, because blocks make their fields while models are read


class PortalConfig(AppConfig):
    name = "portal"
    default = True
    verbose_name = _("Raccordo")

    def import_models(self) -> None:
        """First the rows of which `access` asks, then what asks `access` itself."""
        super().import_models()
        from .models import old_addresses, pages, workflow  # noqa: F401

    def ready(self) -> None:
        from django.db.models import DateField, DateTimeField
        from wagtail.admin.forms.models import register_form_field_override
        from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

        from . import checks, receivers  # noqa: F401
        from .accounts import own_traces  # noqa: F401
        from .background import clock, jobs  # noqa: F401
        from .fields import MomentField
        from .pages import addresses, atomic_acts, context, under_way  # noqa: F401
        from .upkeep import configuration, machine, work  # noqa: F401
        from .words.days import DayField

        register_form_field_override(DateField, override={"form_class": DayField, "widget": AdminDateInput})
        moment = {"form_class": MomentField, "widget": AdminDateTimeInput}
        register_form_field_override(DateTimeField, override=moment)
        receivers.connect()
        addresses.answer_everywhere()
        atomic_acts.guard()
        autodiscover_modules("feed", "pages")


class PeopleConfig(WagtailUsersAppConfig):
    """Wagtail's own pages about people, with Raccordo's fields."""

    user_viewset = "portal.accounts.people_admin.PersonViewSet"


class AdminConfig(WagtailAdminAppConfig):
    """Wagtail's admin, but for its mails: they ask no permission when they leave, and lead to its own address."""

    def ready(self) -> None:
        super().ready()
        from .wagtail_admin.policy import answer_for_files

        answer_for_files()
        from wagtail import signals
        from wagtail.admin.views.account import NotificationsSettingsPanel
        from wagtail.models import TaskState, WorkflowState

        signals.task_submitted.disconnect(
            sender=TaskState, dispatch_uid="group_approval_task_submitted_email_notification"
        )
        for name in ("submitted", "approved", "rejected"):
            signal = getattr(signals, f"workflow_{name}")
            signal.disconnect(sender=WorkflowState, dispatch_uid=f"workflow_state_{name}_email_notification")
        NotificationsSettingsPanel.is_active = lambda panel: False  # nothing left to choose
