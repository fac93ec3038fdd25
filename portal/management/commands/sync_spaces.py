"""`manage.py sync_spaces`: copies the roles to where the admin looks for them, and says what had drifted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from portal.models import Space
from portal.spaces.roles import sync_space


class Command(BaseCommand):
    help = "Riallinea l’area redazionale ai ruoli degli spazi; con --check dice soltanto che cosa differisce."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            drift = {space.code: sync_space(space) for space in Space.objects.all()}
            if options["check"]:
                transaction.set_rollback(True)
        for code, count in drift.items():
            if count:
                self.stdout.write(f"{code}: {count} differenze")
        if options["check"] and any(drift.values()):
            raise SystemExit(1)
