"""The package, to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "coordination"
    verbose_name = _("Come la rete decide")

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save

        from portal.accounts import handover
        from portal.models import Delegation
        from portal.pages.publication import published, withdrawn
        from portal.personal_data import guard

        from . import actions, chairing, regulations
        from .models import ServicePage

        for signal in (post_save, post_delete):
            signal.connect(regulations.on_delegation, sender=Delegation)
        handover.sources.append(chairing.in_the_hands_of)
        published.connect(actions.on_published)
        withdrawn.connect(actions.on_withdrawn)
        guard.telephones.append(lambda: ServicePage.objects.exclude(telephone="").values_list("telephone", flat=True))
