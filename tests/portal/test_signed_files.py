"""A signed file (.p7m): who signed it, when, whether it was changed since, and the file without its envelope."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.utils import timezone

from portal import demo
from portal.background import jobs
from portal.models import Document, Job
from portal.words import dates
from protocols.demo_forms import signed
from protocols.models import FormPage

pytestmark = pytest.mark.django_db
CONTENT = b"%PDF-1.7 una delibera"


def stored(name: str, content: bytes, space: str = "SP-RETE") -> Document:
    """Uploaded, and looked into by the worker."""
    file = Document.objects.create(
        title=name, file=ContentFile(content, name=name), collection=demo.space(space).collection
    )
    jobs.run(Job.objects.get(key=f"read-file:{file.pk}").pk)
    file.refresh_from_db()
    return file


def carried(file: Document, space: str = "SP-RETE") -> FormPage:
    page = FormPage(title="Delibera", code="MD-90", document=file, signed=file)
    return demo.publish(demo.space(space).root_page, page, on=0, by=demo.person("chiara.bonacchi"))


def main(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").main.get_text().split())


def test_a_signed_file_says_who_signed_when_and_that_it_is_whole(as_: Any) -> None:
    envelope = signed(CONTENT)
    page = carried(stored("delibera.pdf.p7m", envelope))
    now = dates.in_words(timezone.localdate(), "j F Y")
    said = main(as_("worker").get(page.url))
    assert f"CAdES, Firma di prova, senza valore, {now}, " in said and "il contenuto è quello firmato." in said
    assert "Il portale controlla solo l’integrità, non chi ha firmato né a che ora." in said
    whole = sha256(envelope).hexdigest()
    assert f"Impronta SHA-256 {whole[:8]}… {whole}" in said


def test_one_that_was_changed_says_so(as_: Any) -> None:
    page = carried(stored("delibera.pdf.p7m", signed(CONTENT).replace(b"delibera", b"delizia!")))
    assert "il contenuto è stato modificato" in main(as_("worker").get(page.url))


def test_its_content_is_offered_as_a_file_of_its_own_to_whoever_reads_it(as_: Any) -> None:
    file = stored("delibera.pdf.p7m", signed(signed(CONTENT)), "SP-MINORI")
    page = carried(file, "SP-MINORI")
    address = f"{file.url}?contenuto"
    assert f'href="{address}"' in as_("worker_minors").get(page.url).content.decode()
    answer = as_("worker_minors").get(address)
    assert b"".join(answer.streaming_content) == CONTENT  # out of both envelopes
    assert answer["Content-Disposition"] == f'attachment; filename="{file.filename.removesuffix(".p7m")}"'
    assert answer["Content-Type"] == "application/pdf" and answer["Cache-Control"] == "private, no-cache"
    assert as_("worker").get(address).status_code == as_("worker").get("/documenti/999999/x?contenuto").status_code
    assert as_("worker").get(address).status_code == 404


def test_a_file_that_nobody_signed_has_no_content_apart(as_: Any) -> None:
    plain = FormPage.objects.get(code="MD-04").document
    assert as_("worker").get(f"{plain.url}?contenuto").status_code == 404


def test_what_cannot_be_taken_out_is_said(as_: Any) -> None:
    file = stored("delibera.pdf.p7m", signed(CONTENT))
    page = carried(file)
    Path(file.file.path).write_bytes(b"rotto")
    client = as_("worker")
    assert client.get(f"{file.url}?contenuto")["Location"] == file.url
    assert "Il file senza firma non si può dare:" in client.get(page.url).content.decode()
