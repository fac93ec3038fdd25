"""Whether what is published is found: the index is whole, and not behind."""

import time
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.upkeep.doctor import Fault, check, figures

from . import index
from .engines.contract import EngineDown, EngineFull
from .models import SearchDocument

PATIENCE = 10.0  # seconds in which a worker brings something of what waits to the engine


@check("index")
def sound() -> Iterator[Fault]:
    try:
        if not index.is_sound():
            yield Fault(
                _("L’indice di ricerca manca o è danneggiato: si trovano soltanto i titoli."),
                _("Si ricostruisce da solo in pochi minuti; se no, esegui «manage.py rebuild_search»."),
            )
        index.engine().check_room()
    except EngineFull as problem:
        yield Fault(
            _("Il motore di ricerca non prende più testi: %(problem)s.") % {"problem": problem},
            _("Libera spazio sul disco del server: quello che aspetta vi arriva da solo."),
        )
    except EngineDown as problem:
        yield Fault(
            _("Il motore di ricerca non risponde: %(problem)s.") % {"problem": problem},
            _("Guarda che la cartella dell’indice, o il server del motore, si possa leggere."),
        )


@check("index_lag")
def behind() -> Iterator[Fault]:
    """What waits for the engine grows less while one looks."""
    before = waiting()
    end = time.monotonic() + PATIENCE
    while before and waiting() >= before:
        if time.monotonic() > end:
            yield Fault(
                _("L’indice è indietro: aspettano %(count)d testi, che la ricerca non trova ancora come sono adesso.")
                % {"count": before},
                _("Guarda che «manage.py serve» sia acceso; se no, esegui «manage.py rebuild_search»."),
            )
            return
        time.sleep(0.2)


def waiting() -> int:
    """How many rows the engine has still to be told of."""
    return SearchDocument.objects.filter(pending=True).count()


figures[gettext_lazy("Testi che aspettano l’indice")] = lambda: str(waiting())
