"""Whether what is published is found: the index is whole, and not behind."""

import time
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.upkeep.doctor import Fault, check, figures

from . import encoders, index, making_meaning, meaning
from .engines.contract import EngineDown, EngineFull, IndexBusy, IndexDamaged
from .models import SearchDocument

PATIENCE = 10.0  # seconds in which a worker brings something of what waits to the engine


@check("index")
def sound() -> Iterator[Fault]:
    try:
        if index.is_renewing():
            yield Fault(
                _("L’indice di ricerca si sta rinnovando dopo un aggiornamento: intanto si cerca in quello di prima, "
                  "senza le ultime modifiche."),
                _("Il nuovo ne prende il posto da solo quando è pronto. Se dura, guarda che «manage.py serve» sia "
                  "acceso, o esegui «manage.py rebuild_search»."),
                is_grave=False,
            )  # fmt: skip
        elif not index.can_be_searched():
            yield Fault(
                _("L’indice di ricerca manca, è danneggiato o è di un’altra versione: si trovano soltanto i titoli."),
                _("Si ricostruisce da solo in pochi minuti; se no, esegui «manage.py rebuild_search»."),
            )
        index.engine().check_room()
    except EngineFull:
        yield Fault(
            _("Il motore di ricerca non prende più testi: il suo disco è pieno, o l’indice è in sola lettura."),
            _("Libera spazio sul disco del server; se l’indice è stato bloccato a mano, togli il blocco. Quello che "
              "aspetta vi arriva da solo."),
        )  # fmt: skip
    except EngineDown as problem:
        yield Fault(
            _("Il motore di ricerca non risponde: %(problem)s.") % {"problem": problem},
            _("Guarda che la cartella dell’indice, o il server del motore, si possa leggere."),
        )


@check("index_lag")
def behind() -> Iterator[Fault]:
    """What waits for the engine grows less while one looks; of an index that is being written anew `sound` speaks."""
    with suppress(EngineDown):
        if not index.is_sound():
            return
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


@check("meaning")
def by_meaning() -> Iterator[Fault]:
    """Where it was asked for: whoever searches is not told, for words alone find as ever."""
    if not settings.SEARCH_MEANING:
        return
    if problem := encoders.problem():
        yield Fault(
            _("SEARCH_MEANING è acceso e la ricerca va per parole soltanto: %(problem)s.") % {"problem": problem},
            _("Installa requirements-meaning.lock e riavvia, o togli SEARCH_MEANING."),
        )
        return
    with suppress(EngineDown, IndexBusy, IndexDamaged):  # said of the index
        if count := making_meaning.lost():
            yield Fault(
                _("Nell’indice mancano o sono rovinati i significati di %(count)d testi: si trovano per parole.")
                % {"count": count},
                _("Si rimettono da soli in pochi minuti; se no, esegui «manage.py rebuild_search»."),
            )
    if count := meaning.given_up():
        yield Fault(
            _("Di %(count)d testi non si è potuto leggere il significato: si trovano per parole.") % {"count": count},
            _("Guarda nel log che cosa è successo al processo «lavori: significato dei testi»."),
            is_grave=False,
        )


def waiting() -> int:
    """How many rows the engine has still to be told of."""
    return SearchDocument.objects.filter(pending=True).count()


figures[gettext_lazy("Testi che aspettano l’indice")] = lambda: str(waiting())
if settings.SEARCH_MEANING:
    figures[gettext_lazy("Testi letti soltanto per parole, finora")] = lambda: str(meaning.waiting().count())
