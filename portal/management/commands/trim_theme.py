"""`manage.py trim_theme`: the theme's stylesheet, brought to the selectors that the portal uses.

`portal/static/portal/css/theme.css` is its result, kept beside our own stylesheets and never edited by hand.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinycss2
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError

THEME = "css/bootstrap-italia.min.css"
CSS = Path(settings.BASE_DIR) / "portal" / "static" / "portal" / "css"
TRIMMED = CSS / "theme.css"
MADE_BY = "/* What Raccordo uses of it, made by `manage.py trim_theme`: change the theme or the templates, not this. */"

# What rich text, Django's fields and the page hold beside the elements that templates name.
ELEMENTS_OF_TEXTS = set(
    re.findall(
        r"\w+",
        """html body a b i u s strong em sup sub br hr p ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote pre code kbd
        mark time img figure figcaption table caption thead tbody tfoot tr th td ins del abbr small form fieldset
        legend label input select option optgroup textarea button details summary progress""",
    )
)
ANY_OF = {"is", "where", "matches", "-webkit-any", "-moz-any"}  # of their arguments one is enough; `:not` asks for none


@dataclass(frozen=True)
class Used:
    """The words that a selector may ask for."""

    classes: frozenset[str]
    elements: frozenset[str]
    attributes: str  # the text of all sources: an attribute is used where its name is written


def used() -> Used:
    """Read from the templates, the scripts and the Python that makes HTML."""
    root = Path(settings.BASE_DIR)
    packages = [root / package for package in settings.LAYERS]
    templates = "\n".join(path.read_text() for path in sorted((root / "templates").rglob("*")) if path.is_file())
    code = "\n".join(
        path.read_text()
        for package in packages
        for kind in ("*.py", "*.js")
        for path in sorted(package.rglob(kind))
        if "management" not in path.parts
    )
    texts = templates + code
    return Used(
        frozenset(classes_in(texts)),
        frozenset(re.findall(r"<([a-z][a-z0-9]*)", texts)) | ELEMENTS_OF_TEXTS,
        texts,
    )


def classes_in(text: str) -> set[str]:
    """The words of every `class="…"`, the choices between them included, and of what scripts and widgets set."""
    values = re.findall(r"""\bclass(?:Name)?\s*=\s*\\?(["'])(.*?)\1[\s>]""", text, re.DOTALL)
    values += re.findall(r"""["']class["']\s*:\s*(["'])(.*?)\1""", text)
    values += re.findall(r"""classList\.\w+\((["'])(.*?)\1""", text)
    found = {word for _quote, value in values for word in re.findall(r"[\w-]+", re.sub(r"\{[{#].*?[}#]\}", " ", value))}
    parts = (Path(settings.BASE_DIR) / "templates").rglob("*_class.txt")
    return found | {word for path in parts for word in re.findall(r"[\w-]+", path.read_text())}


def trimmed(theme: str, ours: str, words: Used) -> str:
    """The stylesheet without what no page can match, one rule a line; the licence stays at its head."""
    licence = theme[theme.index("/*!") : theme.index("*/") + 2]
    rules = tinycss2.parse_stylesheet(theme, skip_comments=True, skip_whitespace=True)
    lines = list(_kept(rules, words))
    return "\n".join([licence, MADE_BY, *_without_unread_values(lines, ours)]) + "\n"


def _kept(rules: Iterable[Any], words: Used) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [each for each in _split(rule.prelude) if _can_match(each, words)]
            if selectors and rule.content:
                yield f"{','.join(tinycss2.serialize(each).strip() for each in selectors)}{{{_body(rule)}}}"
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if lines := list(_kept(inner, words)):
                condition = tinycss2.serialize(rule.prelude).strip()
                yield f"@{rule.at_keyword} {condition}{{{''.join(lines)}}}"
        elif rule.type == "at-rule" and rule.at_keyword == "keyframes":
            yield f"@keyframes {tinycss2.serialize(rule.prelude).strip()}{{{tinycss2.serialize(rule.content)}}}"


def _body(rule: Any) -> str:
    return tinycss2.serialize(rule.content).strip().rstrip(";")


def _split(tokens: list[Any]) -> list[list[Any]]:
    """The selectors of a list."""
    found: list[list[Any]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _can_match(selector: list[Any], words: Used) -> bool:
    before = ""
    for token in selector:
        if not _is_known(token, before, words):
            return False
        before = token.value if token.type == "literal" else ""
    return True


def _is_known(token: Any, before: str, words: Used) -> bool:
    if token.type == "ident":
        if before == ".":
            return token.value in words.classes
        return before == ":" or token.lower_value in words.elements
    if token.type == "hash":
        return False  # our pages carry none of the theme's anchors
    if token.type == "function" and token.lower_name in ANY_OF:
        return any(_can_match(each, words) for each in _split(token.arguments))
    if token.type == "[] block":
        name = next((each.value for each in token.content if each.type == "ident"), "")
        return name in words.attributes
    return True


def _without_unread_values(lines: list[str], ours: str) -> list[str]:
    """Without the custom properties and animations that nothing left reads, and those that only these read."""
    while True:
        text = "\n".join(lines)
        read = set(re.findall(r"var\(\s*(--[\w-]+)", text + ours))
        moved = set(re.findall(r"[\w-]+", " ".join(re.findall(r"animation(?:-name)?:([^;}]*)", text + ours))))
        kept = [_with_values(line, read) for line in lines]
        kept = [line for line in kept if not line.startswith("@keyframes") or line[11 : line.index("{")] in moved]
        kept = [line for line in kept if not re.search(r"^[^@{}]*\{\}$", line)]
        if kept == lines:
            return kept
        lines = kept


def _with_values(line: str, read: set[str]) -> str:
    return re.sub(
        r"(?<=[{;])\s*(--[\w-]+)\s*:[^;{}]*(?:;|(?=\}))", lambda each: each[0] if each[1] in read else "", line
    )


class Command(BaseCommand):
    help = "Riduce il foglio di stile del tema ai selettori che il portale usa."

    def handle(self, *args: Any, **options: Any) -> None:
        TRIMMED.write_text(made_now())
        self.stdout.write(f"{TRIMMED.relative_to(settings.BASE_DIR)}: {TRIMMED.stat().st_size:,} byte")


def made_now() -> str:
    """The stylesheet as it should be, from the theme installed and the templates as they are."""
    theme = finders.find(THEME)
    if not theme:
        raise CommandError(f"{THEME}: non c’è, il tema non è installato.")
    ours = "\n".join(path.read_text() for path in sorted(CSS.glob("*.css")) if path != TRIMMED)
    return trimmed(Path(theme).read_text("utf-8-sig"), ours, used())
