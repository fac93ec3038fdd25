"""Before a page moves to another space, whoever moves it reads what becomes of all that hangs on it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import Page

from portal import access, demo
from portal.models import Document
from portal.models.pages import TextPage
from portal.models.spaces import Role
from portal.spaces import shares
from tests.browser import form, sent
from tests.portal.test_approval import text_of

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]


def a_file(title: str) -> Document:
    file = ContentFile(b"ciao", name=f"{title}.txt")
    return Document.objects.create(title=title, file=file, collection=demo.space("SP-RETE").collection)


def carrying(title: str, *names: Document, by: Any) -> Any:
    page = TextPage(title=title)
    page.attachments = [("attachment", {"file": each}) for each in names]
    return demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=by)


def asked(client: Any, page: Page, code: str = "SP-COORD") -> str:
    """What the page on which one confirms the move says."""
    return text_of(client.get(f"/admin/pages/{page.pk}/move/{demo.space(code).root_page.pk}/confirm/"))


def test_the_files_that_go_along_and_those_that_stay_are_named(as_: Given, person: Given) -> None:
    own, common = a_file("Solo suo"), a_file("Di tutti")
    page = carrying("Che si sposta", own, common, by=person("coordinator"))
    carrying("Che resta", common, by=person("coordinator"))
    said = asked(as_("coordinator"), page)
    assert "Va con lei il file che porta solo lei: «Solo suo»." in said
    assert "Resta dov’è il file che porta anche un’altra pagina: «Di tutti»." in said
    here = asked(as_("coordinator"), page, "SP-RETE")
    assert "Solo suo" not in here and "Di tutti" not in here


def test_a_page_without_files_says_so(as_: Given, person: Given) -> None:
    assert "Non porta file." in asked(as_("coordinator"), carrying("Nuda", by=person("coordinator")))


def test_past_editions_and_shares_are_told_too(as_: Given, person: Given) -> None:
    page = Page.objects.get(slug="md-01").specific
    home = access.space_of(page)
    assert "edizion" not in asked(as_("coordinator"), page)
    page.version, page.valid_from, page.title = "9.9", timezone.localdate(), "Altro titolo"
    page.save_revision(user=person("coordinator")).publish(user=person("coordinator"))
    said = asked(as_("coordinator"), page)
    assert f"edizione passata resta di chi legge «{home}»" in said or f"passate restano di chi legge «{home}»" in said
    assert "Le condivisioni" not in said
    shares.share_page(page, demo.space("SP-TERZO"), by=person("coordinator"), reason="Serve")
    said = asked(as_("coordinator"), page)
    assert "Le condivisioni della pagina finiscono" in said
    assert f"Ora è condivisa con «{demo.space('SP-TERZO')}»." in said


def test_a_file_of_the_text_that_is_being_written_goes_along_too(as_: Given, person: Given) -> None:
    coming, elsewhere = a_file("In arrivo"), a_file("Anche altrove")
    page = carrying("Che si riscrive", by=person("coordinator"))
    other = carrying("Che si riscrive qui", by=person("coordinator"))
    for each, names in ((page, [coming, elsewhere]), (other, [elsewhere])):
        each.attachments = [("attachment", {"file": file}) for file in names]
        each.save_revision(user=person("coordinator"))
    there = demo.space("SP-COORD")
    assert "«In arrivo»" in asked(as_("coordinator"), page)
    as_("coordinator").post(f"/admin/pages/{page.pk}/move/{there.root_page.pk}/confirm/")
    coming.refresh_from_db()
    elsewhere.refresh_from_db()
    assert coming.collection == there.collection
    assert elsewhere.collection == demo.space("SP-RETE").collection


def test_many_pages_leave_their_space_only_after_the_same_was_told_of_each(as_: Given, person: Given) -> None:
    one = carrying("Prima di due", a_file("Della prima"), by=person("coordinator"))
    two = carrying("Seconda di due", by=person("coordinator"))
    address = f"/admin/bulk/wagtailcore/page/move/?id={one.pk}&id={two.pk}"
    there, client = demo.space("SP-COORD").root_page, as_("coordinator")
    told = client.post(address, {"chooser": there.pk})
    assert "Va con lei il file che porta solo lei: «Della prima»." in text_of(told)
    assert text_of(told).count("smettono di leggerla") == 2
    assert not Page.objects.child_of(there).filter(pk__in=[one.pk, two.pk]).exists()
    fields = sent(form(told.content.decode(), "form[method='POST']"))
    assert client.post(address, fields).status_code == 302
    assert Page.objects.child_of(there).filter(pk__in=[one.pk, two.pk]).count() == 2


def test_what_was_told_of_one_place_is_no_word_on_another(as_: Given, person: Given) -> None:
    page = carrying("Che cambia meta", by=person("coordinator"))
    address = f"/admin/bulk/wagtailcore/page/move/?id={page.pk}"
    there, told = (demo.space(code).root_page.pk for code in ("SP-COORD", "SP-TERZO"))
    assert as_("coordinator").post(address, {"chooser": there, "agreed": told}).status_code == 200
    assert Page.objects.get(pk=page.pk).get_parent().pk == demo.space("SP-RETE").root_page.pk


def test_whoever_moves_a_page_reads_who_will_read_its_reserved_parts(as_: Given, person: Given, index: Any) -> None:
    plain = carrying("Senza parti", by=person("coordinator"))
    assert "riservate" not in asked(as_("coordinator"), plain)
    page = TextPage(title="Con una parte", body=[
        ("reserved", {"readers": [("role", str(Role.READER.value))], "content": [("text", "<p>Parola ginepro.</p>")]})
    ])  # fmt: skip
    demo.publish(demo.space("SP-RETE").root_page, page, on=0, by=person("coordinator"))
    index.refresh()
    assert "Con una parte" in text_of(as_("worker").get("/cerca/?q=ginepro"))
    there = demo.space("SP-COORD")
    said = asked(as_("coordinator"), page)
    assert (
        f"Ha parti riservate: chi le legge per il suo ruolo «in questo spazio» diventa chi ha quel ruolo in «{there}»"
        in said
    )
    as_("coordinator").post(f"/admin/pages/{page.pk}/move/{there.root_page.pk}/confirm/")
    for _each in range(2):  # before the engine knows, and after
        assert "Con una parte" not in text_of(as_("worker").get("/cerca/?q=ginepro"))
        index.refresh()
    assert "Con una parte" in text_of(as_("director").get("/cerca/?q=ginepro"))
