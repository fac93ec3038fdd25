"""`manage.py forget_second_factor ADDRESS`: whoever lost the telephone and the codes for that case enters again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts import second_factor
from portal.models import User


class Command(BaseCommand):
    help = "Toglie a una persona il secondo fattore: dopo la password ne mette un altro. Prima accertati che sia lei."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="INDIRIZZO")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError("Nessuno ha un accesso con questo indirizzo.")
        if not second_factor.forget(person):
            raise CommandError("Questa persona non ha un secondo fattore.")
        self.stdout.write(self.style.SUCCESS("Tolto: la persona entra con la password, e le sue sessioni sono chiuse."))
