"""`manage.py rebuild_search`: builds the index anew, aside, and switches to it."""

from typing import Any

from django.core.management.base import BaseCommand

from search import index
from search.models import SearchDocument


class Command(BaseCommand):
    help = "Ricostruisce l’indice di ricerca a parte e poi lo scambia: intanto si continua a cercare."

    def handle(self, *args: Any, **options: Any) -> None:
        expected = max(SearchDocument.objects.filter(gone=False).count(), 1)

        def progress(written: int) -> None:
            share = min(written / expected, 1)
            bar = "█" * int(share * 30)
            self.stdout.write(f"\r  [{bar:<30}] {share:4.0%}", ending="")
            self.stdout.flush()

        progress(0)
        done = index.rebuild(progress)
        progress(expected)
        self.stdout.write(f"\nIndice pronto: {done.count} documenti.")
        for each in done.skipped:
            self.stderr.write(f"Non riletto, resta trovabile com’era: {each}")
