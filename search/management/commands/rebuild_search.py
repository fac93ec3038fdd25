"""`manage.py rebuild_search`: builds the index anew, aside, and switches to it."""

from typing import Any

from django.core.management.base import BaseCommand

from search import documents, index


class Command(BaseCommand):
    help = "Ricostruisce l’indice di ricerca a parte e poi lo scambia: intanto si continua a cercare."

    def handle(self, *args: Any, **options: Any) -> None:
        expected = max(sum(1 for _ in documents.everything()), 1)

        def progress(written: int) -> None:
            share = min(written / expected, 1)
            bar = "█" * int(share * 30)
            self.stdout.write(f"\r  [{bar:<30}] {share:4.0%}", ending="")
            self.stdout.flush()

        progress(0)
        count = index.rebuild(progress)
        progress(expected)
        self.stdout.write(f"\nIndice pronto: {count} documenti.")
