"""`manage.py check_search`: compares the database with what the engine holds, and with `--repair` puts it right."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search import index
from search.engines.contract import EngineDown, IndexBusy, IndexDamaged

NAMED = 5


class Command(BaseCommand):
    help = "Confronta la base dati con l’indice di ricerca; con --repair rimette a posto quello che non torna."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="rimette a posto quello che non torna")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._compare(repairs=options["repair"])
        except IndexBusy as problem:
            raise CommandError("Qualcuno sta scrivendo nell’indice: riprova fra un minuto.") from problem
        except (EngineDown, IndexDamaged) as problem:
            raise CommandError(f"L’indice non si può confrontare: {problem}.") from problem

    def _compare(self, *, repairs: bool) -> None:
        if index.is_renewing():
            raise CommandError(
                "L’indice si sta rinnovando dopo un aggiornamento e intanto risponde quello di prima: riprova quando è "
                "pronto, o esegui «manage.py rebuild_search»."
            )
        if not index.is_sound():
            raise CommandError(
                "L’indice manca, è danneggiato o è di un’altra versione: esegui «manage.py rebuild_search»."
            )
        found = index.compare()
        self._say("Mancano nell’indice", found.missing)
        self._say("Nell’indice sono diversi", found.stale)
        self._say("Nell’indice sono di troppo", found.surplus)
        if not found:
            self.stdout.write("La base dati e l’indice dicono lo stesso.")
        elif repairs:
            self.stdout.write(f"Rimessi a posto: {index.repair(found)}.")
        else:
            raise CommandError("Esegui «manage.py check_search --repair».")

    def _say(self, what: str, keys: list[str]) -> None:
        if keys:
            more = f" e altri {len(keys) - NAMED}" if len(keys) > NAMED else ""
            self.stdout.write(f"{what} {len(keys)}: {', '.join(keys[:NAMED])}{more}")
