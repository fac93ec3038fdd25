"""Vectors of documents, made in the background by a worker that gives way to whatever else the machine has to do.

A row without a vector is what waits: the clock calls once a minute, and each call works for less. So nothing is lost
when a process dies, and nothing is done twice but the text that it had in hand.
"""

import logging
import time
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import F

from . import index
from .encoders import Encoder, NotEncoded, passage_of
from .engines.contract import EngineDown, IndexBusy, IndexDamaged
from .meaning import ATTEMPTS, encoder, told, waiting
from .models import Meaning, SearchDocument

logger = logging.getLogger(__name__)
SLICE = 50.0  # seconds of work at each call of the clock


def go_on() -> int:
    """Give a meaning to documents that have none, for a while; returns to how many. Safe twice and side by side.

    With nothing to do it looks whether the index still has what it was told, and has it written anew where it has not.
    """
    known = encoder()
    if known is None:
        return 0
    _forget_what_others_made(known)
    done = _read_for_a_while(known)
    if done:
        index.wake()
    else:
        with suppress(EngineDown, IndexBusy, IndexDamaged):  # then another minute, or as any index that is damaged
            if lost():
                logger.error("Meanings are missing in the search index, or damaged: it is being written anew.")
                index.write_anew()
    return done


def lost() -> int:
    """Of how many documents the index has no longer the meaning that it was told; may raise what an engine raises."""
    known = encoder()
    if known is None or index.engine().is_outdated():  # what the old index lacks the new one will have
        return 0
    before = told(known.name)
    held = index.engine().meant()
    return max(min(before, told(known.name)) - held, 0)


def _forget_what_others_made(known: Encoder) -> None:
    """Another encoder's vectors cannot be compared: they go from the index too, at once."""
    if Meaning.objects.exclude(encoder=known.name).delete()[0]:
        with suppress(EngineDown, IndexBusy):
            index.write_anew()


def _read_for_a_while(known: Encoder) -> int:
    end, done = time.monotonic() + SLICE, 0
    for pk in list(waiting().order_by("pk").values_list("pk", flat=True)):
        if time.monotonic() > end:
            break
        try:
            done += _read(pk, known)
        except NotEncoded as problem:  # of no text, when of this one
            Meaning.objects.filter(document=pk).update(attempts=F("attempts") - 1)
            logger.error("No text can be read for its meaning: %s", problem)
            break
    return done


def _read(pk: int, known: Encoder) -> bool:
    """Whether the row has its meaning now: it may have changed or gone while its text was read."""
    row = SearchDocument.objects.filter(pk=pk, gone=False).first()
    if row is None or not _begin(row, known):
        return False
    vector = known.passage(passage_of(row.title, row.heading, row.text))
    with transaction.atomic():
        same = SearchDocument.objects.filter(pk=pk, stamp=row.stamp)
        if not same.update(pending=True, stamp=F("stamp") + 1):
            return False
        return bool(Meaning.objects.filter(document=pk).update(vector=vector, attempts=0))


def _begin(row: SearchDocument, known: Encoder) -> bool:
    """Count the attempt first: a text that ends the process is tried no more than some times."""
    try:
        with transaction.atomic():
            made, _new = Meaning.objects.get_or_create(document=row, defaults={"encoder": known.name})
    except IntegrityError:  # the row was deleted a moment ago
        return False
    tried = Meaning.objects.filter(pk=made.pk, attempts__lt=ATTEMPTS)
    return bool(tried.update(attempts=F("attempts") + 1))
