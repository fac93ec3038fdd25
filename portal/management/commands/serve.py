"""`manage.py serve`: web server and worker under one parent, which restarts what dies and stops both on Ctrl-C."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.background.launcher import Launcher
from portal.upkeep import configuration


class Command(BaseCommand):
    help = "Avvia il sito e i lavori in background; Ctrl-C li ferma entrambi."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))

    def handle(self, *args: Any, **options: Any) -> None:
        if configuration.is_behind():
            raise CommandError("La base dati è di una versione precedente: esegui prima «manage.py migrate».")
        Launcher(options["host"], options["port"], say=self.stdout.write).run()
