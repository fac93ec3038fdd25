"""`manage.py migrate`: Django's own, while the site shows that it is being updated."""

from typing import Any

from django.core.management.commands import migrate

from portal.upkeep import maintenance


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with maintenance.under_way():
            return super().handle(*args, **options)
