"""The sentences of Python stand in gettext: a network that speaks another language needs no search for them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)
WORDS = r"il|lo|la|le|gli|di|del|della|che|non|per|con|una|un|è|sono|da|nel|alla|dal|ma|più|questo|questa|hai|si"
ITALIAN = re.compile(rf"(?i)(?:^|[\s«’(])({WORDS})(?=[\s»,.:;’]|$)|[àèéìòù]")
# Read at a console by whoever installs; the demo's texts; lists of words; a process that knows nothing of Django.
APART = re.compile(
    r"/migrations/|/management/|/demo\w*\.py|/extraction/|launcher\.py|background/web\.py|portal/checks\.py|stopwords\.py|detection\.py|italian\.py"
)
SOURCES = [
    path for layer in settings.LAYERS for path in sorted((BASE / layer).rglob("*.py")) if not APART.search(str(path))
]


def bare_sentences(source: str) -> Iterator[str]:
    """Every Italian text of three words or more that no function of gettext holds; docstrings are English."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names]
    apart = {id(part) for call in calls for part in ast.walk(call)}
    apart |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            text = node.value.strip()
            if text.count(" ") > 1 and ITALIAN.search(text):
                yield text


def test_a_sentence_outside_gettext_is_found_and_one_inside_is_not() -> None:
    imported = "from django.utils.translation import gettext as now\n"
    assert list(bare_sentences(f"{imported}said = 'La pagina non c’è.'")) == ["La pagina non c’è."]
    assert not list(bare_sentences(f"{imported}said = now('La pagina non c’è.')"))


def test_no_module_speaks_outside_gettext() -> None:
    said = {str(path.relative_to(BASE)): list(bare_sentences(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert len(said) > 100
    assert {name: texts for name, texts in said.items() if texts} == {}
