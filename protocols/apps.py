"""The package, to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProtocolsConfig(AppConfig):
    name = "protocols"
    verbose_name = _("Che cosa la rete ha concordato")

    def ready(self) -> None:
        from portal.pages.atomic_acts import publishing
        from portal.pages.publication import published

        from . import editions

        publishing.connect(editions.on_publishing)
        published.connect(editions.on_published)
