"""`manage.py check_templates`: every template of the portal compiles."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template


class Command(BaseCommand):
    help = "Compila tutti i modelli di pagina e dice quali non si leggono."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "templates"
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        broken = []
        for name in names:
            try:
                get_template(name)
            except TemplateSyntaxError as problem:
                broken.append(f"{name}: {problem}")
        if broken:
            raise CommandError("\n".join(broken))
        self.stdout.write(f"{len(names)} modelli di pagina, tutti leggibili.")
