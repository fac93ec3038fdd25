"""An edition on paper: tagged PDF, the same bytes each time, kept; its code says to anybody whether the copy holds."""

import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from coordination.models import ServicePage
from portal import demo
from portal.background import jobs
from portal.models import Job
from portal.words import dates
from protocols import paper
from protocols.models import Edition, EditionCopy, FormPage, ProcedurePage, ProtocolPage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def edition(code: str, version: str) -> Edition:
    model = {"PR": ProtocolPage, "OP": ProcedurePage, "MD": FormPage}[code[:2]]
    return Edition.objects.get(page=model.objects.get(code=code), version=version)


def text(pdf: bytes) -> list[str]:
    """The words of each sheet."""
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def printed(client: Any, address: str) -> bytes:
    """Ask, let the worker draw it, ask again."""
    assert client.get(address).status_code == 202
    for job in Job.objects.filter(key__startswith="edition-copy:"):
        jobs.run(job.pk)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return answer.content


def main(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").main.get_text().split())


def test_every_edition_of_the_demo_can_be_printed_and_twice_gives_the_same_bytes() -> None:
    for each in Edition.objects.filter(version__in=["1.0", "2.0"]).select_related("page")[:12]:
        copy = EditionCopy(edition=each)
        assert (once := paper.drawn(copy)) == paper.drawn(copy) and once.startswith(b"%PDF"), each


def test_the_pdf_is_tagged_italian_and_made_to_last(as_: Any) -> None:
    pdf = printed(as_("worker"), "/p/PR-02/edizioni/3.0/pdf/")
    for mark in (rb"<pdfaid:part>2</pdfaid:part>", rb"<pdfaid:conformance>A</pdfaid:conformance>", rb"<pdfuaid:part>1"):
        assert re.search(mark, pdf), mark
    assert b"/StructTreeRoot" in pdf and b"/Lang" in pdf and b"it-IT" in pdf
    assert b"TitilliumWeb" in pdf


def test_each_sheet_says_code_edition_and_its_place(as_: Any) -> None:
    sheets = text(printed(as_("worker"), "/p/PR-02/edizioni/3.0/pdf/"))
    assert len(sheets) > 1
    for place, sheet in enumerate(sheets, start=1):
        assert "PR-02" in sheet and "versione 3.0" in sheet and f"Pagina {place} di {len(sheets)}" in sheet
    whole = " ".join(sheets)
    for words in (
        "Dimissioni protette ospedale–territorio",
        "Entro 48 ore dal ricovero.",
        "In breve",
        "registro SDS-0168",
    ):
        assert words in whole


def test_it_is_drawn_once_and_kept(as_: Any) -> None:
    first = printed(as_("worker"), "/p/OP-04/edizioni/2.0/pdf/")
    copy = EditionCopy.objects.get(edition=edition("OP-04", "2.0"))
    ProcedurePage.objects.update(steps=[])
    paper.make(copy.pk)
    assert as_("newcomer").get("/p/OP-04/edizioni/2.0/pdf/").content == first
    assert "1. Il reparto segnala" in " ".join(text(first))


def test_the_copy_names_nothing_that_the_text_points_at(person: Any, as_: Any) -> None:
    """It is one for all readers; what the text points at is known to some."""
    hidden = ServicePage(title="Scheda zibaldone", change_note="Nuova.")
    demo.space("SP-MINORI").root_page.add_child(instance=hidden)
    named = [{"purpose": "Zibaldone", "person": None, "service": hidden.pk, "note": "zibaldone"}]
    page = ProtocolPage(title="Regola", code="PR-77", valid_from=timezone.localdate())
    link = f'<p>Si chiede <a linktype="page" id="{hidden.pk}">a loro</a> e 😀 中文 «ђ».</p>'
    table = {"caption": "Turni", "columns": [], "rows": []}
    page.body = [
        {"type": "section", "value": {"heading": "Contatti", "text": link, "rows": []}},
        {"type": "contacts", "value": named},
        {"type": "table", "value": table},
    ]
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=person("coordinator"))
    whole = " ".join(text(printed(as_("worker"), "/p/PR-77/edizioni/1.0/pdf/")))
    assert "a loro e ? ??" in whole and "zibaldone" not in whole.lower()


def test_the_code_says_to_anybody_whether_the_copy_holds_and_nothing_else(as_: Any) -> None:
    stranger, copies = as_("anonymous"), {}
    for version in ("2.0", "3.0"):
        copies[version] = paper.copy_of(edition("PR-02", version)).token
    since = dates.in_words(edition("PR-02", "3.0").valid_from, article="dal")
    for version, said in (("3.0", "Copia aggiornata"), ("2.0", f"Copia superata {since}")):
        answer = stranger.get(f"/copia/{copies[version]}/")
        assert answer.status_code == 200 and main(answer) == f"Verifica di una copia {said}"
        for secret in ("PR-02", "Dimissioni", "3.0", "Integrazione"):
            assert secret not in answer.content.decode()
    page = ProtocolPage.objects.get(code="PR-02")
    ProtocolPage.objects.filter(pk=page.pk).update(valid_until=timezone.localdate() - DAY)
    assert main(stranger.get(f"/copia/{copies['3.0']}/")).endswith("Copia non più in vigore")


def test_tokens_are_opaque_and_all_wrong_ones_answer_alike(as_: Any) -> None:
    copy = paper.copy_of(edition("PR-04", "1.1"))
    assert len(copy.token) >= 22
    answers = {main(as_("anonymous").get(f"/copia/{wrong}/")) for wrong in ("PR-04", "1", copy.token[:-1], "x" * 200)}
    assert answers == {"Verifica di una copia Questo codice non è di una copia di Raccordo"}
    assert main(as_("anonymous").get(f"/copia/{copy.token}/")) == "Verifica di una copia Copia aggiornata"


def test_who_may_not_read_the_edition_gets_no_copy(as_: Any) -> None:
    assert as_("worker").get("/p/PR-04/edizioni/1.1/pdf/").status_code == 404
    assert not EditionCopy.objects.filter(edition=edition("PR-04", "1.1")).exists()
    pdf = printed(as_("worker_minors"), "/p/PR-04/edizioni/1.1/pdf/")
    assert pdf and as_("worker").get("/p/PR-04/edizioni/1.1/pdf/").status_code == 404
