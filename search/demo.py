"""After the demonstration is loaded: the index."""

from portal.demo import Say

from . import index


def load(say: Say) -> None:
    """Nothing to load: the rows were written with the pages."""


def finish(say: Say) -> None:
    say(f"indice di ricerca: {index.rebuild().count} documenti")
