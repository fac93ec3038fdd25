"""Whatever is typed or uploaded, a pattern costs what its length says: each of the code is fed with its worst input.

The worst input of a pattern is made from the pattern itself: what may be repeated, repeated twenty thousand times
after what must come before it, and then something that does not fit.
"""

import ast
import importlib
import pkgutil
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from django.conf import settings

from portal.notices import who_asked
from portal.pages import addresses, explaining
from portal.pages.from_word import kinds, reading
from portal.words import contacts
from protocols import touching

LONG = 20_000  # letters; what takes a square of steps takes seconds here
PATIENCE = 0.5  # seconds of processor
SPOILERS = ("", "\0", "!", "\n", " ", "x", "9", "<")
LOOSE = {"search", "sub", "subn", "findall", "finditer", "split"}  # they begin again at every letter
TIGHT = {"match", "fullmatch"}
ROOT = Path(settings.BASE_DIR)


class TooSlow(Exception):
    pass


# --- The patterns of the code ----------------------------------------------------------------------------


def sources() -> dict[str, ast.Module]:
    files = [file for layer in settings.LAYERS for file in sorted((ROOT / layer).rglob("*.py"))]
    return {
        str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files if "migrations" not in file.parts
    }


def called(node: ast.AST) -> tuple[str, str]:
    """«object.method» of a call; empty for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        holder = node.func.value
        return str(getattr(holder, "attr", getattr(holder, "id", ""))), node.func.attr
    return "", ""


def kept_patterns() -> Iterator[tuple[str, str, re.Pattern[Any]]]:
    """Those that a module keeps under a name, alone or in a list or table."""
    for layer in settings.LAYERS:
        package = importlib.import_module(layer)
        for module in pkgutil.walk_packages(package.__path__, f"{layer}."):
            if "migrations" in module.name or module.name.endswith(("child", "wsgi")):
                continue
            found = importlib.import_module(module.name)
            for name, value in vars(found).items():
                for pattern in patterns_in(value):
                    yield module.name, name, pattern


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from patterns_in([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from patterns_in(each)


def written_patterns(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str, re.Pattern[Any]]]:
    """Those that are written where they are used: `re.sub(r"…", …)`."""
    for place, tree in trees.items():
        for node in ast.walk(tree):
            holder, method = called(node)
            if holder == "re" and method in LOOSE | TIGHT:
                first = node.args[0]  # type: ignore[attr-defined]
                if isinstance(first, ast.Constant):
                    yield f"{place}:{node.lineno}", method, re.compile(first.value)  # type: ignore[attr-defined]


def every_pattern() -> dict[str, tuple[re.Pattern[Any], bool]]:
    """Each, with whether it may begin at every letter of a text."""
    trees = sources()
    uses = {called(node) for tree in trees.values() for node in ast.walk(tree)}
    found: dict[str, tuple[re.Pattern[Any], bool]] = {}
    for place, name, pattern in kept_patterns():
        methods = {method for holder, method in uses if holder == name} & (LOOSE | TIGHT)
        found[f"{place}.{name}: {pattern.pattern!r}"] = (pattern, not methods or bool(methods & LOOSE))
    for place, method, pattern in written_patterns(trees):
        found[f"{place}: {pattern.pattern!r}"] = (pattern, method in LOOSE)
    return found


# --- The worst input of each -----------------------------------------------------------------------------


def samples(items: Any, most: int = 4) -> list[str]:
    """Some texts that fit a part of a pattern."""
    found = [""]
    for item in items:
        found = [before + after for before in found for after in fits(item)][:most]
    return found


def fits(item: tuple[Any, Any]) -> list[str]:
    kind, what = item
    if kind is sre.LITERAL:
        return [chr(what)]
    if kind in {sre.IN, sre.NOT_LITERAL, sre.ANY}:
        return letters(item)
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        least, _most, inner = what
        return [text * max(least, 1) for text in samples(inner)] + ([""] if least == 0 else [])
    if kind is sre.SUBPATTERN:
        return samples(what[-1])
    if kind is sre.ATOMIC_GROUP:
        return samples(what)
    if kind is sre.BRANCH:
        return [text for branch in what[1] for text in samples(branch, 2)]
    return [""]  # an anchor, a look around, a reference


ALPHABET = "aà1 \n\t-_.,;:/<>\"'’&=!()@+*[]{}\\|#%0ZxX\u00a0\u00ad"


def letters(item: tuple[Any, Any]) -> list[str]:
    """Letters of several kinds that fit a class."""
    return [letter for letter in ALPHABET if fits_class(item, letter)][:3] or ["a"]


def fits_class(item: tuple[Any, Any], letter: str) -> bool:
    kind, what = item
    if kind is sre.ANY:
        return letter != "\n"
    if kind is sre.NOT_LITERAL:
        return ord(letter) != what
    negated = what[0][0] is sre.NEGATE
    return any(member(each, letter) for each in what) != negated


def member(item: tuple[Any, Any], letter: str) -> bool:
    kind, what = item
    if kind is sre.LITERAL:
        return ord(letter) == what
    if kind is sre.RANGE:
        return bool(what[0] <= ord(letter) <= what[1])
    if kind is sre.CATEGORY:
        name = str(what).rpartition("_")[2].lower()
        holds = {"digit": letter.isdigit(), "space": letter.isspace(), "word": letter.isalnum() or letter == "_"}[name]
        return holds != ("NOT" in str(what))
    return False


def pumps(items: Any, before: tuple[str, ...] = ("",)) -> Iterator[tuple[str, str]]:
    """What comes before each thing that may be repeated for ever, and the thing."""
    for item in items:
        kind, what = item
        if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            _least, most, inner = what
            if most >= 50:
                for head in before:
                    yield from ((head, text) for text in samples(inner) if text)
            yield from pumps(inner, before)
        elif kind is sre.SUBPATTERN:
            yield from pumps(what[-1], before)
        elif kind is sre.BRANCH:
            for branch in what[1]:
                yield from pumps(branch, before)
        before = tuple(head + tail for head in before for tail in fits(item))[:3]


def worst_inputs(pattern: re.Pattern[Any]) -> set[str]:
    tree = parser.parse(pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1"),
                        pattern.flags & ~re.UNICODE)  # fmt: skip
    found = {(head, text) for head, text in pumps(tree)}
    whole = {(text, "") for text in samples(tree) if text}  # all of it, again and again
    inputs = {head + text * (LONG // len(text)) + tail for head, text in found for tail in SPOILERS}
    return inputs | {text * (LONG // len(text)) + tail for text, _rest in whole for tail in SPOILERS[:2]}


@contextmanager
def limited() -> Iterator[None]:
    def stop(*args: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def is_linear(pattern: re.Pattern[Any], everywhere: bool) -> bool:
    try:
        for text in worst_inputs(pattern):
            data: Any = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
            with limited():
                for _match in pattern.finditer(data) if everywhere else filter(None, [pattern.match(data)]):
                    pass
    except TooSlow:
        return False
    return True


# --- Those that a function makes from what it is given ---------------------------------------------------

NAME = "elena-fedi"  # what people are called, escaped as the code escapes it
CODED = reading.CODE.format(prefixes="PR|OP|MD")
# Where one is made → what it is for a name, a code, a place as they come.
MADE: dict[str, list[str | bytes]] = {
    "portal/files/extraction/owners.py:_entry": [rb"/(UE)\s*<([0-9a-fA-F]{64})>"],
    "portal/files/extraction/packages.py:parts": [],  # constants of formats.py, which are fed by their names
    "portal/notices/who_asked.py:named": [
        rf"(?<!\w)(?:elena{who_asked.BETWEEN}fedi)(?!\w)", r"(?<!\w)fedi(?!\w)",
    ],
    "portal/pages/addresses.py:code_of": [addresses.code_slug()],
    "portal/pages/addresses.py:next_code": [f"{re.escape(NAME)}([0-9]+)"],
    "portal/pages/addresses.py:settled": [addresses.code_slug()],
    "portal/pages/from_word/kinds.py:place_of": [
        f"(?:{place.words})" for target in kinds.targets() for place in target.places if place.words
    ],
    "portal/pages/from_word/reading.py:code_in": [CODED],
    "portal/pages/from_word/reading.py:_without_code": [r"\s{0,3}\(?" + CODED + r"\)?[\s:.–—-]*"],
    "portal/pages/explaining.py:_compiled": [explaining.code_pattern().pattern],
    "portal/pages/explaining.py:_read_glossary": [
        rf"(?<![\w@.-])(?:{re.escape('Punto unico di accesso')}|\b{addresses.code_in_text()}\b)(?![\w@-]|\.\w)",
    ],
    "portal/words/contacts.py:_is_telephone": [contacts.CALLED],
    "protocols/comparison.py:_lasts": [rf"{re.escape('dates.3')}\.\d+"],
    "protocols/touching.py:_pattern": [touching._pattern(["assistente", "sociale"]).pattern],
    "search/engines/elastic/engine.py:_is_ours": [r"raccordo\-v\d+-\d{8}t\d{6}-[0-9a-f]{6}"],
}  # fmt: skip


def made_in_functions(trees: dict[str, ast.Module]) -> set[str]:
    return {
        f"{place}:{function.name}"
        for place, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if called(node)[0] == "re" and called(node)[1] in LOOSE | TIGHT | {"compile"}
        if not isinstance(node.args[0], ast.Constant)  # type: ignore[attr-defined]
        and "trim_theme" not in place  # a command of those who develop
    }


@pytest.mark.parametrize("place", sorted(MADE))
def test_no_text_makes_a_pattern_slow_that_a_function_makes(place: str) -> None:
    for pattern in MADE[place]:
        assert is_linear(re.compile(pattern), everywhere=True), pattern


def test_every_pattern_that_a_function_makes_is_fed_too() -> None:
    assert made_in_functions(sources()) == set(MADE)


FOUND = every_pattern()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_no_text_makes_a_pattern_slow(name: str) -> None:
    assert is_linear(*FOUND[name])


@pytest.mark.parametrize("slow", [r"\w*[’']$", r"(a+)+$", r"(\d+)*x", r"\s+$", r"^(\w+\s?)*$"])
def test_a_slow_pattern_is_seen(slow: str) -> None:
    assert not is_linear(re.compile(slow), everywhere=True)


def test_the_patterns_of_the_code_are_found() -> None:
    names = " ".join(FOUND)
    assert "portal.pages.explaining.ARTICLE" in names and "portal.files.extraction.formats" in names
    assert len(FOUND) > 60
