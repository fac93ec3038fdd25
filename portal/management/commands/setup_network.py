"""`manage.py setup_network`: the start of a production installation."""

from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.utils import get_random_secret_key
from django.core.validators import validate_email

from portal.models import User
from portal.network import set_up


class Command(BaseCommand):
    help = "Prepara una rete: nome, indirizzo, primo amministratore. Scrive raccordo.env nella cartella dei dati."
    requires_system_checks: list[str] = []  # it is what makes the checks pass

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="nome della rete")
        parser.add_argument("--domain", help="nome a cui il portale risponde, per esempio portale.rete.example")
        parser.add_argument("--email", help="posta elettronica del primo amministratore")
        parser.add_argument("--password", help="la sua password (se manca, viene chiesta)")
        parser.add_argument("--http", action="store_true", help="senza HTTPS, solo per prove in una rete chiusa")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"] or input("Nome della rete: ").strip()
        domain = (options["domain"] or input("Nome del sito (per esempio portale.rete.example): ")).strip().lower()
        email = (options["email"] or input("Posta elettronica del primo amministratore: ")).strip().lower()
        password = options["password"] or getpass("Password: ")
        self._check(name, domain, email, password)
        secret = self._write_settings(domain, http=options["http"])
        settings.SECRET_KEY = secret
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        set_up(name, f"{'http' if options['http'] else 'https'}://{domain}")
        if not User.objects.filter(email=email).exists():
            User.objects.create_superuser(email, password)
        self.stdout.write(self.style.SUCCESS(f"La rete «{name}» è pronta. Avvia con: manage.py serve"))

    def _check(self, name: str, domain: str, email: str, password: str) -> None:
        if not name or not domain or "/" in domain:
            raise CommandError("Servono un nome e un dominio (senza https:// e senza barre).")
        try:
            validate_email(email)
            validate_password(password, User(email=email))
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        if password == settings.DEMO_PASSWORD:
            raise CommandError("Questa password è quella della dimostrazione: scegline un’altra.")

    def _write_settings(self, domain: str, *, http: bool) -> str:
        """Keep what is there already: a second run must not end everybody's session."""
        path = Path(settings.DATA_DIR) / "raccordo.env"
        lines = path.read_text().splitlines() if path.exists() else []
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        secret = kept.setdefault("SECRET_KEY", get_random_secret_key().replace("$", "x").replace("#", "y"))
        kept["ALLOWED_HOSTS"] = domain.split(":")[0]
        kept["BASE_URL"] = f"{'http' if http else 'https'}://{domain}"
        path.touch(mode=0o600)
        path.write_text("".join(f"{key}={value}\n" for key, value in kept.items()))
        return secret
