"""One search as one person asks it: the words of the glossary, the person's rights, the engine behind."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from portal import access

from . import index, meaning, rights, vocabulary
from .engines.contract import Admits, IndexBusy, IndexDamaged, IndexOutdated, Query, Results
from .vocabulary import Vocabulary

logger = logging.getLogger(__name__)
PER_PAGE = 10


def query(
    words: str, user: Any, filters: Mapping[str, str], *, page: int = 1, per_page: int = PER_PAGE,
    known: Vocabulary | None = None, admits: Admits | None = None,
) -> Query:  # fmt: skip
    known = known or vocabulary.of(user)
    return Query(
        words=words,
        tokens=access.tokens(user),
        filters=filters,
        page=page,
        per_page=per_page,
        synonyms=known.synonyms,
        kinds=vocabulary.kinds(),
        right=known.right,
        admits=admits or rights.admits(user),
        meant=meaning.meant_by(user),
    )


def ask(asked: Query) -> Results | None:
    """None where there is no index to be trusted: it is being rebuilt. May raise EngineDown."""
    found = ask_each([asked])
    return found[0] if found else None


def ask_each(asked: Iterable[Query]) -> list[Results]:
    """The same of several, the index looked at once; empty where none can be answered."""
    try:
        if index.can_be_searched():
            found = [index.at_hand().search(each) for each in asked]
            if any(each.outdated for each in found):
                index.wake_to_renew()
            return found
    except (IndexDamaged, IndexOutdated):
        logger.exception("The search index cannot be read")
    except IndexBusy:
        return []  # switched several times while we looked
    index.wake_to_heal()
    return []
