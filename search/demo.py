"""After the demonstration is loaded: a name of one body's own, what was looked for and not found, and the index."""

from django.utils import timezone

from portal.demo import Say
from portal.models import Organisation, Term

from . import index
from .models import Gap, OwnName
from .query import key_of

# Words → how often they were asked, and by how many bodies.
NOT_FOUND = {"bonus psicologo": (9, 4), "trasporto dializzati": (6, 3)}


def load(say: Say) -> None:
    """The documents were written with the pages."""
    quarrata = Organisation.objects.get(slug="quarrata")
    OwnName.objects.create(organisation=quarrata, said="la commissione", term=Term.objects.get(term="UVM"))
    today = timezone.localdate()
    Gap.objects.bulk_create(
        Gap(key=key_of(words), said=words, asks=asks, bodies=2**bodies - 1, last_on=today)
        for words, (asks, bodies) in NOT_FOUND.items()
    )


def finish(say: Say) -> None:
    say(f"indice di ricerca: {index.rebuild().count} documenti")
