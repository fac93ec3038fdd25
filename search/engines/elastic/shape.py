"""The shape of the index in Elasticsearch: its fields, its analyzer, the template by which every version is made."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from elasticsearch_dsl import DenseVector, Keyword, Long, MetaField, Object, Text, analyzer, token_filter
from elasticsearch_dsl import Document as Shape

from search.engines import older
from search.engines.contract import Document, document_like
from search.engines.entries import HELD, MEANING, NO_WORD, PLACED, entry_of, number_of

LONGEST_LIST = 10_000  # hits in one answer, Elasticsearch's own limit
STAMP = "stamp"  # the id of the one document that is no text: it says which write the index shows

# One shard: how rare a word is counts over all documents, and a network's pages fit many times. A second machine, where
# there is one, keeps a copy.
SMALL = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}

# Words come as they are looked for, from `search.engines.entries`: no Italian here.
words = analyzer("words", tokenizer="whitespace", filter=[token_filter("no_words", type="stop", stopwords=[NO_WORD])])


def _whole() -> Keyword:
    return Keyword(doc_values=False)


def _placed() -> Text:
    return Text(analyzer=words, norms=False)


def _held() -> Text:
    return Text(analyzer=words, index_options="docs", norms=False)


class Entry(Shape):
    id = _whole()
    group = _whole()
    audience = _whole()
    code_form = _whole()
    title_start = _whole()
    text = _placed()
    own = _placed()
    text_form = _held()
    text_exact = _held()
    title = _held()
    title_form = _held()
    title_exact = _held()
    impacts = _held()
    address = Long()  # the document's number: shorter to give and to ask for than its id
    group_no = Long()
    unit_no = Long()
    kind_no = Long()
    space_no = Long()
    organisation_no = Long()
    year = Long()
    place = Long()
    section = Long()
    superseded = Long()
    # Compared with every document that a person sees: an index of neighbours would look at hidden ones on its way.
    meaning = DenseVector(dims=MEANING, element_type="byte", index=False)
    shown = Object(enabled=False)
    fingerprint = Keyword(index=False, doc_values=False)
    stamp = Keyword(index=False, doc_values=False)

    class Meta:
        dynamic = MetaField("strict")
        source = MetaField(excludes=[*PLACED, *HELD, "meaning"])  # nobody reads them again

    class Index:
        settings = {**SMALL, "max_result_window": LONGEST_LIST}


def template(name: str, pattern: str) -> Any:
    """Higher than what an administrator may have for every index."""
    return Entry._index.as_composable_template(name, pattern, priority=500)


def source_of(document: Document) -> dict[str, Any]:
    entry = entry_of(document)
    shown = {name: value for name, value in vars(entry.shown).items() if name not in ("audience", "meaning")}
    named = {"id": document.id, "group": document.group, "address": number_of(document.id)}
    made = {**named, **entry.whole, **entry.words, **entry.numbers, "shown": shown, "fingerprint": entry.fingerprint}
    return made | ({"meaning": array("b", document.meaning).tolist()} if document.meaning else {})


def document_of(source: dict[str, Any]) -> Document:
    return document_like(source["shown"])


def lacking(index: str, mapping: Mapping[str, Any]) -> frozenset[str]:
    """The fields that an index of another schema has not, or not as they are here; IndexOutdated where it is of no use
    without them."""
    wanted = Entry._doc_type.mapping.to_dict()["properties"]
    return older.lacking(index, _hows(mapping), _hows(wanted), ("address", "shown"))


def _hows(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What a question to a field rests on, where it is not as it is by default."""
    asked = ("type", "analyzer", "index_options", "index", "doc_values", "dims", "element_type", "enabled")
    hows = {name: {key: how[key] for key in asked if key in how} for name, how in properties.items()}
    for how in hows.values():
        if how.get("index_options") == "freqs":  # how often a word stands in a document is asked of no field
            how["index_options"] = "docs"
    return hows


def writes(index: str, added: Iterator[Document], removed: Iterator[str], stamp: str) -> Iterator[dict[str, Any]]:
    """The lines of a bulk request: what goes, what comes, and last the stamp, which so never runs ahead."""
    for identifier in removed:
        yield {"_op_type": "delete", "_index": index, "_id": identifier}
    for document in added:
        yield {"_op_type": "index", "_index": index, "_id": document.id, "_source": source_of(document)}
    yield {"_op_type": "index", "_index": index, "_id": STAMP, "_source": {"stamp": stamp}}
