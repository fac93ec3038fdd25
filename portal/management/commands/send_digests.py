"""`manage.py send_digests`: sends what is due; with `--preview PERSON` shows one without sending."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.models import User
from portal.notices import digests, emails


class Command(BaseCommand):
    help = "Invia i digest dovuti, oppure mostra quello di una persona senza inviarlo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--preview", metavar="PERSONA", help="posta elettronica: mostra il digest, non invia")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["preview"]:
            self.stdout.write(f"Digest inviati: {digests.send_due()}")
            return
        user = User.objects.current().filter(email__iexact=options["preview"]).first()
        if user is None:
            raise CommandError("Nessuna persona attiva con questo indirizzo.")
        digest = digests.preview(user)
        if digest.is_empty:
            self.stdout.write("Niente da dire: non partirebbe nessuna mail.")
            return
        mail = emails.digest_mail(user, digest, digests.stop_url(user))
        self.stdout.write(f"Oggetto: {mail.subject}\n\n{mail.body}")
