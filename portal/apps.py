"""Joins the packages by name: their feeds, and the signals of Wagtail that the ground listens to."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


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
        from wagtail.signals import page_published, page_unpublished, post_page_move, pre_page_move, task_submitted

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
            workflow,
        )  # fmt: skip
        from .fields import MomentField
        from .models import Document, Term, User

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
        task_submitted.connect(workflow.on_task_submitted)
        for signal in (post_save, post_delete):
            signal.connect(glossary.on_term_changed, sender=Term)
        autodiscover_modules("feed")


class PeopleConfig(WagtailUsersAppConfig):
    """Wagtail's own pages about people, with Raccordo's fields."""

    user_viewset = "portal.users.PersonViewSet"
