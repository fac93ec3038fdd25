"""`python -m tests.bench.hidden`: whether the time of a search tells of documents that one cannot see.

A thousand texts that the reader sees, alone and among nine thousand hidden ones: how much processor the same questions
take, and how much one for a word that hidden texts alone hold takes beside one that nobody wrote.
"""

import random
import statistics
import tempfile
import time
from pathlib import Path

from search.engines.contract import Document, Query
from search.engines.embedded.engine import EmbeddedEngine
from search.italian import STOPWORDS, fold
from tests.library import document

SEEN, HIDDEN, ASKED = 1000, 9000, 100
TOKENS = frozenset({"public", *(f"space:{number}" for number in range(100, 600))})
SECRET, NOBODYS = "zefirinozzo", "qwertinozzo"


def main() -> None:
    import wordfreq

    dice = random.Random(1)
    known = [word for word in map(fold, wordfreq.top_n_list("it", 6000)) if len(word) > 3 and word not in STOPWORDS]

    def text(number: int, said: str = "", **changes: object) -> Document:
        return document(f"page:{number}", dice.choice(known), " ".join([*dice.choices(known, k=80), said]), **changes)

    seen = [text(number) for number in range(SEEN)]
    closed = {"audience": ("space:7",)}
    hidden = [text(number, SECRET if number % 2 else "", **closed) for number in range(SEEN, SEEN + HIDDEN)]
    three = [" ".join(dice.sample(known, 3)) for _ in range(ASKED)]
    questions = {
        "three words": three,
        "a word of nobody": [NOBODYS] * ASKED,
        "a word of hidden texts": [SECRET] * ASKED,
        "three words and one of nobody": [f"{words} {NOBODYS}" for words in three],
        "three words and one of hidden texts": [f"{words} {SECRET}" for words in three],
    }
    alone, among = _engine(seen), _engine([*seen, *hidden])
    print(f"{'ms of processor, the median':<42}{'alone':>8}{'among hidden':>14}{'ratio':>8}")
    for name, asked in questions.items():
        one, other = _taken(alone, asked), _taken(among, asked)
        print(f"{name:<42}{one:>8.2f}{other:>14.2f}{other / one:>8.2f}", flush=True)


def _engine(documents: list[Document]) -> EmbeddedEngine:
    engine = EmbeddedEngine(Path(tempfile.mkdtemp(prefix="bench-hidden-")))
    engine.rebuild(documents)
    return engine


def _taken(engine: EmbeddedEngine, asked: list[str]) -> float:
    return statistics.median(min(_once(engine, words) for _ in range(5)) for words in asked)


def _once(engine: EmbeddedEngine, words: str) -> float:
    started = time.process_time()
    engine.search(Query(words, TOKENS))
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
