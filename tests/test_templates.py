"""What `make check` cannot see in a template: the formatter puts each tag of a sentence on its own line."""

import re
from pathlib import Path
from statistics import quantiles

TEMPLATES = sorted((Path(__file__).resolve().parents[1] / "templates").rglob("*.html"))
GAP = re.compile(r"^\s*(?:\{% (?:if|elif|for|with)\b[^%]*%\}\s*)*[,.;:!?)](?!\w)", re.MULTILINE)
LONGEST = 120  # of nineteen lines in twenty: a tag with an address in it is not broken


def test_no_sentence_has_a_gap_before_its_comma() -> None:
    """A line break is a gap: what follows a word stands behind it, as `{{ who.telephone|phone|after:", " }}`."""
    found = {f"{path.name}: {match[0].strip()}" for path in TEMPLATES for match in GAP.finditer(path.read_text())}
    assert len(TEMPLATES) > 100
    assert found == set()
    assert GAP.search("  {% if who.telephone %}, {{ who.telephone }}{% endif %}")


def test_templates_are_read_without_scrolling() -> None:
    lengths = [len(line) for path in TEMPLATES for line in path.read_text().splitlines()]
    assert quantiles(lengths, n=20)[-1] <= LONGEST


def test_no_mail_in_plain_text_has_the_tags_of_a_filter() -> None:
    texts = sorted((Path(__file__).resolve().parents[1] / "templates").rglob("*.txt"))
    tagged = re.compile(r"\|(?:day|full_day|weekday|phone|linked|paragraphs)\b(?![^}]*\|striptags)")
    assert len(texts) > 20
    assert {path.name for path in texts if tagged.search(path.read_text())} == set()
    assert tagged.search('{{ until|full_day:"al" }}')
