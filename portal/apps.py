"""Joins the packages by name: their feeds, and the signals of Wagtail that the ground listens to."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from wagtail.admin.apps import WagtailAdminAppConfig
from wagtail.users.apps import WagtailUsersAppConfig

from . import lengths

lengths.cut_nothing()  # here, because blocks make their fields while models are read


class PortalConfig(AppConfig):
    name = "portal"
    default = True
    verbose_name = _("Raccordo")

    def ready(self) -> None:
        from allauth.account.models import EmailAddress
        from django.db.models import DateTimeField
        from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
        from wagtail.admin.forms.models import register_form_field_override
        from wagtail.admin.widgets import AdminDateTimeInput
        from wagtail.signals import (
            init_new_page,
            page_published,
            page_unpublished,
            post_page_move,
            pre_page_move,
            task_approved,
            task_rejected,
            task_submitted,
        )

        from . import (  # noqa: F401
            checks,
            clock,
            files,
            glossary,
            jobs,
            people,
            problems,
            publication,
            role_copy,
            spaces,
            under_way,
            whole,
            workflow,
            writing,
        )
        from .fields import MomentField
        from .models import Document, Term, User, old_addresses

        moment = {"form_class": MomentField, "widget": AdminDateTimeInput}
        register_form_field_override(DateTimeField, override=moment)

        page_published.connect(publication.on_page_published)
        page_unpublished.connect(publication.on_page_unpublished)
        post_save.connect(files.on_document_saved, sender=Document)
        post_delete.connect(files.on_document_deleted, sender=Document)
        pre_save.connect(people.on_address_saved, sender=EmailAddress)
        post_save.connect(people.on_person_saved, sender=User)
        m2m_changed.connect(role_copy.on_groups_changed, sender=User.groups.through)
        pre_page_move.connect(spaces.on_page_moves)
        post_page_move.connect(files.on_page_moved)
        pre_page_move.connect(old_addresses.on_page_moved)
        init_new_page.connect(writing.on_new_page)
        task_submitted.connect(workflow.on_task_submitted)
        for signal in (post_save, post_delete):
            signal.connect(glossary.on_term_changed, sender=Term)
        task_approved.connect(workflow.on_task_decided)
        task_rejected.connect(workflow.on_task_decided)
        whole.publishing.connect(workflow.on_publishing)
        whole.guard()
        autodiscover_modules("feed")


class PeopleConfig(WagtailUsersAppConfig):
    """Wagtail's own pages about people, with Raccordo's fields."""

    user_viewset = "portal.users.PersonViewSet"


class AdminConfig(WagtailAdminAppConfig):
    """Wagtail's admin, but for its mails: they ask no permission when they leave, and lead to its own address."""

    def ready(self) -> None:
        super().ready()
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
