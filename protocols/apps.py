"""The package, to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProtocolsConfig(AppConfig):
    name = "protocols"
    verbose_name = _("Che cosa la rete ha concordato")

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save
        from wagtail.signals import task_submitted

        from portal.models import Absence, Delegation
        from portal.pages.atomic_acts import publishing
        from portal.pages.publication import published, withdrawn

        # `signing` says how rules are signed, `outsiders` how an edition is shown to one, `taken_away` what of
        # editions leaves with a space.
        from . import (  # noqa: F401
            adoptions,
            discussions,
            editions,
            fillable,
            joint_approval,
            links,
            outsiders,
            signing,
            taken_away,
        )

        publishing.connect(editions.on_publishing)
        published.connect(editions.on_published)
        published.connect(links.on_published)
        publishing.connect(adoptions.on_publishing)
        published.connect(adoptions.on_published)  # the edition is kept by then
        published.connect(fillable.on_published)  # as here
        withdrawn.connect(adoptions.on_withdrawn)
        for signal in (post_save, post_delete):
            signal.connect(adoptions.on_delegation, sender=Delegation)
            signal.connect(joint_approval.on_delegation, sender=Delegation)
        published.connect(joint_approval.on_published)
        task_submitted.connect(joint_approval.on_task_submitted)
        task_submitted.connect(discussions.on_task_submitted)
        published.connect(discussions.on_published)
        post_save.connect(joint_approval.on_absence, sender=Absence)
        post_delete.connect(joint_approval.on_absence, sender=Absence)
