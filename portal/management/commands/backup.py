"""`manage.py backup FILE` or `--to FOLDER`: a copy of everything, while the site runs."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from portal.upkeep import backup


class Command(BaseCommand):
    help = "Copia base dati, file e impostazioni in un solo archivio, mentre il portale lavora."

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("file", nargs="?", type=Path, help="l’archivio da scrivere, per esempio copia.tar.gz")
        where.add_argument("--to", type=Path, metavar="CARTELLA", help="scrive qui e toglie le copie superflue")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made, gone = backup.make_in(options["to"]) if options["to"] else (backup.make(options["file"]), [])
        except backup.NotBackedUp as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(self.style.SUCCESS(f"Copia pronta e riletta: {made.path} ({filesizeformat(made.size)})."))
        if gone:
            self.stdout.write(f"Tolte {len(gone)} copie più vecchie, che altre rendono superflue.")
        if made.lost:
            self.stderr.write(f"Attenzione: {made.lost} file mancano dal disco. «manage.py doctor» dice quali.")
        if not (Path(settings.DATA_DIR) / backup.SETTINGS).exists():
            self.stderr.write(
                "Le impostazioni non sono in raccordo.env, quindi non sono nella copia: conservale a parte, "
                "la SECRET_KEY per prima."
            )
