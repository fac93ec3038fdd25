"""The theme's stylesheet, brought to what the portal uses: nothing missing, nothing for nobody."""

import re
from pathlib import Path

from portal.management.commands import trim_theme

CSS = Path(__file__).resolve().parents[1] / "portal" / "static" / "portal" / "css"
TEMPLATES = sorted((CSS.parents[3] / "templates").rglob("*.html"))
LARGEST = 40_000  # bytes; the theme's own has 612,000


def test_the_trimmed_theme_is_the_one_that_the_templates_need() -> None:
    """Red after a template takes a new class of the theme: run `manage.py trim_theme`."""
    assert trim_theme.TRIMMED.read_text() == trim_theme.made_now()


def test_the_trimmed_theme_is_small_and_says_whose_it_is() -> None:
    text = trim_theme.TRIMMED.read_text()
    assert len(text.encode()) < LARGEST
    assert "BSD-3-Clause" in text[:600] and "Bootstrap Italia" in text[:600]
    assert "@import" not in text and not re.search(r"""url\(["']?(?:https?:)?//""", text)


def test_our_stylesheets_hold_a_declaration_a_line_and_a_breakpoint_once() -> None:
    for path in (path for path in CSS.glob("*.css") if path != trim_theme.TRIMMED):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        crowded = [line for line in text.splitlines() if line.count(";") > 1 or re.search(r"\{.*[;}]", line)]
        breakpoints = re.findall(r"@(?:media|container) [^{]*", text)
        assert crowded == [], path.name
        assert len(breakpoints) == len(set(breakpoints)), path.name
        # The theme forces its ring of the focus: only there ours is forced too.
        forced = re.findall(r"^[^{}]*\{[^{}]*!important[^{}]*\}", text, re.MULTILINE)
        assert all(":focus" in rule for rule in forced), path.name


def test_each_class_that_a_page_uses_has_a_rule() -> None:
    ruled = set(re.findall(r"\.([a-zA-Z][\w-]*)", "\n".join(path.read_text() for path in CSS.glob("*.css"))))
    pages = [path for path in TEMPLATES if "wagtail" not in path.as_posix() and path.name != "writing_guide.html"]
    used = {
        word for path in pages for value in re.findall(r'class="([^"{}]+)"', path.read_text()) for word in value.split()
    }
    assert len(used) > 60
    assert used - ruled == set()


def test_a_selector_is_kept_when_a_page_can_match_it() -> None:
    words = trim_theme.Used(frozenset({"btn"}), frozenset({"a", "p"}), "")
    theme = "/*! L */.btn,.carousel{--used: 1px;--unread: 2px;margin:var(--used)}a:not(.card){color:red}p .card{top:0}"
    lines = trim_theme.trimmed(theme, "", words).splitlines()[2:]
    assert lines == [".btn{--used: 1px;margin:var(--used)}", "a:not(.card){color:red}"]
