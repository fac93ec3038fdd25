"""`manage.py load_demo`: the demonstration network, made by code, in dates relative to today."""

import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal.models import Space


class Command(BaseCommand):
    help = "Carica la rete dimostrativa, se non c’è già."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="non dice niente se c’è già qualcosa")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("La dimostrazione si carica solo con DEMO=1: i suoi accessi sono pubblici.")
        if Space.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("C’è già una rete in questa cartella dei dati.")
        began = time.monotonic()
        with transaction.atomic():
            for layer in settings.LAYERS:
                if find_spec(f"{layer}.demo"):
                    import_module(f"{layer}.demo").load(self._say)
        for layer in settings.LAYERS:
            if find_spec(f"{layer}.demo") and hasattr(import_module(f"{layer}.demo"), "finish"):
                import_module(f"{layer}.demo").finish(self._say)
        self._say(f"fatto in {time.monotonic() - began:.0f} secondi")

    def _say(self, words: str) -> None:
        self.stdout.write(f"  · {words}")
        self.stdout.flush()
