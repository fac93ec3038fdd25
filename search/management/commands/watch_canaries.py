"""`manage.py watch_canaries`: whether in each closed space those and only those see who must, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from search import canaries
from search.models import CanaryWatch


class Command(BaseCommand):
    help = "Prova in ogni spazio riservato che una pagina la veda chi deve, e nessun altro; poi la toglie."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", help="i codici degli spazi; se non ne scrivi, tutti")

    def handle(self, *args: Any, **options: Any) -> None:
        count = canaries.watch_now(Q(code__in=options["codes"]) if options["codes"] else Q())
        if not count:
            raise CommandError("Non c’è nessuno spazio riservato da provare, con questi codici o in questa rete.")
        problems = [problem for row in CanaryWatch.objects.order_by("space__name") for problem in row.problems]
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError("La prova dei permessi non è passata.")
        self.stdout.write(f"Spazi provati: {count}. Nessuno vede più di quello che deve.")
