"""An old address of a form's file leads to the form in force and says so; a file that holds is sent as it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from portal import demo
from portal.models import Document
from protocols.models import FormPage

pytestmark = pytest.mark.django_db


def file(name: str, space: str = "SP-RETE") -> Document:
    content = ContentFile(name.encode(), name=name)
    return Document.objects.create(title=name, file=content, collection=demo.space(space).collection)


def form(space: str = "SP-RETE") -> FormPage:
    """A form whose second version has another file than the first."""
    page = FormPage(title="Domanda", code="MD-90", document=file("prima.pdf", space), version="1.0")
    page.valid_from = timezone.localdate() - timedelta(days=30)
    demo.publish(demo.space(space).root_page, page, on=-30, by=demo.person("chiara.bonacchi"))
    page = FormPage.objects.get(pk=page.pk)
    page.document, page.version, page.valid_from, page.change_note = (
        file("dopo.pdf", space),
        "2.0",
        timezone.localdate(),
        "Più corta.",
    )
    page.save_revision().publish()
    return FormPage.objects.get(pk=page.pk)


def test_the_file_of_a_version_before_leads_to_the_form_and_says_which(as_: Any) -> None:
    page = form()
    old = Document.objects.get(title="prima.pdf")
    for who in ("newcomer", "coordinator"):  # who only reads, and who writes there and could open the old file
        answer = as_(who).get(old.url, follow=True)
        assert answer.redirect_chain[0] == (page.url, 302)
        assert "è della versione 1.0, superata: il modulo in vigore è questo, versione 2.0." in answer.content.decode()
        assert as_(who).get(page.document.url).status_code == 200
    assert as_("coordinator").get(f"{old.url}?edizione").status_code == 200  # from the edition that had it
    assert as_("newcomer").get(f"{old.url}?edizione").status_code == 404


def test_a_file_that_was_replaced_under_its_form_leads_from_its_old_name_to_the_form(as_: Any) -> None:
    page = form()
    answer = as_("newcomer").get(f"/documenti/{page.document.pk}/domanda-vecchia.pdf", follow=True)
    assert answer.redirect_chain[0] == (page.url, 302)
    assert "è stato sostituito: il modulo in vigore è questo, versione 2.0." in answer.content.decode()


def test_whoever_may_not_read_the_form_is_told_nothing_of_it(as_: Any) -> None:
    page = form("SP-MINORI")
    old, absent = Document.objects.get(title="prima.pdf"), "/documenti/999999/prima.pdf"
    for address in (old.url, f"/documenti/{page.document.pk}/altro.pdf"):
        hidden, missing = as_("worker").get(address), as_("worker").get(absent)
        assert hidden.status_code == missing.status_code == 404 and "MD-90" not in hidden.content.decode()
        assert "MD-90" not in as_("anonymous").get(address, follow=True).content.decode()
    assert as_("worker_minors").get(old.url)["Location"] == page.url


def test_a_withdrawn_form_leads_nowhere(as_: Any) -> None:
    page = form()
    page.unpublish()
    assert as_("newcomer").get(Document.objects.get(title="prima.pdf").url).status_code == 404
