"""Pages whose title or code goes on from what is being typed."""

from collections.abc import Sequence

from tantivy import Query as Clause

from search.engines.contract import Admits, Suggestion, everybody
from search.engines.embedded.matching import all_of, any_of, term
from search.engines.embedded.reader import Reader, within
from search.engines.embedded.tantivy_index import handed_on, schema, stored
from search.query import MAX_LENGTH, MAX_WORDS, WEIGHTS, code_prefix, normalise, words_of

# Among equals the shortest titles come first, so more are read than shown.
READ = 5


def suggest(reader: Reader, prefix: str, limit: int, admits: Admits = everybody) -> list[Suggestion]:
    words = words_of(normalise(prefix[:MAX_LENGTH]))[:MAX_WORDS]
    if not words or limit < 1:
        return []
    clause = any_of([all_of(map(_word, words)), *_whole(prefix, words)])
    hits = reader.best(within(clause, [term("section", 0), term("superseded", 0)]), limit * READ)
    found = [(score, reader.document(address)) for score, address in hits]
    found.sort(key=lambda pair: (-round(pair[0], 3), len(stored(pair[1], "title_shown"))))
    suggestions = [Suggestion(**handed_on(document, Suggestion)) for _, document in found]
    admitted = set(admits({each.group for each in suggestions}))
    return [each for each in suggestions if each.group in admitted][:limit]


def _whole(prefix: str, words: Sequence[str]) -> list[Clause]:
    begun = " ".join(words_of(normalise(prefix[:MAX_LENGTH])))
    code = code_prefix(" ".join(words))
    return [_begins("title_start", begun, "suggested_beginning"), _begins("code_form", code, "suggested_code")]


def _word(word: str) -> Clause:
    whole = Clause.const_score_query(term("title_exact", word), WEIGHTS["suggested_word"])
    return any_of([_begins("title_exact", word, "suggested_part"), whole])


def _begins(field: str, prefix: str, weight: str) -> Clause:
    # Only letters, numbers, spaces and hyphens come here: nothing a regular expression would read.
    return Clause.const_score_query(Clause.regex_query(schema(), field, f"{prefix}.*"), WEIGHTS[weight])
