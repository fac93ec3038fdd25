"""`manage.py restore FILE`: a copy becomes the installation of an empty machine; `--check` only reads it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.upkeep import archive, restore


class Command(BaseCommand):
    help = "Ripristina una copia su una macchina vuota; con --check la rilegge soltanto."
    requires_system_checks: list[str] = []  # an empty machine has no key yet: it comes with the copy

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="rilegge la copia da cima a fondo, non ripristina")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = (archive.check if options["check"] else restore.restore)(options["file"])
        except (archive.Damaged, restore.NotRestored) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"{problem.filename or options['file']}: {problem.strerror}") from problem
        count = sum(1 for name in manifest.members if name.startswith("files/"))
        what = f"versione {manifest.version}, {manifest.made_at[:16].replace('T', ' ')} UTC, {count} file"
        if options["check"]:
            self.stdout.write(self.style.SUCCESS(f"La copia è intera: {what}."))
            return
        self.stdout.write(self.style.SUCCESS(f"Ripristinato: {what}."))
        self.stdout.write(
            "Ora: manage.py migrate, manage.py collectstatic --noinput, manage.py doctor, manage.py serve.\n"
            "L’indice di ricerca si ricostruisce da solo appena il portale parte."
        )
        for name in manifest.lost:
            self.stderr.write(f"Mancava già quando la copia è stata fatta: {name}")
