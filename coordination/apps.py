"""The package, to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "coordination"
    verbose_name = _("Come la rete decide")

    def ready(self) -> None:
        from portal.pages.publication import published, withdrawn

        from . import actions

        published.connect(actions.on_published)
        withdrawn.connect(actions.on_withdrawn)
