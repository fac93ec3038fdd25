"""Search by meaning, where SEARCH_MEANING asks for it: what the words of a search mean, what the rows do.

A document's vector goes to the engine with its row, as any change of it does, under the same audience.
"""

import logging
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet

from . import encoders
from .encoders import NotEncoded
from .engines.contract import Meant
from .models import Meaning, SearchDocument

logger = logging.getLogger(__name__)
ATTEMPTS = 3
REMEMBERED = 64


def encoder() -> encoders.Encoder | None:
    """None where one searches by words alone."""
    return encoders.at_hand() if settings.SEARCH_MEANING else None


def meant_by(user: Any) -> Meant | None:
    return partial(_asked, user.pk) if encoder() else None


@lru_cache(REMEMBERED)
def _asked(person: int | None, words: str) -> bytes:
    """A search is asked page by page, filter by filter; of no other person's searches the time it takes may tell."""
    known = encoder()
    try:
        return known.question(words) if known else b""
    except NotEncoded as problem:
        logger.warning("One searches by words alone: %s", problem)
        return b""


# --- Of the rows ------------------------------------------------------------------------------------------


def with_theirs(rows: QuerySet[SearchDocument]) -> QuerySet[SearchDocument]:
    return rows.select_related("meaning") if encoder() else rows


def of(row: SearchDocument) -> bytes:
    """What the index is told; nothing where one searches by words alone, or another encoder made it."""
    known = encoder()
    if known is None:
        return b""
    try:
        made = row.meaning
    except ObjectDoesNotExist:
        return b""
    return bytes(made.vector) if made.encoder == known.name else b""


def forget(row_id: int) -> None:
    """The document says something else now."""
    Meaning.objects.filter(document=row_id).delete()


def waiting() -> QuerySet[SearchDocument]:
    """What is in force and has no meaning yet; old editions are found by their words."""
    has_none = Q(meaning=None) | Q(meaning__vector=b"", meaning__attempts__lt=ATTEMPTS)
    return SearchDocument.objects.filter(has_none, gone=False, superseded=False)


def given_up() -> int:
    return Meaning.objects.filter(vector=b"", attempts__gte=ATTEMPTS).count()


def told(name: str) -> int:
    """How many meanings the index has been told of."""
    rows = Meaning.objects.filter(encoder=name, document__gone=False, document__pending=False)
    return rows.exclude(vector=b"").count()
