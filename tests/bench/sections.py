"""`python -m tests.bench.sections`: search among ten thousand, a hundred thousand and a million sections.

Whoever asks holds some 500 tokens and sees a tenth. Beside the whole HTTP page stand the portal's own engine and, on
the same texts, the raw engine's call for a page (ten hits, exact count, three facets, ten passages), in turns. On the
smallest network Wagtail's database backend is asked too. Then how many documents a second each takes, what one
process holds in memory, and how soon a change is found while twenty texts a second change.

With SEARCH_URL=… of an Elasticsearch all of it goes there, and the raw engine is Elasticsearch's. SIZES=1000,10000
(pages of ten sections) asks for less. The texts are the demonstration's, a third of their words drawn anew.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.worker import client, start

SIZES = [int(size) for size in os.environ.get("SIZES", "1000,10000,100000").split(",")]
SPACES = 2500
SECTIONS = 10  # of a page, the page's own document among them
ASKED = 40  # questions of each kind
DRAWN = 0.35  # of the words
READER = "elena.fedi"
CHANGES, EVERY = 100, 0.05  # seconds

Times = tuple[float, float]  # milliseconds waited, and of the processor


class Texts:
    """As many texts as anybody wants, the same for the same number."""

    def __init__(self) -> None:
        from search.models import SearchDocument

        self.known = [text.split() for text in SearchDocument.objects.order_by("pk").values_list("text", flat=True)]
        self.known = [words for words in self.known if len(words) > 30]
        self.words = sorted({word for words in self.known for word in words if word.isalpha()})

    def of(self, number: int) -> str:
        dice = random.Random(number)
        like = dice.choice(self.known)[:150]
        return " ".join(dice.choice(self.words) if dice.random() < DRAWN else word for word in like)

    def asked(self, count: int) -> list[str]:
        """Words of texts that are there: `count` of three, and as many of eight, as one asks a question."""
        dice = random.Random(0)
        found = []
        for length in (3, 8):
            for _ in range(count):
                words = [word for word in self.of(dice.randrange(10_000)).split() if word.isalpha() and len(word) > 4]
                found.append(" ".join(dice.sample(words, min(length, len(words)))))
        return found


def documents(texts: Texts, spaces: Sequence[Any], each: int) -> Iterator[Any]:
    """Those of the first pages of so many spaces: the page itself, then its sections."""
    from wagtail.models import Page

    from portal import access
    from search.engines.contract import Document

    for space in spaces:
        pages = Page.objects.filter(path__startswith=space.root_page.path, depth=space.root_page.depth + 1)[:each]
        for page, audience in zip(pages, access.audiences(pages).values(), strict=True):
            group = f"page:{page.pk}"
            for place in range(SECTIONS):
                yield Document(
                    id=f"{group}#{place}" if place else group, group=group, audience=tuple(sorted(audience)),
                    kind=("pagina", "protocollo", "procedura", "modulo")[page.pk % 4], title=page.title,
                    heading=f"Sezione {place}" if place else "", text=texts.of(page.pk * SECTIONS + place),
                    url=f"/{group}#{place}", space=space.code, organisation=f"Ente {page.pk % 20}",
                    year=2010 + page.pk % 16, date=1_700_000_000 + page.pk, page_id=page.pk,
                )  # fmt: skip


# --- Raw engines: the same page from them, as their makers' manuals say -----------------------------------------


class RawTantivy:
    def __init__(self, folder: Path) -> None:
        import tantivy

        from search.italian import STOPWORDS

        folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=True, tokenizer_name="it")
        builder.add_text_field("audience", tokenizer_name="raw", index_option="basic")
        for name in ("kind", "space", "organisation"):
            builder.add_text_field(name, stored=True, tokenizer_name="raw", fast=True)
        self.tantivy, self.schema = tantivy, builder.build()
        self.index = tantivy.Index(self.schema, path=str(folder))
        steps = [tantivy.Filter.lowercase(), tantivy.Filter.custom_stopword(sorted(STOPWORDS)),
                 tantivy.Filter.ascii_fold(), tantivy.Filter.stemmer("italian")]  # fmt: skip
        making = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        for step in steps:
            making = making.filter(step)
        self.analyzer = making.build()
        self.index.register_tokenizer("it", self.analyzer)

    def fill(self, found: Iterator[Any]) -> None:
        writer = self.index.writer(256_000_000)
        for document in found:
            made = self.tantivy.Document()
            made.add_text("text", f"{document.title} {document.heading} {document.text}")
            for token in document.audience:
                made.add_text("audience", token)
            for name in ("kind", "space", "organisation"):
                made.add_text(name, getattr(document, name))
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()

    def page(self, words: str, tokens: frozenset[str]) -> int:
        query, occur = self.tantivy.Query, self.tantivy.Occur
        any_word = [
            (occur.Should, query.term_query(self.schema, "text", word)) for word in self.analyzer.analyze(words)
        ]
        seen = query.const_score_query(query.term_set_query(self.schema, "audience", list(tokens)), 0.0)
        asked = query.boolean_query([(occur.Must, query.boolean_query(any_word)), (occur.Must, seen)])
        searcher = self.index.searcher()
        found = searcher.search(asked, 10)
        searcher.aggregate(asked, {n: {"terms": {"field": n, "size": 20}} for n in ("kind", "space", "organisation")})
        passages = self.tantivy.SnippetGenerator.create(searcher, asked, self.schema, "text")
        for _score, address in found.hits:
            passages.snippet_from_doc(searcher.doc(address)).to_html()
        return int(found.count)


class RawElastic:
    NAME = "bench-raw"

    def __init__(self, url: str) -> None:
        from elasticsearch import Elasticsearch

        from search.italian import STOPWORDS

        self.client = Elasticsearch(url, request_timeout=120)
        italian = {"tokenizer": "standard", "filter": ["lowercase", "no", "asciifolding", "stems"]}
        filters = {
            "no": {"type": "stop", "stopwords": sorted(STOPWORDS)},
            "stems": {"type": "stemmer", "language": "italian"},
        }
        self.client.indices.delete(index=self.NAME, ignore_unavailable=True)
        text = {"type": "text", "analyzer": "it", "term_vector": "with_positions_offsets"}
        names = ("audience", "kind", "space", "organisation")
        self.client.indices.create(
            index=self.NAME,
            settings={"number_of_shards": 1, "number_of_replicas": 0,
                      "analysis": {"analyzer": {"it": italian}, "filter": filters}},
            mappings={"properties": {"text": text} | {name: {"type": "keyword"} for name in names}},
        )  # fmt: skip

    def fill(self, found: Iterator[Any]) -> None:
        from elasticsearch.helpers import bulk

        names = ("kind", "space", "organisation")
        rows = (
            {"_index": self.NAME, "text": f"{each.title} {each.heading} {each.text}", "audience": list(each.audience)}
            | {name: getattr(each, name) for name in names}
            for each in found
        )
        bulk(self.client, rows)
        self.client.indices.refresh(index=self.NAME)

    def page(self, words: str, tokens: frozenset[str]) -> int:
        found = self.client.search(
            index=self.NAME, size=10, track_total_hits=True,
            query={"bool": {"must": {"match": {"text": words}}, "filter": {"terms": {"audience": sorted(tokens)}}}},
            aggs={name: {"terms": {"field": name, "size": 20}} for name in ("kind", "space", "organisation")},
            highlight={"fields": {"text": {"type": "fvh"}}},
        )  # fmt: skip
        return int(found["hits"]["total"]["value"])


def raw_engine(folder: Path) -> Any:
    url = os.environ.get("SEARCH_URL", "")
    return RawElastic(url.rsplit("/", 1)[0]) if url else RawTantivy(folder)


# --- Measuring ---------------------------------------------------------------------------------------------------


def took(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    cut = statistics.quantiles(values, n=20)
    return cut[9], cut[18]


def processor(act: Callable[[], Any]) -> float:
    """Of this process alone: what an engine beside it takes is not in it, nor what other programs take from both."""
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def asked_in_turns(asked: Sequence[str], ways: dict[str, Callable[[str], Any]]) -> dict[str, list[Times]]:
    times: dict[str, list[Times]] = {name: [] for name in ways}
    for words in asked[:3]:  # caches are filled
        for way in ways.values():
            way(words)
    for words in asked:
        for name, way in ways.items():
            spent: list[float] = []
            waited = took(lambda way=way, words=words, spent=spent: spent.append(processor(lambda: way(words))))
            times[name].append((waited, spent[0]))
    return times


def report(size: int, kind: str, times: dict[str, list[Times]]) -> float:
    columns = {name: [percentiles(column) for column in zip(*values, strict=True)] for name, values in times.items()}
    (_, base), _ = columns["raw engine"]
    for name, ((p50, p95), (own50, own95)) in columns.items():
        line = f"{p50:>9.1f}{p95:>9.1f} ms{p95 / base:>9.1f}×{own50:>9.1f}{own95:>9.1f} ms"
        print(f"{size * SECTIONS:>9,} {kind:<13}{name:<28}{line}", flush=True)
    return columns["page"][0][1]


def memory() -> str:
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return f"{int(told['RssAnon'].split()[0]) / 1000:.0f} MB, {int(told['RssFile'].split()[0]) / 1000:.0f} of files"


def freshness(texts: Texts, size: int) -> list[float]:
    """From the row to the page that finds it, while as many texts change; the worker's own delay is its poll."""
    from django.conf import settings

    from search import index
    from search.engines.contract import Query

    waits, waiting = [], []
    found = 0
    began = time.monotonic()
    while found < CHANGES:
        now = time.monotonic()
        for number in range(len(waits) + len(waiting), min(CHANGES, int((now - began) / EVERY))):
            word, group = f"zufolo{number}zz{size}", f"page:9{number:06}"
            document = next(iter_one(texts, group, word))
            index._replace(group, [document])
            waiting.append((now, word))
        index.apply_pending()
        for at, word in list(waiting):
            if index.engine().search(Query(words=word, tokens=frozenset({"public"}))).total:
                waits.append(time.monotonic() - at + settings.Q_CLUSTER["poll"])
                waiting.remove((at, word))
        found = len(waits)
    return waits


def iter_one(texts: Texts, group: str, word: str) -> Iterator[Any]:
    from search.engines.contract import Document

    yield Document(id=group, group=group, audience=("public",), kind="pagina", title="Cambia", url="/",
                   text=f"{texts.of(1)} {word}")  # fmt: skip


def of_wagtail(texts: Texts, number: int) -> Callable[[str], Any]:
    """Wagtail's database backend, over pages that hold the same texts."""
    from wagtail.search.backends import get_search_backend

    from portal.models.pages import TextPage

    backend: Any = get_search_backend()
    pages = list(TextPage.objects.order_by("pk")[:number])
    for page in pages:
        page.summary = " ".join(texts.of(page.pk * SECTIONS + place) for place in range(SECTIONS))
    backend.get_index_for_model(TextPage).add_items(TextPage, pages)
    return lambda words: list(backend.search(words, TextPage.objects.all(), operator="or")[:10])


def _rate(count: int, milliseconds: float) -> str:
    return f"{count * 1000 / milliseconds:,.0f}" if milliseconds > 0 else "too many to be told"


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-sections-"))
    from tests import installation

    installation.copy("served", folder, folder / "data")
    start("portal", str(folder / "data"))
    from portal import access
    from portal.models import Space, User
    from search import asking, index
    from tests.bench import grown

    reader = User.objects.get(email=f"{READER}@raccordo.example")
    texts = Texts()
    with_spaces = grown.Size(SPACES, max(SIZES), 0, 0)
    print(f"{SPACES} spaces and {max(SIZES):,} pages grown in {took(lambda: grown.grow(with_spaces)) / 1000:.0f} s")
    spaces = list(Space.objects.filter(code__startswith="SX-").select_related("root_page").order_by("pk"))
    tokens = access.tokens(reader)
    browser = client(READER)
    asked = texts.asked(ASKED)
    head = f"{'sections':>9} {'':<13}{'':<28}{'p50':>9}{'p95':>9}{'of raw':>13}{'own p50':>9}{'p95':>9}"
    print(f"the reader holds {len(tokens)} tokens\n{head}")
    slowest: dict[tuple[int, str], float] = {}
    for size in SIZES:
        each = max(size // SPACES, 1)
        chosen = spaces[: size // each]
        raw = raw_engine(folder / f"raw-{size}")
        for _ in range(2):  # the first one fills the caches
            made = took(lambda chosen=chosen, each=each: sum(1 for _ in documents(texts, chosen, each)))
        theirs = took(lambda raw=raw, chosen=chosen, each=each: raw.fill(documents(texts, chosen, each)))
        ours = took(
            lambda chosen=chosen, each=each: index.engine().rebuild(
                documents(texts, chosen, each), None, index._account
            )
        )
        ways: dict[str, Callable[[str], Any]] = {
            "raw engine": lambda words, raw=raw: raw.page(words, tokens),
            "the portal's engine": lambda words: asking.ask(asking.query(words, reader, {})),
            "page": lambda words: browser.get("/cerca/", {"q": words}).content,
        }
        if size == min(SIZES):
            ways["Wagtail's database backend"] = of_wagtail(texts, size // len(grown.KINDS))
        for kind, some in (("three words", asked[:ASKED]), ("eight words", asked[ASKED:])):
            slowest[size, kind] = report(size, kind, asked_in_turns(some, ways))
        rate, raw_rate = (_rate(size * SECTIONS, took - made) for took in (ours, theirs))
        print(f"{size * SECTIONS:>9,} indexing: {rate} a second beside making the texts, raw {raw_rate}")
        fresh = freshness(texts, size)
        p50, p95 = percentiles(fresh)
        print(f"{size * SECTIONS:>9,} a change is found in {p50:.2f} s, p95 {p95:.2f} s, at {1 / EVERY:.0f} a second")
        print(f"{size * SECTIONS:>9,} memory: {memory()}", flush=True)
    for kind in ("three words", "eight words"):
        grown_by = slowest[max(SIZES), kind] / slowest[min(SIZES), kind]
        print(f"page, {kind}: {max(SIZES) // min(SIZES)} × the texts, {grown_by:.1f} × the time (p95)")


if __name__ == "__main__":
    sys.exit(main())
