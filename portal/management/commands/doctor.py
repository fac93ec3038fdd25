"""`manage.py doctor`: what is wrong with this installation and how to mend it; ends with 1 where something is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.upkeep import doctor


class Command(BaseCommand):
    help = "Dice che cosa non va in questa installazione e come rimediare."
    requires_system_checks: list[str] = []  # it says itself what they would

    def handle(self, *args: Any, **options: Any) -> None:
        faults = sorted(doctor.examine(), key=lambda fault: not fault.is_grave)
        self.stdout.write(f"Raccordo {settings.VERSION}, dati in {settings.DATA_DIR}: {len(doctor.checks)} controlli.")
        for fault in faults:
            style, mark = (self.style.ERROR, "✗") if fault.is_grave else (self.style.WARNING, "!")
            self.stdout.write(f"\n{style(mark)} {fault.what}\n  → {fault.remedy}")
        grave = sum(fault.is_grave for fault in faults)
        if grave:
            self.stdout.write(self.style.ERROR(f"\nDa sistemare: {grave}."))
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("\nTutto a posto."))
