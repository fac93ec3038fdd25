"""What the portal prints keeps the standards that it claims: asked of qpdf always, of veraPDF where there is one.

`mvn -f tests/verapdf/pom.xml dependency:copy-dependencies -DoutputDirectory=FOLDER`, then VERAPDF=FOLDER.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from protocols import described, fillable_pdf, paper, pocket
from protocols.models import Edition, EditionCopy, ProcedurePage

pytestmark = pytest.mark.django_db
VERAPDF = os.environ.get("VERAPDF", "")
CHECK = Path(__file__).parents[1] / "verapdf" / "check.js"
SHELL = "org.mozilla.javascript.tools.shell.Main"


def printed() -> Iterator[tuple[str, tuple[str, ...], bytes]]:
    """A copy of each kind: its name, the standards that it claims, the file."""
    editions = Edition.objects.select_related("page").order_by("page__path", "published_at")
    longest = {
        "PR": editions.get(page__slug="pr-02", version="3.0"),
        "OP": editions.get(page__slug="op-04", version="2.0"),
    }
    for name, each in longest.items():
        yield f"{name}.pdf", ("2a", "ua1"), paper.drawn(EditionCopy(edition=each))
        if isinstance(each.page.specific, ProcedurePage):
            yield f"{name}-card.pdf", ("2a", "ua1"), pocket.drawn(EditionCopy(edition=each))
    for each in editions:
        if described.is_described(each):  # no PDF/A: what people type is shown in a letter of their own reader
            yield f"{each.page.slug}-form.pdf", ("ua1",), fillable_pdf.pdf(EditionCopy(edition=each))


def test_qpdf_finds_nothing_wrong_with_what_is_printed(tmp_path: Path) -> None:
    names = []
    for name, _standards, content in printed():
        (tmp_path / name).write_bytes(content)
        with pikepdf.open(tmp_path / name) as opened:
            assert opened.check_pdf_syntax() == [], name
        names.append(name)
    assert {"PR.pdf", "OP.pdf", "OP-card.pdf"} < set(names) and any(name.endswith("-form.pdf") for name in names)
    cut = (tmp_path / "PR.pdf").read_bytes().replace(b"endstream", b"endstraem", 1)
    (tmp_path / "cut.pdf").write_bytes(cut)
    with pikepdf.open(tmp_path / "cut.pdf") as opened:
        assert opened.check_pdf_syntax() != []


@pytest.mark.verapdf
def test_verapdf_finds_that_it_keeps_the_standards_it_claims(tmp_path: Path) -> None:
    if not VERAPDF and not os.environ.get("CI"):
        pytest.skip("no veraPDF: VERAPDF names no folder of it")
    asked = []
    for name, standards, content in printed():
        (tmp_path / name).write_bytes(content)
        asked += [part for standard in standards for part in (standard, str(tmp_path / name))]
    answer = subprocess.run(
        ["java", "-cp", f"{VERAPDF}/*", SHELL, str(CHECK), *asked], capture_output=True, text=True, check=True
    )
    assert "NOT KEPT" not in answer.stdout, answer.stdout
    assert answer.stdout.count(" kept in ") == len(asked) // 2
