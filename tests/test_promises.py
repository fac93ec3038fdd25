"""What the documents promise names its proof; a proof that is renamed or goes takes its promise with it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROOF = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")


@pytest.mark.parametrize("document", ["docs/sicurezza.md", "ARCHITECTURE.md"])
def test_each_proof_that_a_document_names_is_there(document: str) -> None:
    named = PROOF.findall((ROOT / document).read_text())
    assert len(named) > 30
    for file, function in named:
        assert (ROOT / file).is_file(), file
        assert not function or f"def {function}(" in (ROOT / file).read_text(), function


def test_every_line_of_the_promises_on_security_has_a_proof() -> None:
    promises = (ROOT / "docs/sicurezza.md").read_text().partition("## ASVS")[0]
    rows = [
        row for row in promises.splitlines() if row.startswith("| ") and not row.startswith(("| promessa", "| ---"))
    ]
    assert len(rows) > 30
    assert [row for row in rows if not PROOF.search(row)] == []
