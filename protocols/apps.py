"""The package, to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProtocolsConfig(AppConfig):
    name = "protocols"
    verbose_name = _("Che cosa la rete ha concordato")

    def ready(self) -> None:
        from portal.pages.publication import published

        from .editions import on_published

        published.connect(on_published)
