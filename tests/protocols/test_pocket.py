"""The pocket card: one sheet, whatever the procedure, the same bytes each time, and nothing that only some may read."""

from typing import Any

import pypdfium2
import pytest
from wagtail.models import Page

from portal import demo
from portal.background import jobs
from portal.models import Job
from protocols import pocket
from protocols.models import Edition, EditionCopy, ProcedurePage

pytestmark = pytest.mark.django_db


def card(client: Any, address: str) -> bytes:
    """The card as a browser gets it: asked for, drawn by the worker, read."""
    assert client.get(address).status_code == 202
    jobs.run(Job.objects.get(key__startswith="edition-card:").pk)
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    return bytes(answer.content)


def read(pdf: bytes) -> tuple[int, str]:
    document = pypdfium2.PdfDocument(pdf)
    return len(document), " ".join(" ".join(sheet.get_textpage().get_text_bounded() for sheet in document).split())


def test_the_card_has_every_step_its_term_and_its_ways_on_one_sheet(as_: Any) -> None:
    pdf = card(as_("worker"), "/p/OP-08/edizioni/2.0/tascabile/")
    sheets, said = read(pdf)
    assert sheets == 1 and b"pdfaid" in pdf
    for words in (
        "OP-08 · versione 2.0",
        "Firmate in due",
        "entro 5 giorni lavorativi dal confronto",
        "MD-08",
        "segui OP-10",
    ):
        assert words in said
    copy = EditionCopy.objects.get(card__isnull=False)
    assert pocket.drawn(copy) == pdf and copy.pdf is None
    assert 'href="/p/OP-08/edizioni/2.0/tascabile/"' in as_("worker").get("/p/OP-08/").content.decode()


def test_forty_long_steps_still_are_one_sheet_and_hidden_services_are_on_none(as_: Any, person: Any) -> None:
    hidden = Page.objects.get(slug="cot").specific
    long = {"title": "Un passo con un titolo lungo " * 2, "text": "Si fa.", "who": "Chi accoglie " * 8}
    long |= {"within": "entro cinque giorni", "services": [hidden], "question": "È urgente?", "yes": "Corri. " * 20}
    page = ProcedurePage(title="Lunga", code="OP-90")
    page.steps = [("step", long)] * 40
    demo.publish(demo.space("SP-RETE").root_page, page, on=-9, by=None)
    sheets, said = read(pocket.drawn(EditionCopy.objects.create(edition=Edition.objects.get(page_id=page.pk))))
    assert sheets == 1 and "40. " in said and "Centrale operativa" not in said


def test_a_protocol_and_what_one_may_not_read_have_no_card(as_: Any) -> None:
    assert as_("worker").get("/p/PR-02/edizioni/3.0/tascabile/").status_code == 404
    assert as_("worker").get("/p/OP-09/edizioni/1.1/tascabile/").status_code == 404
    assert not EditionCopy.objects.filter(edition__page__slug__in=["pr-02", "op-09"]).exists()
