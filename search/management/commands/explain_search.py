"""`manage.py explain_search "parole" --as ADDRESS`: why each result stands where it does for that person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.models import User
from search import asking, index, pins
from search.answers import filters_in
from search.engines.contract import EngineDown, Explained, IndexBusy, IndexDamaged, IndexOutdated
from search.query import WEIGHTS, key_of

SHOWN = 10


class Command(BaseCommand):
    help = "Dice perché ogni risultato di una ricerca è dov’è, come lo vede una persona."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", help="le parole, tra virgolette")
        parser.add_argument("--as", dest="address", required=True, help="l’indirizzo con cui la persona entra")
        parser.add_argument("--limit", type=int, default=SHOWN, help="quanti risultati")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.current().filter(email__iexact=options["address"]).first()
        if person is None:
            raise CommandError(f"Nessun account attivo con l’indirizzo {options['address']}.")
        words, filters = filters_in(options["words"], person)
        asked = asking.query(words, person, filters)
        try:
            found, why = index.engine().search(asked), index.engine().explain(asked, max(options["limit"], 1))
        except (EngineDown, IndexBusy, IndexDamaged, IndexOutdated) as problem:
            raise CommandError(f"L’indice non si legge: {problem}. Esegui «manage.py rebuild_search».") from problem
        for page in pins.shown(key_of(words), person):
            self.stdout.write(f"In evidenza per queste parole: {page}")
        self.stdout.write(f"«{words}»: {found.total} risultati, {found.all_words} con tutte le parole")
        if found.corrected:
            self.stdout.write(f"forse cercavi «{found.corrected}»")
        for place, each in enumerate(why, start=1):
            self._say(place, each)
        for hit in found.near:
            self.stdout.write(f"\nPotrebbe servire, per quello che dice: {hit.code} {hit.title} = {hit.score:.3f}")

    def _say(self, place: int, each: Explained) -> None:
        self.stdout.write(f"\n{place}. {each.code} {each.title} ({each.kind}) = {each.score:.3f}  {each.url}")
        for reason in sorted(each.reasons, key=lambda reason: -reason.adds):
            weight = f"× {WEIGHTS[reason.weight]:g}"
            self.stdout.write(f"   {reason.adds:9.3f}  {reason.weight:<12} {weight:<8} «{reason.words}»")
        self.stdout.write(f"   {each.words_score:9.3f}  in tutto; di una parola e dei suoi sinonimi conta il migliore")
        for name, factor in each.factors:
            self.stdout.write(f"   × {factor:7.3f}  {name}")
