"""Pages whose title or code goes on from what is being typed."""

from collections.abc import Sequence

from search.engines.clauses import Begins, Clause, Constant, Term, Weighed, all_of, any_of, within
from search.engines.contract import Admits, Document, Suggestion, everybody, handed_on
from search.engines.reader import Reader
from search.query import MAX_LENGTH, MAX_WORDS, WEIGHTS, code_form, code_prefix, fold, normalise, words_of

# Among equals the shortest titles come first, so more are read than shown.
READ = 5
CODE_RUN = 8  # letters or digits of a code, that 10 comes after 9


def suggest(reader: Reader, prefix: str, limit: int, admits: Admits = everybody) -> list[Suggestion]:
    words = words_of(normalise(prefix[:MAX_LENGTH]))[:MAX_WORDS]
    if not words or limit < 1:
        return []
    clause = any_of([all_of(map(_word, words)), *_whole(prefix, words)])
    hits = reader.best(within(clause, [Term("section", 0), Term("superseded", 0)]), limit * READ)
    documents = reader.shown([address for _, address in hits])
    found = [(score, document) for (score, _), document in zip(hits, documents, strict=True)]
    begun = code_prefix(" ".join(words))
    found.sort(key=lambda pair: (-round(pair[0], 3), *_order(pair[1], begun)))
    suggestions = [Suggestion(**handed_on(document, Suggestion)) for _, document in found]
    admitted = set(admits({each.group for each in suggestions}))
    return [each for each in suggestions if each.group in admitted][:limit]


def _order(document: Document, begun: str) -> tuple[str, int, str, str, str]:
    """Among equals: those whose code goes on from what is typed by their number, the others by their titles; never as
    the engine happens to hold them, for a mere change of a page would turn them round."""
    code = code_form(document.code)
    number = "-".join(run.zfill(CODE_RUN) for run in code.split("-")) if code.startswith(begun) else ""
    return number, len(document.title), fold(document.title), document.code, document.url


def _whole(prefix: str, words: Sequence[str]) -> list[Clause]:
    begun = " ".join(words_of(normalise(prefix[:MAX_LENGTH])))
    code = code_prefix(" ".join(words))
    return [_begins("title_start", begun, "suggested_beginning"), _begins("code_form", code, "suggested_code")]


def _word(word: str) -> Clause:
    whole = Constant(Term("title_exact", word), WEIGHTS["suggested_word"])
    return any_of([_begins("title_exact", word, "suggested_part"), whole])


def _begins(field: str, prefix: str, weight: str) -> Clause:
    return Weighed(Begins(field, prefix), WEIGHTS[weight])
